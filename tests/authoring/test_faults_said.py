"""What `autograder check` says: all that is wrong, each fault once, with its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from authored import course as course
from authored import forget_modules, spoil
from authored import written as written
from typer.testing import CliRunner

from autograder.authoring.check import faults
from autograder.cli import app

SIDES = ("public", "hidden")
SHARED = "many more rows than columns"  # a hidden case of every problem as it is written


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


def test_a_hidden_name_in_a_public_text_is_told_with_its_owner(course: Path) -> None:
    """Does a public case that says a hidden one name the problem and the line?"""
    public = course / "problems" / "public" / "fresh" / "n1.py"
    spoil(public, '"""The right answer', '"""As in: many more rows than columns. The right answer')
    found = [fault for fault in faults(course, "fresh") if "n1.py" in fault]
    place = "notebooks/selfcheck/problems/fresh/n1.py, line 21"
    says = "hidden case of fresh/n1: many more rows than columns. Students would see it."
    owner = course / "problems" / "hidden" / "fresh" / "n1.py"
    assert found == [f"{place}: {says} Rename the hidden case: {owner}:13."]


def test_a_hidden_name_in_another_notebook_is_told_of_one_problem_too(course: Path) -> None:
    """Is n2 looked at alone, and held against what the other notebook says all the same?"""
    spoil(course / "problems" / "hidden" / "fresh" / "n2.py", SHARED, "a name of n2 alone")
    notebook = next((course / "solutions" / "fresh").glob("n1_*.ipynb"))
    spoil(notebook, "Scaled rows", "Scaled rows, and a name of n2 alone")
    found = faults(course, "fresh", ["n2"])
    assert found and all("hidden case of fresh/n2: a name of n2 alone" in one for one in found)


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


@pytest.mark.parametrize("side", SIDES)
def test_a_number_that_nothing_reads_is_told_once(course: Path, side: str) -> None:
    """Is a slip in a keyword found wherever it stands, and what was meant said?"""
    module = course / "problems" / side / "fresh" / "n1.py"
    if side == "public":
        spoil(module, "make_case, seed", "make_case, colz=3, seed")  # in each case of the table
    else:
        spoil(module, 'gpu={"rows": 500}', 'gpu={"rows": 500, "colz": 3}')
    (found,) = faults(course, "fresh")
    line = next(n for n, text in enumerate(module.read_text().splitlines(), 1) if "colz" in text)
    assert found.startswith(f"{module}:{line}: ")
    assert found.endswith(" sets 'colz', which nothing reads. Did you mean 'cols'?")


@pytest.mark.parametrize("side", SIDES)
def test_a_module_that_cannot_be_read_is_told_once(course: Path, side: str) -> None:
    """Is a module's own fault not the notebook's and the other side's too?"""
    module = course / "problems" / side / "fresh" / "n1.py"
    spoil(module, "\nPROBLEM = ", "\n)\nPROBLEM = ")
    (found,) = faults(course, "fresh")
    assert found.startswith(f"{module}:")
    assert found.endswith(": SyntaxError: unmatched ')'. Correct it.")


def test_a_notebooks_faults_are_told_beside_its_modules(course: Path) -> None:
    """Is the notebook looked at although a module cannot be read?"""
    spoil(course / "problems" / "public" / "fresh" / "n1.py", "\nPROBLEM = ", "\n)\nPROBLEM = ")
    spoil(course / "solutions" / "fresh" / "n1_scaled_rows.ipynb", "ENDS HERE (n1.1)", "ENDS")
    module, notebook = faults(course, "fresh")
    assert "n1.py:" in module and "n1_scaled_rows.ipynb" in notebook


def test_an_id_of_another_problem_blames_one_file(course: Path) -> None:
    """Is a wrong id the public module's, and a wrong public side the hidden one's?"""
    public, hidden = (course / "problems" / side / "fresh" / "n1.py" for side in SIDES)
    spoil(public, 'id="n1"', 'id="n2"')
    assert faults(course, "fresh") == [f"{public}: PROBLEM is called 'n2'. Write id=\"n1\"."]
    spoil(public, 'id="n2"', 'id="n1"')
    forget_modules()
    hidden.write_text(hidden.read_text().replace("n1", "n2"))
    says = "PROBLEM is called 'n2'. Write GradedProblem(n1.PROBLEM, …)."
    assert faults(course, "fresh") == [f"{hidden}: {says}"]


def test_two_notebooks_of_a_problem_are_told(course: Path) -> None:
    """Is it a fault like others, and not the end of the check?"""
    notes = course / "solutions" / "fresh"
    shutil.copy(notes / "n1_scaled_rows.ipynb", notes / "n1_again.ipynb")
    (found,) = faults(course, "fresh")
    assert "n1_scaled_rows.ipynb: solutions/fresh/n1_again.ipynb is n1 too" in found


def test_a_bonus_that_is_no_problem_is_told(course: Path) -> None:
    """Is a slip there found, which would make nothing a bonus?"""
    with (course / "course.toml").open("a") as settings:
        settings.write('\n[assignments.fresh]\nbonus = ["n7"]\n')
    (found,) = faults(course, "fresh")
    assert "[assignments.fresh]: bonus names n7, which has no points." in found
