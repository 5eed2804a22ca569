"""The order of handing out: what gives away an earlier answer waits; answers wait for the check."""

import nbformat
import pytest
from solved import ROOT
from tiny_course import code, make_course, text, tiny_notebook

from autograder.errors import CourseError
from autograder.generate.answers import take_answers
from autograder.generate.cells import BuildError
from autograder.generate.order import GivenAway, given_away, refuse_early
from autograder.generate.pack import unpack
from autograder.generate.release import build_release
from autograder.generate.sources import read_sources

HIDDEN = {"a planted hidden case": "tiny/t1"}
TELLS = "def helper(y):\n    secret_double = 2 * y + 4242\n    return secret_double"


@pytest.fixture
def course(tmp_path):
    """A course whose t3 has t1's answer among its given code."""
    root = make_course(tmp_path)
    nb = tiny_notebook("t3")
    nb.cells.insert(2, code(TELLS, "helper"))
    nb.cells[3].source = nb.cells[3].source.replace("2 * y + 4242", "y * 3 + 1717")
    nbformat.write(nb, root / "solutions/tiny/t3_tiny.ipynb")
    return root


def public(root) -> list[str]:
    return sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
def test_only_what_is_named_is_handed_out_and_an_answer_waits(course) -> None:
    """Does ONLY hand out just that? Is an answer refused beside its question, and let out after?"""
    with pytest.raises(
        CourseError, match=r"t3 holds 1 of the 2 lines of t1's answer[\s\S]*Leave out t3"
    ):
        build_release(course, words=HIDDEN, only=["t1", "t3"])
    assert public(course) == []
    build_release(course, words=HIDDEN, only=["t1"])
    assert public(course) == ["t1_tiny.ipynb"]
    assert "t3" not in (course / "notebooks/README.md").read_text()
    done = build_release(course, words=HIDDEN, only=["t1", "t3"])
    assert public(course) == ["t1_tiny.ipynb", "t3_tiny.ipynb"]
    assert done.order == [GivenAway("t3", "t1", 1, 2)]


def test_an_unknown_problem_is_named(course) -> None:
    with pytest.raises(CourseError, match="tiny has no problem 't2', only t1, t3"):
        build_release(course, words=HIDDEN, only=["t2"])


def test_which_of_the_courses_own_notebooks_give_answers_away() -> None:
    """Is it still as the class guide says: p5, p8 and p9 come after p3, p5 after p4?"""
    sources = read_sources(ROOT / "solutions/flash_attention")
    found = given_away(sources, [f"p{n}" for n in range(1, 10)])
    pairs = {(one.later, one.earlier) for one in found}
    assert pairs == {("p5", "p3"), ("p5", "p4"), ("p8", "p3"), ("p9", "p3")}
    refuse_early(found, ["p1", "p2", "p3", "p4"], [])
    with pytest.raises(BuildError, match="Leave out p5 now"):
        refuse_early(found, ["p1", "p2", "p3", "p4", "p5"], ["p1", "p2", "p3"])


def test_answers_leave_the_notebook_and_must_be_numbered() -> None:
    """Is the cell gone and its lines kept? Is a line without a number named?"""
    cell = text("<!-- answers -->\n1. Because.\n\n2. `x` is.", "answers")
    nb = nbformat.v4.new_notebook(cells=[text("# T", "title"), cell])
    assert take_answers(nb, "w1.ipynb") == ("1. Because.", "2. `x` is.")
    assert [c.id for c in nb.cells] == ["title"]
    cell.source = "<!-- answers -->\nBecause."
    nb = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(BuildError, match=r"w1.ipynb, cell 0 .*begins with its question's number"):
        take_answers(nb, "w1.ipynb")


@pytest.mark.parametrize(
    "source", read_sources(ROOT / "solutions/flash_attention"), ids=lambda s: s.problem
)
def test_every_question_has_its_answer_and_none_can_be_read_before(source) -> None:
    """As many answers as questions; in the hand-out only inside the packed cell?"""
    cells = {cell.id: cell.source for cell in source.nb.cells}
    answers = take_answers(source.nb, source.file)
    conclude = cells[f"{source.problem}-conclude"]
    questions = conclude.partition("**Think about**")[2].partition("## ")[0]
    numbers = [line.split(".")[0] for line in questions.splitlines() if line[:1].isdigit()]
    assert [answer.split(".")[0] for answer in answers] == numbers
    nb = nbformat.read(ROOT / "notebooks" / source.path.name, as_version=4)
    packed = next(c.source for c in nb.cells if unpack(c.source))
    assert repr(answers) in unpack(packed)["frame.py"]
    assert not any(answer[3:40] in c.source for answer in answers for c in nb.cells)
