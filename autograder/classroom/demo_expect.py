"""Compare what grading the demo class left behind with what it must find."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from autograder import registry
from autograder.classroom.demo_model import Expected, Student
from autograder.course import Assignment
from autograder.grading.verdict import Verdict
from autograder.registry import GradedProblem

SIGNS = {
    "passed": "✓",
    "wrong answer": "✗",
    "not implemented": "…",
    "error": "E",
    "crashed": "C",
    "timed out": "T",
    "does not compile": "G",
    "not allowed": "!",
    "not gradable": "?",
    "several problems": "*",
}


@dataclass(frozen=True)
class Found:
    """One problem of one student: the verdict, the score and status in grades.csv, the feedback."""

    verdict: Verdict | None
    booked: str
    status: str
    feedback: Path

    @property
    def short(self) -> str:
        """The score and a sign for the summary (see SIGNS), for the table."""
        if self.verdict is None:
            return "none"
        score = "–" if self.verdict.score is None else f"{self.verdict.score:g}"
        return f"{score} {SIGNS.get(self.verdict.summary, '.')}"


def differences(
    assignment: Assignment, student: Student, found: dict[str, Found], gpu: bool
) -> list[str]:
    """What is not as expected, a sentence each; empty if everything is."""
    lines = []
    for name, work in student.work.items():
        problem = registry.load(assignment.qualified(name), assignment.points[name])
        mine, expected = found[name], work.expect(gpu)
        if mine.verdict is None:
            lines.append(f"{name}: there is no verdict.")
            continue
        lines += [f"{name}: {line}" for line in _of_verdict(problem, mine.verdict, expected, gpu)]
        booked = "" if mine.verdict.score is None else f"{mine.verdict.score:g}"
        if mine.booked not in (booked, str(mine.verdict.score)):
            lines.append(
                f"{name}: graded {booked or 'nothing'}, booked {mine.booked or 'nothing'}."
            )
        lines += [f"{name}: {line}" for line in _of_feedback(mine.feedback, expected)]
    return lines


def _of_feedback(page: Path, expected: Expected) -> list[str]:
    """Is there a page, and does it tell what went wrong?"""
    if not page.is_file():
        return [f"there is no feedback ({page})."]
    text = page.read_text(encoding="utf-8")
    return [] if escape(expected.says) in text else [f"the feedback lacks {expected.says!r}."]


def _of_verdict(
    problem: GradedProblem, verdict: Verdict, expected: Expected, gpu: bool
) -> list[str]:
    lines = []
    if verdict.summary != expected.summary:
        lines.append(f"{verdict.summary!r}, expected {expected.summary!r}. {verdict.sentence}")
    passed, sure = passed_cases(problem, verdict, gpu), expected.passing(problem)
    if missing := sure - passed:
        lines.append(f"did not pass {', '.join(sorted(missing))}.")
    if extra := passed - sure - set(expected.chance):
        lines.append(f"passed {', '.join(sorted(extra))}, which was not expected.")
    if verdict.provisional != expected.provisional(problem, gpu):
        stays = "stay open" if verdict.provisional else "do not stay open"
        lines.append(f"the points for speed {stays}, which was not expected.")
    return lines + _of_score(problem, verdict, expected, sure | passed, gpu)


def _of_score(
    problem: GradedProblem, verdict: Verdict, expected: Expected, passed: set[str], gpu: bool
) -> list[str]:
    """The points for right answers must be exact; a perfect submission's speed earns some."""
    if not expected.graded or verdict.score is None:
        same = expected.graded == (verdict.score is not None)
        return [] if same else [f"score {verdict.score}, where {expected.summary!r} is expected."]
    wanted = problem.kept(passed)
    speed = sum(case.earned for case in verdict.cases if _is_speed(problem, case.name))
    lines = []
    if abs(verdict.score - speed - wanted) > 0.01:
        lines.append(f"{verdict.score - speed:g} points for right answers, expected {wanted:g}.")
    if gpu and expected.summary == "passed" and problem.speed is not None and speed <= 0:
        lines.append("no points for speed, although the answers are right.")
    return lines


def _is_speed(problem: GradedProblem, name: str) -> bool:
    return problem.speed is not None and name == problem.speed.name


def passed_cases(problem: GradedProblem, verdict: Verdict, gpu: bool) -> set[str]:
    """The cases that passed, by the names they have on a CPU."""
    passed = {case.name for case in verdict.cases if case.status == "passed"}
    return {graded.case.name for graded in problem.cases if graded.on(gpu).name in passed}
