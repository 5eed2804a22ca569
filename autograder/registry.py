"""The hidden side of a problem, and how the rest of the grader finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from autograder.errors import CourseError
from autograder.selfcheck.problem import Case, Params, Problem, make_case, spelled_out


@dataclass(frozen=True)
class GradedCase:
    """A case that counts. On a GPU `large` takes its place, if there is one.

    `public`: the large case is one of those that students run themselves. The seed of the inputs is
    drawn by the grader, not written here.
    """

    case: Case
    points: float
    large: Case | None = None
    public: bool = False

    def on(self, gpu: bool) -> Case:
        """The case as it runs on a GPU or on a CPU."""
        return self.large if gpu and self.large else self.case


def make_graded(
    points: float,
    name: str,
    *,
    hint: str = "",
    gpu: Params | None = None,
    public: Case | None = None,
    shorthand: Mapping[str, str] | None = None,
    **numbers: Any,
) -> GradedCase:
    """A graded case by its numbers' names, as in make_case.

    On a GPU the numbers in `gpu` replace its own. With `public`, it is that public case on a GPU,
    and the numbers given here are its small stand-in where there is none.
    """
    case = make_case(name, hint=hint, shorthand=shorthand, **numbers)
    large = public or case
    params = {**large.params, **(gpu or {})}
    large = replace(large, params=spelled_out(params, shorthand), seed=case.seed, hint=hint)
    return GradedCase(case, points, None if large == case else large, public is not None)


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
    """The ids of all problems, sorted as people do it: p2 comes before p10."""
    return sorted(_packages(), key=natural_key)


def _packages() -> dict[str, str]:
    """The assignment of each problem, by the problem's id."""
    package = import_module("autograder.problems")
    return {
        module.name: assignment.name
        for assignment in iter_modules(package.__path__)
        for module in iter_modules([f"{package.__path__[0]}/{assignment.name}"])
    }


def natural_key(name: str) -> list[str | int]:
    """A key by which the numbers in names count as numbers: "p10" is "p", 10, ""."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def load(problem_id: str, full: float | None = None) -> GradedProblem:
    """The problem of that id, worth `full` points; CourseError names the ids there are."""
    if problem_id not in problem_ids():
        raise CourseError(
            f"There is no problem {problem_id!r}: autograder/problems/ has "
            f"{', '.join(problem_ids())}. Add autograder/problems/{problem_id}.py."
        )
    package = f"autograder.problems.{_packages()[problem_id]}"
    problem: GradedProblem = import_module(f"{package}.{problem_id}").PROBLEM
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
        words |= {graded.case.name, graded.on(gpu=True).name} - public
        words |= {graded.case.hint} - hints
    return sorted(word for word in words if len(word) > 12)
