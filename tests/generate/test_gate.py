"""The leak gate: solutions, hidden names and hidden cases are found wherever they hide."""

import base64

import nbformat
import pytest
from samples import sampled
from tiny_course import code, files_of, make_course, tiny_notebook

from autograder.course import Course
from autograder.generate.cells import BuildError
from autograder.generate.gate import find_leaks, hidden_modules
from autograder.generate.release import build_release, rehearse
from autograder.generate.sources import read_sources

HIDDEN = {"a planted hidden case": "tiny/t1"}
SOLUTION_LINE = "secret_double = 2 * y + 4242"
COMMENT = "a comment nobody outside may read"


def plant_source(cell_id, line):
    def plant(nb):
        cell = next(cell for cell in nb.cells if cell.id == cell_id)
        cell.source += f"\n{line}"

    return plant


def plant_metadata(text):
    def plant(nb):
        nb.cells[0].metadata["tags"] = [text]

    return plant


def blob(text):
    return base64.b64encode(text.encode()).decode()


CASE = "hidden case of tiny/t1: a planted"
PLANTED = [
    (plant_source("title", f"`{SOLUTION_LINE}`"), "solution line"),
    (plant_source("title", "so   secret_double=2*y+4242"), "solution line"),
    (plant_source("title", f"Remember: {COMMENT}!"), "solution line"),
    (plant_source("title", f"![x](data:image/png;base64,{blob(SOLUTION_LINE)})"), "solution line"),
    (plant_metadata(SOLUTION_LINE), "solution line"),
    (plant_metadata("autograder.grading"), "hidden module: autograder.grading"),
    (plant_source("title", "see autograder/problems/flash_attention/p3"), "hidden module"),
    (plant_source("check", "import autograder"), "the word in a code cell"),
    (
        plant_source("title", "There is A Planted hidden  case."),
        CASE,
    ),
    (
        plant_source("check", f"# {blob('a planted hidden case')}"),
        CASE,
    ),
]


@pytest.mark.parametrize(("plant", "kind"), sampled(PLANTED, 4))
def test_a_planted_leak_is_found(tmp_path, plant, kind):
    """Is a solution line, hidden name or case found wherever it hides in the hand-out?"""
    nb = tiny_notebook()
    plant(nb)
    assert kind in "\n".join(leaks_of(tmp_path / "planted", nb))


def test_without_one_none_is_found(tmp_path):
    """Is a hand-out without a leak let through?"""
    assert leaks_of(tmp_path / "clean", tiny_notebook()) == []


def leaks_of(folder, nb):
    """What the gate finds in the student's version of a solution notebook."""
    folder.mkdir()
    assignment = Course.load(make_course(folder)).assignment()
    nbformat.write(nb, assignment.solutions_dir / "t3_tiny.ipynb")
    sources = [one for one in read_sources(assignment.solutions_dir) if one.problem == "t3"]
    path = folder / "t3_tiny.ipynb"
    nbformat.write(rehearse(sources[0], assignment), path)
    return [str(leak) for leak in find_leaks({"hand-out": path}, sources, HIDDEN)]


@pytest.mark.slow
def test_a_leak_stops_the_release(tmp_path):
    """With a leak, is nothing released, and does the error name the file and the line?"""
    root = make_course(tmp_path)
    nb = tiny_notebook()
    nb.cells[0].source += f"\n{SOLUTION_LINE}"
    nbformat.write(nb, root / "solutions/tiny/t3_tiny.ipynb")
    with pytest.raises(BuildError, match="nothing was released") as refused:
        build_release(root, words=HIDDEN)
    place = 'notebooks/t3_tiny.ipynb, cell 0 (id "title")'
    assert f"{place}: solution line: {SOLUTION_LINE}" in str(refused.value)
    assert files_of(root / "release", root / "notebooks") == {}


@pytest.mark.slow
def test_leftovers_beside_the_built_files_are_searched_too(tmp_path):
    """Does a forgotten file with a solution in it stop the release, in either folder?"""
    root = make_course(tmp_path)
    names = ["notebooks/old.txt", "release/tiny/notes/old.md"]
    for name in names:
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(f"x\n{SOLUTION_LINE}\n")
    with pytest.raises(BuildError) as refused:
        build_release(root, words=HIDDEN)
    assert all(f"{name}, line 2: solution line" in str(refused.value) for name in names)


def test_a_line_given_in_the_same_notebook_is_no_leak(tmp_path):
    """May what the author shows outside the regions also be a solution's line?"""
    root = make_course(tmp_path)
    nb = tiny_notebook()
    nb.cells.insert(2, code(f"y = 1\n{SOLUTION_LINE}", "given"))
    path = root / "solutions/tiny/t3_tiny.ipynb"
    nbformat.write(nb, path)
    sources = read_sources(root / "solutions/tiny")
    assert not [
        leak for leak in find_leaks({"t3": path}, sources, {}) if leak.text == SOLUTION_LINE
    ]
    elsewhere = root / "elsewhere.txt"
    elsewhere.write_text(SOLUTION_LINE)
    t1 = [source for source in sources if source.problem == "t1"]
    assert [leak.text for leak in find_leaks({"e": elsewhere}, t1, {})] == [SOLUTION_LINE]


def test_hidden_modules_are_all_but_selfcheck():
    """Does the gate know every module of the hidden half, and none of the student's?"""
    names = hidden_modules()
    assert {"autograder.problems", "autograder.generate.gate", "autograder/cli"} <= set(names)
    assert not [name for name in names if "selfcheck" in name]
