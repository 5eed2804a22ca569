"""The grades in grades.csv, for whoever sends them on; and as Gradescope's results.json."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from autograder.classroom.gradesheets import Grade
from autograder.errors import CourseError
from autograder.grading.verdict import CaseVerdict, Verdict

NOT_BOOKED = "not booked"
OPEN = ("not submitted", "not gradable", NOT_BOOKED)  # statuses that are nobody's points yet


def grade_rows(path: Path) -> list[dict[str, str]]:
    """The rows of grades.csv. Raises CourseError where the file is not there."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise CourseError(f"{path}: not found. Run `make grades`.") from None


def read_grades(path: Path, assignment: str) -> dict[str, Grade]:
    """Each student's total and reason; no points where something could not be graded.

    Raises CourseError where the file is not there or has no such assignment.
    """
    rows = grade_rows(path)
    heads = rows[0].keys() if rows else ()
    before = f"{assignment}/" if f"{assignment}/total" in heads else ""
    if rows and f"{before}total" not in heads:
        raise CourseError(f"{path}: there are no grades of {assignment} in it. Run `make grades`.")
    return {unguarded(row["student"]): _grade(row, before) for row in rows}


def _grade(row: dict[str, str], before: str) -> Grade:
    total, status = row[f"{before}total"], row[f"{before}status"]
    points = float(total) if total and status not in OPEN else None
    return Grade(points, row[f"{before}reason"])


def unguarded(value: str) -> str:
    """A cell without the quote that keeps a spreadsheet from taking it for a formula."""
    return value[1:] if value[:1] == "'" and value[1:2] in tuple("=+-@\t") else value


def gradescope_results(verdicts: list[Verdict]) -> dict[str, Any]:
    """What a Gradescope autograder leaves in results.json: a test for each case.

    Hidden cases are shown once the grades are published, as in the feedback pages.
    """
    tests = [_test(verdict, case) for verdict in verdicts for case in verdict.cases]
    scores = [verdict.score for verdict in verdicts if verdict.score is not None]
    reasons = [f"{v.problem}: {v.sentence}" for v in verdicts]
    return {"score": round(sum(scores), 2), "output": "\n".join(reasons), "tests": tests}


def _test(verdict: Verdict, case: CaseVerdict) -> dict[str, Any]:
    return {
        "name": f"{verdict.problem}: {case.name}",
        "score": round(case.earned, 2),
        "max_score": round(case.points, 2),
        "status": "passed" if case.status == "passed" else "failed",
        "output": case.detail or case.status,
        "visibility": "visible" if case.public else "after_published",
    }
