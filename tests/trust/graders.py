"""Graders for the trust suites: short limits for cheats, and patience for honest work."""

from __future__ import annotations

from pathlib import Path

from solved import ASSIGNMENT, ROOT, frame, solved

from autograder.course import Assignment, Course
from autograder.grading.grade import Grader
from autograder.grading.verdict import Verdict
from autograder.intake.extract import Extracted
from autograder.sandbox.levels import Level
from autograder.selfcheck.grammar import refusals

SHORT = {"case_seconds": 3, "notebook_seconds": 6, "memory_gib": 3}
SETTINGS = """\
[course]
name = "A class"
public_repository = "some/where"
[assignments.{name}.points]
{points}
[sandbox]
isolation = "plain"
case_seconds = {case_seconds}
notebook_seconds = {notebook_seconds}
memory_gib = 3
"""


def short_assignment() -> Assignment:
    """The assignment with limits that an endless loop meets soon."""
    course = ASSIGNMENT.course
    short = course.model_copy(update={"sandbox": course.sandbox.model_copy(update=SHORT)})
    return short.assignment()


def linked_course(
    root: Path, *problems: str, case_seconds: int = 60, notebook_seconds: int = 600
) -> Assignment:
    """A course of its own in `root`, released as this one is."""
    points = "\n".join(f"{problem} = {ASSIGNMENT.points[problem]}" for problem in problems)
    values = {"name": ASSIGNMENT.name, "points": points}
    values |= {"case_seconds": case_seconds, "notebook_seconds": notebook_seconds}
    (root / "course.toml").write_text(SETTINGS.format(**values), encoding="utf-8")
    for folder in ("release", "solutions"):
        (root / folder).symlink_to(ROOT / folder)
    return Course.load(root).assignment()


def graded(grader: Grader, problem: str, work: dict[str, str]) -> Verdict:
    """The verdict for regions, the others filled as in the solution."""
    whole = {**solved(problem), **work}
    found = refusals(frame(problem), whole)
    return grader.grade(Extracted(whole, refusals=tuple(found)), problem)


def is_whole(grader: Grader) -> str:
    """What is wrong with the verdict for a solved p2, "" if it is all that it should be."""
    hurried, grader.assignment = grader.assignment, ASSIGNMENT
    try:
        verdict = graded(grader, "p2", {})
    finally:
        grader.assignment = hurried
    wrong = unpassed(verdict)
    return f"the next submission: {wrong}" if wrong else ""


def unpassed(verdict: Verdict) -> list[tuple[str, str, str]]:
    """The cases without full points, the timed one aside, which no CPU runs."""
    return [
        (case.name, case.status, case.detail)
        for case in verdict.cases
        if case.status not in ("passed", "not run")
    ]


def short_grader(level: Level) -> Grader:
    return Grader(short_assignment(), level)
