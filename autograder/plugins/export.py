"""`nbgrader export --exporter autograder.plugins.export.GradesExporter`: one row per student."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from ..classroom.grades import NOT_BOOKED
from ..classroom.roster import load_roster
from ..classroom.students import Students
from ..course import Assignment, Course
from ..generate.cells import problem_of
from ..grading.verdict import Verdict, load_verdict, verdict_path
from .late import late_in

BOOK = "Run `make autograde`, then this again."


class GradesExporter(ExportPlugin):
    """student, name, then of each assignment a column per problem, total, max, status, reason,
    repairs; in UTF-8 with the mark without which Excel takes it for something else.

    In a course of several assignments these columns begin with the assignment's name ("warmup/w1"),
    and the sums over all of them come last. A problem that could not be graded has an empty cell,
    not a 0; `status` says what is missing. `--assignment` and `--student` of nbgrader's choose.
    """

    root = Unicode(help="The course's folder.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        course = Course.load(Path(self.root))
        assignments = [a for a in course.assignments if a.name in (self.assignment or [a.name])]
        roster = load_roster(course.root)
        everybody = {s.id: None for s in gradebook.students}
        everybody |= dict.fromkeys(row.id for row in roster.rows) if roster else {}
        for one in assignments:  # and who is not booked yet
            here = sorted((course.root / "submitted").glob(f"*/{one.name}"))
            everybody |= dict.fromkeys(folder.parent.name for folder in here)
        students = [id for id in everybody if id in (self.student or [id])]
        target = Path(self.to or course.root / "grades.csv")
        names = Students.load(course.root, roster).names()
        rows = [
            {**_row(gradebook, assignments, student), "name": names.get(student, "")}
            for student in students
        ]
        with target.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, _heads(assignments))
            writer.writeheader()
            writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
        self.log.info("Wrote %s: %d students", target, len(rows))


def _heads(assignments: list[Assignment]) -> list[str]:
    """The names of all columns."""
    if len(assignments) == 1:
        return ["student", "name", *assignments[0].problem_ids, *_told(assignments[0])]
    blocks = [one.qualified(key) for one in assignments for key in (*one.problem_ids, *_told(one))]
    return ["student", "name", *blocks, "total", "max"]


def _told(assignment: Assignment) -> list[str]:
    """What is told of a whole assignment; of lateness only where it has a deadline."""
    late = ["late"] if assignment.late.due else []
    return ["total", "max", *late, "status", "reason", "repairs"]


def _row(gradebook: Gradebook, assignments: list[Assignment], student: str) -> dict[str, Any]:
    """One student's row over all assignments."""
    blocks = [(one, _block(gradebook, one, student)) for one in assignments]
    if len(blocks) == 1:
        return {"student": student, **blocks[0][1]}
    row = {one.qualified(key): value for one, block in blocks for key, value in block.items()}
    total = round(sum(block.get("total") or 0 for _, block in blocks), 2)
    return {"student": student, **row, "total": total, "max": sum(a.full_mark for a in assignments)}


def _block(gradebook: Gradebook, assignment: Assignment, student: str) -> dict[str, Any]:
    """A student's work on one assignment: scores from the gradebook (an instructor may have changed
    them), status and reason from the verdicts.
    """
    scores: dict[str, float | None] = dict.fromkeys(assignment.problem_ids)
    verdicts: dict[str, Verdict | None] = {}
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        here = any(assignment.submitted_dir(student).glob("*.ipynb"))
        told = {"status": NOT_BOOKED, "reason": BOOK} if here else {"status": "not submitted"}
        return {**scores, "max": assignment.full_mark, **told}
    for notebook in submission.notebooks:
        problem = problem_of(notebook.name + ".ipynb")
        if problem not in scores:
            continue  # dropped
        verdict = _verdict(assignment, student, notebook.name, problem)
        by_hand = any(grade.manual_score is not None for grade in notebook.grades)
        if verdict is None and problem in assignment.bonus and not by_hand:
            continue  # a bonus that was not tried is nothing to report
        verdicts[problem] = verdict
        graded = verdict is not None and verdict.score is not None
        if graded or by_hand:
            scores[problem] = round(notebook.score, 2)
    verdicts = {p: verdicts[p] for p in scores if p in verdicts}
    off = submission.late_submission_penalty or 0.0
    late = {"late": late_in(gradebook, assignment, student).reason} if assignment.late.due else {}
    repairs = {p: " ".join(v.repairs) for p, v in verdicts.items() if v and v.repairs}
    known = [score for score in scores.values() if score is not None]
    return {
        **scores,
        "total": round(assignment.capped(sum(known) - off), 2) if known else None,
        "max": assignment.full_mark,
        **late,
        "status": _status(verdicts),
        "reason": " | ".join(f"{p}: {_reason(v)}" for p, v in verdicts.items()),
        "repairs": " | ".join(f"{p}: {text}" for p, text in repairs.items()),
    }


def _verdict(assignment: Assignment, student: str, notebook: str, problem: str) -> Verdict | None:
    """The verdict of a notebook that was handed in."""
    if not (assignment.submitted_dir(student) / f"{notebook}.ipynb").exists():
        return None
    path = verdict_path(assignment.root / "verdicts", assignment.name, student, problem)
    return load_verdict(path, assignment.qualified(problem))


def _status(verdicts: dict[str, Verdict | None]) -> str:
    """The student's overall state: what is still open comes first."""
    if any(v is not None and v.status == "not gradable" for v in verdicts.values()):
        return "not gradable"
    if None in verdicts.values():
        return "incomplete"
    provisional = any(v is not None and v.provisional for v in verdicts.values())
    return "provisional" if provisional else "graded"


def _reason(verdict: Verdict | None) -> str:
    return "not submitted" if verdict is None else verdict.sentence


def _safe(value: object) -> object:
    """No cell may start a formula when a spreadsheet opens the file."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t"):
        return "'" + value
    return value
