"""An assignment and its problems by command: what is written passes, what is wrong is said."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from looked_at import looked_at
from solved import ROOT
from typer.testing import CliRunner

from autograder.authoring.check import faults
from autograder.authoring.new import Draft, new_assignment, new_problem, with_points
from autograder.cli import app
from autograder.course import Course
from autograder.errors import CourseError
from autograder.registry import load

EMPTY = '[course]\nname = "New"\npublic_repository = "some/where"\n\n[assignments.old.points]\n'


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A course with an assignment of two problems, one of each kind, as the commands write them."""
    root = tmp_path_factory.mktemp("authored")
    (root / "course.toml").write_text(EMPTY + "# the first one\no1 = 5\n\n[sandbox]\n")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    new_assignment(Draft(root, "fresh", "n1", "Scaled rows", "torch", 10))
    new_problem(Draft(root, "fresh", "n2", "The same in Triton", "triton", 20))
    return root


@pytest.fixture
def course(written: Path, tmp_path: Path) -> Iterator[Path]:
    """The same course, to be spoilt; afterwards it is as it was. A copy elsewhere would be a second
    place for the same problems.
    """
    before = shutil.copytree(written, tmp_path / "before")
    forget_modules()
    yield written
    shutil.rmtree(written)
    shutil.copytree(before, written)
    forget_modules()


def forget_modules() -> None:
    """The next import reads the files again."""
    for name in [name for name in sys.modules if ".problems.fresh" in name]:
        del sys.modules[name]


def test_what_is_written_is_right_at_once(written: Path) -> None:
    """Does the check find nothing in both, telling what it looks at on stderr, and are the points
    where they belong?
    """
    done = CliRunner().invoke(app, ["check", "fresh", "--root", str(written)])
    assert done.exit_code == 0 and "nothing is wrong" in done.stdout
    told = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert told == ["fresh/n1", "fresh/n2", "the hand-out as a whole"]
    assert Course.load(written).assignment("fresh").points == {"n1": 10, "n2": 20}
    assert [load(f"fresh/{problem}").points for problem in ("n1", "n2")] == [10, 20]


def test_one_problem_can_be_checked_alone(course: Path) -> None:
    """Is nothing said of another problem's faults, and a problem that is not there named?"""
    spoil(course / "problems" / "hidden" / "fresh" / "n1.py", "CASES = (", "CASES = ((")
    (course / "solutions" / "fresh" / "n1_again.ipynb").write_text("{")
    check = ["check", "fresh", "--root", str(course)]
    done = CliRunner().invoke(app, [*check, "n2"])
    assert done.exit_code == 0 and done.stderr.startswith("fresh/n2: "), done.output
    assert CliRunner().invoke(app, [*check, "n2", "n1"]).exit_code == 1
    done = CliRunner().invoke(app, [*check, "n3"])
    assert done.exit_code == 1 and "fresh has no problem 'n3', only n1, n2." in done.stderr


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader")
def test_what_is_written_can_be_released_and_gets_full_marks(course: Path) -> None:
    """Through the commands: a release, then the solutions graded in the sandbox?"""
    text = (course / "course.toml").read_text().replace("[assignments.old.points]\n", "")
    (course / "course.toml").write_text(text.replace("# the first one\no1 = 5\n", ""))
    for command in (["release"], ["check", "--run"]):
        done = CliRunner().invoke(app, [*command, "--root", str(course)])
        assert done.exit_code == 0, done.output
    assert "full marks" in done.output
    assert (course / "notebooks" / "n2_the_same_in_triton.ipynb").is_file()


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not say {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_everything_wrong_is_said_at_once_with_its_place(course: Path) -> None:
    """A marker, a module that does not parse, a missing notebook, a stray file: each in one go?"""
    notes = course / "solutions" / "fresh"
    spoil(notes / "n1_scaled_rows.ipynb", "ENDS HERE (n1.1)", "ENDS HERE (n1.2)")
    (notes / "notes.txt").write_text("to do")
    hidden = course / "problems" / "hidden" / "fresh" / "n2.py"
    spoil(hidden, "CASES = (", "CASES = ((")
    found = "\n".join(faults(course))
    for says in (
        "notes.txt: only notebooks may be here",
        "no such folder. Put the assignment's solution notebooks there",
        "old.points] has o1, but there is no notebook",
        "line 8",  # of the cell with the marker
        f"{hidden}:",
    ):
        assert says in found, f"{says}\n---\n{found}"


def test_a_hidden_name_in_a_public_text_is_told_with_its_owner(course: Path) -> None:
    """Does a public case that says a hidden one name the problem and the line?"""
    public = course / "problems" / "public" / "fresh" / "n1.py"
    spoil(public, '"""The right answer', '"""As in: many more rows than columns. The right answer')
    found = [fault for fault in faults(course, "fresh") if "n1.py" in fault]
    place = "notebooks/selfcheck/problems/fresh/n1.py, line 21"
    says = "hidden case of fresh/n1: many more rows than columns. Students would see it."
    owner = course / "problems" / "hidden" / "fresh" / "n1.py"
    assert found == [f"{place}: {says} Rename the hidden case: {owner}:13."]


def test_a_yardstick_that_is_another_answer_is_told(course: Path) -> None:
    """Is a reference that says something else than the yardstick found, with the case's line?"""
    public = course / "problems" / "public" / "fresh" / "n2.py"
    spoil(public, 'inputs["s"].double())}', 'inputs["s"].double() + 1)}')
    found = faults(course, "fresh")
    assert len(found) == 3 and f"{public}:28: '4 rows of 8': yardstick and reference" in found[0]


@pytest.mark.parametrize(
    ("side", "old", "new", "says"),
    [
        ("public", 'tf32: {"y"', 'tf32: {"z"', "the yardstick gives no y, only z"),
        ("hidden", "cols=", "colz=", "cannot be made: KeyError: 'cols'"),
        (
            "hidden",
            "cols=",
            'layout=dict(z="every_other"), cols=',
            "layout is of z; the inputs are",
        ),
        ("hidden", "cols=", 'dtype="float23", cols=', "cannot be made"),
    ],
)
def test_a_case_that_cannot_be_made_is_told_with_its_line(course, side, old, new, says) -> None:
    """On both sides, and before anything runs in the sandbox."""
    module = course / "problems" / side / "fresh" / "n1.py"
    text = module.read_text()
    assert old in text, text
    module.write_text(text.replace(old, new))
    found = faults(course, "fresh")
    assert found and all(str(module) in one and says in one for one in found), found


def test_a_wrong_setting_is_told_with_its_line(course: Path) -> None:
    """Does course.toml's own fault name the line?"""
    spoil(course / "course.toml", "n2 = 20", "n2 = -1")
    line = (course / "course.toml").read_text().splitlines().index("n2 = -1") + 1
    assert f"course.toml:{line}: `assignments.fresh.points.n2`" in faults(course)[0]


def test_points_go_after_the_last_line_of_their_table() -> None:
    """Are comments and the tables below left where they are?"""
    draft = Draft(Path(), "a", "p10", "Ten", "torch", 7)
    before = "[assignments.a.points]\np1 = 3\n\n# due\n[sandbox]\n"
    after = "[assignments.a.points]\np1 = 3\np10 = 7\n\n# due\n[sandbox]\n"
    assert with_points(before, draft) == after


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "n1"}, "n1 is there already"),
        ({"id": "N_3"}, "is no problem's id"),
        ({"assignment": "none"}, "there is no assignment 'none'"),
        ({"title": 'A "word"'}, "A title needs a word"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_changes(course: Path, change, says) -> None:
    """Are names that are taken or odd refused, with all files as they were?"""
    draft = {"assignment": "fresh", "id": "n3", "title": "More", "kind": "torch", "points": 5}
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(CourseError, match=says):
        new_problem(Draft(course, **{**draft, **change}))
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


def test_the_guides_diagnosis_and_look_work(course: Path) -> None:
    """Put where the guide says: does it name a mistake with step and line, and look show it?"""
    guide = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")
    example = guide.split("```python\nfrom ...look")[1].split("```")[0].replace("w2.1", "n2.1")
    public = course / "problems" / "public" / "fresh" / "n2.py"
    spoil(public, "\nPROBLEM = Problem(\n", f"\nfrom ...look{example}\nPROBLEM = Problem(\n")
    spoil(
        public, '    axes=("row",),\n', '    axes=("row",),\n    witnesses=WITNESSES, look=LOOK,\n'
    )
    assert faults(course, "fresh") == []
    solution, slip, wrong = looked_at(
        course,
        "fresh/n2",
        ("x", "x"),
        ("x * factor", "x + factor"),
        ("s_ptr + row * stride_s", "s_ptr"),
    )
    assert solution == {"steps": 3, "fault": "", "differs": False, "place": ""}
    assert slip["place"].startswith("n2.1, step 3")
    assert wrong["differs"]


def test_scripts_get_an_object_for_each_fault(course: Path) -> None:
    """With --json: is every line one, and the exit code 1?"""
    spoil(course / "course.toml", "n2 = 20", "n2 = -1")
    done = CliRunner().invoke(app, ["--json", "check", "--root", str(course)])
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1 and [line["what"] for line in lines] == ["wrong"]


def test_people_alone_are_told_what_is_being_looked_at(written: Path) -> None:
    """A line on stderr, and with --json none? In the assignment that has no notebook yet."""
    check = ["check", "old", "--root", str(written)]
    assert CliRunner().invoke(app, check).stderr.startswith("the hand-out as a whole")
    assert CliRunner().invoke(app, ["--json", *check]).stderr == ""


def test_the_next_commands_are_those_of_the_guide() -> None:
    """Does new-problem end in what docs/authors.md has, in its order; with a demo, in that too?"""
    guide = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")
    draft = Draft(ROOT, "warmup", "w2", "Any", "torch", 5)
    kit = Draft(ROOT, "flash_attention", "p10", "Any", "torch", 5)
    commands = [step for step in draft.next_steps() if step.startswith(("autograder", "make"))]
    found = [guide.index(f"\n{command} ") for command in commands]
    assert len(found) == 3 and found == sorted(found)
    assert kit.next_steps()[-2:] == [
        "autograder/problems/flash_attention/demo/p10.py: mistakes to find",
        "make demo ASSIGNMENT=flash_attention",
    ]
