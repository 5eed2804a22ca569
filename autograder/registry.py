"""The hidden side of a problem, and how the rest of the grader finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from autograder.errors import CourseError
from autograder.selfcheck.problem import Case, Problem


@dataclass(frozen=True)
class GradedCase:
    """A case that counts. `gpu` holds parameters that replace the small ones on a GPU.

    The seed of its inputs is drawn by the grader, not written here.
    """

    case: Case
    points: float
    gpu: Mapping[str, Any] = field(default_factory=dict)
    gpu_name: str = ""
    public: bool = False

    def on(self, gpu: bool) -> Case:
        """The case as it runs on a GPU or on a CPU."""
        if not gpu:
            return self.case
        name = self.gpu_name or self.case.name
        return Case(name, {**self.case.params, **self.gpu}, self.case.seed, self.case.hint)


@dataclass(frozen=True)
class SpeedCase:
    """A timed case, run on a GPU only.

    `tiers` gives (ratio, points), best first: the student's time over the solution's time in the
    same run, at most `ratio`, earns `points`. `flops` counts the operations that no implementation
    can avoid (the products of matrices), if stated. `table` is the number of elements in one head's
    table of scores: memory for so many is told.
    """

    name: str
    params: Mapping[str, Any]
    tiers: tuple[tuple[float, float], ...]
    flops: float = 0.0
    table: int = 0

    @property
    def points(self) -> float:
        return self.tiers[0][1]

    def earned(self, ratio: float) -> float:
        """Points for a student's time over the solution's."""
        return next((points for limit, points in self.tiers if ratio <= limit), 0.0)


@dataclass(frozen=True)
class GradedProblem:
    """A problem as the grader sees it: its public side, the cases that count, the timed case."""

    public: Problem
    cases: tuple[GradedCase, ...]
    speed: SpeedCase | None = None

    @property
    def id(self) -> str:
        return self.public.id

    @property
    def points(self) -> float:
        """Full points of the problem."""
        speed = self.speed.points if self.speed else 0.0
        return sum(case.points for case in self.cases) + speed

    def scaled(self, full: float) -> GradedProblem:
        """The same problem, worth `full` points in all."""
        scale = full / self.points
        cases = tuple(replace(case, points=case.points * scale) for case in self.cases)
        speed = self.speed and replace(
            self.speed, tiers=tuple((limit, got * scale) for limit, got in self.speed.tiers)
        )
        return replace(self, cases=cases, speed=speed)


def problem_ids() -> list[str]:
    """The ids of all problems, in order."""
    package = import_module("autograder.problems")
    return sorted((m.name for m in iter_modules(package.__path__)), key=lambda name: int(name[1:]))


def load(problem_id: str, full: float | None = None) -> GradedProblem:
    """The problem of that id, worth `full` points; CourseError names the ids there are."""
    if problem_id not in problem_ids():
        raise CourseError(
            f"There is no problem {problem_id!r}: autograder/problems/ has "
            f"{', '.join(problem_ids())}. Add autograder/problems/{problem_id}.py."
        )
    problem: GradedProblem = import_module(f"autograder.problems.{problem_id}").PROBLEM
    return problem if full is None else problem.scaled(full)


def hidden_words(problem_id: str) -> list[str]:
    """What must never be found in a hand-out: the names and hints of hidden cases."""
    problem = load(problem_id)
    public = {case.name for case in (*problem.public.cases, *problem.public.small_cases)}
    hints = {case.hint for case in (*problem.public.cases, *problem.public.small_cases)}
    words = set()
    for graded in problem.cases:
        if graded.public:
            continue
        words |= {graded.case.name, graded.gpu_name} - public
        words |= {graded.case.hint} - hints
    return sorted(word for word in words if len(word) > 12)
