"""nbgrader's metadata is derived: authors write markers and a check call, and click nothing."""

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from tiny_course import PLACE_FILE, PYTHON_REGION, SELFCHECK, code, text, tiny_notebook

from autograder.generate.cells import BuildError
from autograder.generate.stamp import call_of, stamp_notebook

POINTS = {"t3": 20}
SECOND = PYTHON_REGION.replace("t3.1", "t3.2").replace("answer", "another")


def by_id(nb):
    return {cell.id: cell.metadata.get("nbgrader") for cell in nb.cells}


def test_every_part_gets_its_metadata():
    """Is the self-check locked, the region the student's, the check graded with the points?"""
    nb = tiny_notebook()
    nb.cells.insert(3, code(SECOND, "second"))
    stamp_notebook(nb, PLACE_FILE, POINTS)
    no = {"grade": False, "solution": False, "locked": False, "task": False}
    no |= {"schema_version": 3, "cell_type": "code"}
    assert by_id(nb) == {
        "title": None,
        "selfcheck": {**no, "locked": True, "grade_id": "t3-selfcheck"},
        "region": {**no, "solution": True, "grade_id": "t3-solution"},
        "second": {**no, "solution": True, "grade_id": "t3-solution-2"},
        "check": {**no, "grade": True, "locked": True, "grade_id": "t3-check", "points": 20},
    }


def test_nbgrader_accepts_the_metadata():
    """Is what is derived valid by nbgrader's own schema?"""
    nb = tiny_notebook()
    stamp_notebook(nb, PLACE_FILE, POINTS)
    MetadataValidator().validate_nb(nbformat.from_dict(nb))
    nb.cells[3].metadata.nbgrader["grade_id"] = nb.cells[2].metadata.nbgrader["grade_id"]
    with pytest.raises(Exception, match="Duplicate grade id"):
        MetadataValidator().validate_nb(nb)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('check("t3", f)', True),
        ('import selfcheck\nselfcheck.check("t3", f)', True),
        ('report = check("t3", f)', True),
        ('%time x = 1\ncheck("t3", f)', True),
        ('def later():\n    check("t3", f)', False),
        ('if False:\n    check("t3", f)', False),
        ('# check("t3", f)', False),
        ('print("check(t3)")', False),
    ],
)
def test_the_check_cell_is_found_by_its_call(source, found):
    """Does only a call at the cell's top level make the graded cell?"""
    assert (call_of("check", source) is not None) == found


def edited(cell_id, source):
    nb = tiny_notebook()
    next(cell for cell in nb.cells if cell.id == cell_id).source = source
    return nb


def with_cell(index, cell):
    nb = tiny_notebook()
    nb.cells.insert(index, cell)
    return nb


BROKEN = [
    (edited("selfcheck", "import selfcheck"), "no self-check cell"),
    (with_cell(2, code(SELFCHECK, "again")), "2 self-check cells"),
    (with_cell(1, code("import torch", "early")), "must be the first code cell"),
    (edited("check", "answer(1)"), "no check cell"),
    (with_cell(4, code('check("t3", answer)', "again")), "2 check cells"),
    (edited("check", 'check("t1", answer)'), "does not check this notebook's"),
    (edited("check", "check(answer)"), "does not check this notebook's"),
    (edited("region", "answer = len"), "nothing is left to the student"),
    (edited("region", f'{PYTHON_REGION}\ncheck("t3", answer)'), "2 check cells"),
    (with_cell(4, code('submit("t1")', "last")), "does not submit this notebook's"),
    (with_cell(2, code("x = 1", "x", nbgrader={"grade": True})), "metadata of its own"),
]


@pytest.mark.parametrize(("nb", "advice"), BROKEN)
def test_an_incomplete_notebook_is_refused(nb, advice):
    """Must there be one self-check, one check and a region, and does the error name the file?"""
    with pytest.raises(BuildError, match=advice) as refused:
        stamp_notebook(nb, PLACE_FILE, POINTS)
    assert PLACE_FILE in str(refused.value)


def test_one_cell_cannot_play_two_parts():
    """May the check call not stand in the student's own cell?"""
    nb = edited("region", f'{PYTHON_REGION}\ncheck("t3", answer)')
    del nb.cells[3]
    with pytest.raises(BuildError, match="plays two parts"):
        stamp_notebook(nb, PLACE_FILE, POINTS)


@pytest.mark.parametrize("name", ["flash.ipynb", "t.3_x.ipynb", "T3_x.ipynb", "Copy of t3_x.ipynb"])
def test_the_file_name_gives_the_problem(name):
    """Is a notebook whose name says no problem refused by name?"""
    with pytest.raises(BuildError, match="Rename it"):
        stamp_notebook(tiny_notebook(), f"solutions/tiny/{name}", POINTS)


def test_a_problem_without_points_is_refused():
    """Is a problem without points refused, and does the error name course.toml?"""
    with pytest.raises(BuildError, match=r"course\.toml"):
        stamp_notebook(tiny_notebook(), PLACE_FILE, {"t1": 10})


def test_prose_is_left_alone():
    """Does a Markdown cell get no nbgrader metadata, whatever it says?"""
    nb = with_cell(1, text('check("t3", answer)', "prose"))
    stamp_notebook(nb, PLACE_FILE, POINTS)
    assert by_id(nb)["prose"] is None
