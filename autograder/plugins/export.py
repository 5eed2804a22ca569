"""`nbgrader export --exporter autograder.plugins.export.GradesExporter`: one row per student."""

from __future__ import annotations

import csv
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from ..course import Course
from ..generate.cells import problem_of
from ..grading.verdict import Verdict, load_verdict, verdict_path


class GradesExporter(ExportPlugin):
    """student, a column per problem, total, max, status, reason, repairs.

    A problem that could not be graded has an empty cell, not a 0; `status` says what is missing.
    """

    root = Unicode(help="The course's folder.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        course = Course.load(Path(self.root))
        target = Path(self.to or course.root / "grades.csv")
        rows = [_row(gradebook, course, student.id) for student in gradebook.students]
        heads = ["student", *course.problem_ids, "total", "max", "status", "reason", "repairs"]
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, heads)
            writer.writeheader()
            writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
        self.log.info("Wrote %s: %d students", target, len(rows))


def _row(gradebook: Gradebook, course: Course, student: str) -> dict[str, object]:
    """One student's row: scores from the gradebook (an instructor may have changed them), status
    and reason from the verdicts.
    """
    scores = {p: None for p in course.problem_ids}
    verdicts: dict[str, Verdict | None] = {}
    try:
        submission = gradebook.find_submission(course.assignment_name, student)
    except MissingEntry:
        full = course.full_mark
        return {"student": student, **scores, "max": full, "status": "not submitted"}
    for notebook in submission.notebooks:
        problem = problem_of(notebook.name + ".ipynb")
        folder = course.root / "submitted" / student / course.assignment_name
        handed_in = (folder / f"{notebook.name}.ipynb").exists()
        path = verdict_path(course.root / "verdicts", course.assignment_name, student, problem)
        verdicts[problem] = load_verdict(path, problem) if handed_in else None
        if verdicts[problem] is None and problem in course.assignment.bonus:
            del verdicts[problem]  # a bonus that was not tried is nothing to report
            continue
        graded = verdicts[problem] is not None and verdicts[problem].score is not None
        by_hand = any(grade.manual_score is not None for grade in notebook.grades)
        if graded or by_hand:
            scores[problem] = round(notebook.score, 2)
    return {
        "student": student,
        **scores,
        "total": round(sum(score for score in scores.values() if score is not None), 2),
        "max": course.full_mark,
        "status": _status(verdicts),
        "reason": " | ".join(f"{p}: {_reason(v)}" for p, v in sorted(verdicts.items())),
        "repairs": " | ".join(
            f"{p}: {' '.join(v.repairs)}" for p, v in sorted(verdicts.items()) if v and v.repairs
        ),
    }


def _status(verdicts: dict[str, Verdict | None]) -> str:
    """The student's overall state: what is still open comes first."""
    if any(v is not None and v.status == "not gradable" for v in verdicts.values()):
        return "not gradable"
    if any(v is None for v in verdicts.values()):
        return "incomplete"
    return "provisional" if any(v.provisional for v in verdicts.values()) else "graded"


def _reason(verdict: Verdict | None) -> str:
    return "not submitted" if verdict is None else verdict.sentence


def _safe(value: object) -> object:
    """No cell may start a formula when a spreadsheet opens the file."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t"):
        return "'" + value
    return value
