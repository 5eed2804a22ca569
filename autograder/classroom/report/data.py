"""What the class report is made of: everybody's verdicts, totals, and who is in the roster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from autograder.classroom.grades import read_grades
from autograder.classroom.roster import Roster, load_roster
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.grading.verdict import FINE, CaseVerdict, Verdict, load_verdict, verdict_path


@dataclass(frozen=True)
class ClassData:
    """An assignment's class: `students` are all in the roster or with work, `verdicts` by student
    and problem, `open` work that has no verdict, `totals` in points (None: nothing to be told).
    `booked` says whether those are of grades.csv, with marks by hand and lateness.
    """

    assignment: Assignment
    students: tuple[str, ...]
    verdicts: dict[tuple[str, str], Verdict]
    open: tuple[tuple[str, str], ...] = ()
    totals: dict[str, float | None] = field(default_factory=dict)
    booked: bool = False
    roster: Roster | None = None

    def of(self, problem: str) -> Iterator[tuple[str, Verdict]]:
        """The students with a verdict on a problem, in order."""
        for student in self.students:
            if (verdict := self.verdicts.get((student, problem))) is not None:
                yield student, verdict

    @cached_property
    def absent(self) -> list[str]:
        """Who handed in nothing."""
        busy = {student for student, _ in (*self.verdicts, *self.open)}
        return [student for student in self.students if student not in busy]

    def called(self, student: str) -> str:
        """A student's name and id, as the instructor knows them."""
        row = self.roster.row(student) if self.roster else None
        return f"{row.name} ({student})" if row and row.name else student


def gather(assignment: Assignment) -> ClassData:
    """Read the verdicts of a class. Raises CourseError where there are none."""
    root, roster = assignment.root, load_roster(assignment.root)
    folder = root / "verdicts"
    ids = dict.fromkeys(row.id for row in roster.rows) if roster else {}
    submitted = sorted((root / "submitted").glob(f"*/{assignment.name}/*.ipynb"))
    handed = {(p.parts[-3], p.stem.split("_")[0]) for p in submitted}
    ids |= dict.fromkeys(p.name for p in sorted((folder / assignment.name).glob("*/")))
    ids |= dict.fromkeys(sorted(student for student, _ in handed))
    found = {
        (student, problem): verdict
        for student in ids
        for problem in assignment.problem_ids
        if (verdict := _verdict(assignment, student, problem)) is not None
    }
    if not found:
        raise CourseError(f"{folder}: no verdicts of {assignment.name}. Run `autograder run`.")
    lacking = (pair for pair in sorted(handed - found.keys()) if pair[1] in assignment.points)
    totals, booked = _totals(assignment, found)
    return ClassData(assignment, tuple(ids), found, tuple(lacking), totals, booked, roster)


def _verdict(assignment: Assignment, student: str, problem: str) -> Verdict | None:
    path = verdict_path(assignment.root / "verdicts", assignment.name, student, problem)
    return load_verdict(path, assignment.qualified(problem))


def _totals(
    assignment: Assignment, found: dict[tuple[str, str], Verdict]
) -> tuple[dict[str, float | None], bool]:
    """Everybody's points: those of grades.csv if it is there, else the verdicts' own."""
    try:
        grades = read_grades(assignment.root / "grades.csv", assignment.name)
        return {student: grade.points for student, grade in grades.items()}, True
    except CourseError:
        sums: dict[str, float | None] = {}
        for (student, _), verdict in found.items():
            if verdict.score is not None:
                sums[student] = (sums.get(student) or 0) + verdict.score
        return {s: assignment.capped(total or 0) for s, total in sums.items()}, False


def wrong_cases(verdict: Verdict) -> list[CaseVerdict]:
    """The cases that say something against the answers."""
    return [case for case in verdict.cases if case.status not in FINE]
