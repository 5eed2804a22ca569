"""An assignment and its problems by command: what is written passes, what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from authored import course as course
from authored import spoil
from authored import written as written
from looked_at import looked_at
from solved import ROOT
from typer.testing import CliRunner

from autograder.authoring.check import faults
from autograder.authoring.new import Draft, new_problem, with_points
from autograder.cli import app
from autograder.course import Course
from autograder.errors import CourseError
from autograder.registry import load


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
