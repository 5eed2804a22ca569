"""An appeal: one case replayed with its evidence, and as a notebook that stands by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from courses import hand_in, make_course
from solved import notebook, solved

from autograder.appeals.case import explained
from autograder.appeals.replay import find_case, worst_rows
from autograder.classroom.report.data import gather
from autograder.classroom.report.page import page
from autograder.classroom.run import run_class, submissions
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.grading.book import Book
from autograder.grading.verdict import CaseVerdict, Verdict

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader")]
WRONG = ("acc += tl.sum(", "acc = tl.sum(")  # the last tile of columns alone


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Assignment:
    """ada sums the last tile alone; bob's file holds nothing."""
    course = make_course(tmp_path_factory.mktemp("course"), "p2")
    hand_in(course, "ada", "p2", notebook("p2", solved("p2", WRONG)))
    hand_in(course, "bob", "p2", "no notebook")
    assert not [o.fault for o in run_class(course.root, submissions(course), jobs=1) if o.fault]
    return course


@pytest.fixture(scope="module")
def lines(course: Assignment) -> list[tuple[str, str]]:
    """What is told of ada's first case that failed; `replay.ipynb` is written."""
    return list(explained(course, "ada", "p2", "", course.root / "replay.ipynb"))


def test_the_case_is_told_with_its_evidence(lines: list[tuple[str, str]]) -> None:
    """Are outcome then and now, inputs, rows, a hint, the code and its receipt all there?"""
    words = [word for word, _ in lines]
    assert {"case", "sizes", "input", "seed", "then", "now", "row", "why", "code", "proof"} <= {
        *words
    }
    told = dict(lines)
    assert told["then"].startswith("wrong answer") and told["now"].startswith("wrong answer")
    assert any("acc = tl.sum(" in text for _, text in lines)


def test_the_same_inputs_give_the_same_error(course: Assignment, lines) -> None:
    """Is the error now the one in the verdict? Otherwise it is not what was graded."""
    verdict = Book(course).verdict("ada", "p2")
    failed = find_case(verdict, "")
    assert dict(lines)["error"].startswith(f"worst row {failed.worst:.2g},")


def test_the_notebook_replays_it_alone(course: Assignment, lines, tmp_path: Path) -> None:
    """Run without this package: does the notebook come to the same outcome, with its rows?"""
    assert ("wrote", str(course.root / "replay.ipynb")) in lines
    nb = nbformat.read(course.root / "replay.ipynb", as_version=4)
    nbformat.validate(nb)
    cells = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    script = tmp_path / "replay.py"
    alone = 'import sys\n\nsys.modules["autograder"] = None  # any import of it now fails'
    script.write_text("\n\n\n".join([alone, *cells]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"},
    )
    assert ": wrong answer." in done.stdout, done.stdout + done.stderr
    assert "expected" in done.stdout and "given" in done.stdout


def test_a_class_that_was_graded_makes_a_report(course: Assignment) -> None:
    """Do the verdicts of a real run hold what the report shows: cause, code, who needs help?"""
    text = BeautifulSoup(page(gather(course)), "html.parser").get_text()
    assert "acc = tl.sum(" in text and "1 student" in text
    assert Book(course).verdict("bob", "p2").reason in text


def test_what_could_not_be_graded_is_told_too(course: Assignment) -> None:
    """Does bob's file give its reason instead of a replay?"""
    (first, *_) = explained(course, "bob", "p2", "", None)
    assert first[0] == "why" and first[1]


@pytest.mark.parametrize(
    ("student", "problem", "case", "says"),
    [
        ("eve", "p2", "", "no verdict"),
        ("ada", "p9", "", "has no problem 'p9'"),
        ("ada", "p2", "no such case", "No case has 'no such case'"),
    ],
)
def test_what_is_not_there_is_said(course, student, problem, case, says) -> None:
    """Is a wrong name answered with what there is?"""
    with pytest.raises(CourseError, match=says):
        list(explained(course, student, problem, case, None))


def test_a_case_is_found_by_words() -> None:
    """Do words of the name do, and are several named?"""
    cases = [CaseVerdict(name=name, status="passed") for name in ("ragged N", "ragged", "D=64")]
    verdict = Verdict(assignment="a", problem="w1", max_score=1, score=0, cases=cases)
    assert find_case(verdict, "d=6").name == "D=64"
    assert find_case(verdict, "ragged").name == "ragged"
    with pytest.raises(CourseError, match="Several"):
        find_case(verdict, "rag")


def test_the_worst_rows_come_first() -> None:
    """Are rows ordered by their error over their size, NaN before all?"""
    expected = torch.ones(2, 3, 4, dtype=torch.float64)
    given = expected.clone()
    given[0, 1] += 0.5
    given[1, 2, 0] = torch.nan
    found = worst_rows("O", given, expected)
    assert [row.index for row in found[:2]] == [(1, 2), (0, 1)]
    assert found[1].error == pytest.approx(0.5)
