"""The solutions, graded as a student's work would be: they have to get full marks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ..course import Assignment, Course
from ..frames import solution_work
from ..grading.grade import Grader
from ..grading.verdict import FINE
from ..intake.extract import Extracted


def lost(
    root: Path,
    name: str | None = None,
    only: Collection[str] = (),
    started: Callable[[str], None] = lambda what: None,
) -> list[str]:
    """Every case that a solution does not pass, with what the grader says of it.

    `name` and `only` choose as in check.faults. `started` is told what is graded next.
    """
    chosen = [one.narrowed(only) for one in Course.load(root).chosen(name)]
    return [fault for one in chosen for fault in _of(one, started)]


def _of(assignment: Assignment, started: Callable[[str], None]) -> Iterator[str]:
    with Grader(assignment) as grader:
        for problem in assignment.problem_ids:
            started(f"{assignment.name}/{problem}: its solution, in the sandbox")
            work = solution_work(assignment, problem)
            verdict = grader.grade(Extracted(work=work), problem)
            for case in verdict.cases:
                if case.status not in FINE:
                    says = case.detail.split("\n")[0]
                    yield f"{assignment.qualified(problem)}, {case.name}: {case.status}. {says}"
