"""Marks by hand for many at once, out of a CSV file.

Columns: `student` (`*` for everybody who handed that problem in), `problem`, and of `points` (the
mark in place of the grader's), `extra` (points added to whatever the mark is), `comment` (shown on
the page) as many as are meant. Both kinds of points survive grading again.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.generate.cells import problem_of
from autograder.plugins.late import opened

COLUMNS = ("student", "problem", "points", "extra", "comment")
EVERYBODY = "*"


@dataclass(frozen=True)
class Change:
    """A line of the file; None is not meant."""

    line: int
    student: str
    problem: str
    points: float | None
    extra: float | None
    comment: str


def adjust(assignment: Assignment, path: Path) -> list[str]:
    """Write the marks of a file into the gradebook; what was done, a sentence for each mark.

    Raises CourseError naming every line at fault, and has then written nothing.
    """
    changes, faults = read_changes(assignment, path)
    with opened(assignment.course) as gradebook:
        done = []
        for change in changes:
            try:
                done += list(_apply(gradebook, assignment, change))
            except MissingEntry:
                who = "nobody" if change.student == EVERYBODY else change.student
                faults.append(f"line {change.line}: {who} has no booked {change.problem}.")
        if faults:
            gradebook.db.rollback()
            raise CourseError("\n".join(f"{path}: {fault}" for fault in faults))
        gradebook.db.commit()
    return done


def read_changes(assignment: Assignment, path: Path) -> tuple[list[Change], list[str]]:
    """The lines of a file, and what is wrong with the others. Raises CourseError where there is no
    such file, or no table in it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: not readable ({error}). Save it as CSV in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text))
    heads = [head.strip().lower() for head in reader.fieldnames or ()]
    odd = [head for head in heads if head not in COLUMNS]
    if odd or not {"student", "problem"} <= set(heads):
        raise CourseError(f"{path}: its first line must name columns of {', '.join(COLUMNS)}.")
    reader.fieldnames = heads
    changes, faults = [], []
    for number, row in enumerate(reader, 2):
        try:
            changes.append(_change(assignment, number, row))
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
    return changes, faults


def _change(assignment: Assignment, number: int, row: dict[str, str | None]) -> Change:
    """A line. Raises ValueError with what is wrong with it."""
    told = {head: (value or "").strip() for head, value in row.items() if isinstance(head, str)}
    student, problem = told["student"], told["problem"]
    if not student:
        raise ValueError(f"no student. Write an id, or {EVERYBODY} for everybody.")
    if problem not in assignment.points:
        raise ValueError(f"{problem!r} is no problem of {assignment.name}.")
    points, extra = (_number(told.get(kind, "")) for kind in ("points", "extra"))
    if points is not None and points < 0:
        raise ValueError("points are below 0. Take points away with `extra`.")
    if points is None and extra is None and not told.get("comment"):
        raise ValueError("nothing to change. Write points, extra or a comment.")
    return Change(number, student, problem, points, extra, told.get("comment", ""))


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no number of points.")
    return value


def _apply(gradebook: Gradebook, assignment: Assignment, change: Change) -> Iterator[str]:
    """Make a change. Raises MissingEntry where nobody has that problem booked."""
    everybody = change.student == EVERYBODY
    known = gradebook.find_assignment(assignment.name)
    notebook = next((n for n in known.notebooks if _of(n.name) == change.problem), None)
    submissions = sorted(notebook.submissions, key=_whose) if notebook else []
    chosen = [s for s in submissions if everybody or _whose(s) == change.student]
    if not chosen:
        raise MissingEntry(change.student)
    for submission in chosen:
        for grade in submission.grades:
            _mark(grade, change)
        for comment in submission.comments:
            if change.comment:
                comment.manual_comment = change.comment
        score = sum(_score(grade) for grade in submission.grades)
        yield f"{_whose(submission)} {change.problem}: {score:g}"


def _whose(submission) -> str:
    return submission.student.id


def _mark(grade, change: Change) -> None:
    if change.points is not None:
        grade.manual_score, grade.needs_manual_grade = change.points, False
    if change.extra is not None:
        grade.extra_credit = change.extra


def _score(grade) -> float:
    by_hand = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return (by_hand or 0) + (grade.extra_credit or 0)


def _of(notebook: str) -> str:
    return problem_of(f"{notebook}.ipynb")
