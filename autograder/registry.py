"""The hidden side of a problem, and how the rest of the grader finds it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from math import floor
from pkgutil import iter_modules
from typing import Any

from autograder.errors import CourseError
from autograder.selfcheck.problem import Case, Params, Problem, make_case, spelled_out

APART = 0.6  # of all points, what the single cases are worth


@dataclass(frozen=True)
class GradedCase:
    """A case that counts. On a GPU `large` takes its place, if there is one.

    `public`: the large case is one of those that students run themselves. `rounding`: it tries how
    numbers are rounded, and failing it says nothing against the algorithm. The seed of the inputs
    is drawn by the grader, not written here.
    """

    case: Case
    points: float
    large: Case | None = None
    public: bool = False
    rounding: bool = False

    def on(self, gpu: bool) -> Case:
        """The case as it runs on a GPU or on a CPU."""
        return self.large if gpu and self.large else self.case


def make_graded(
    points: float,
    name: str,
    /,
    *,
    gpu: Params | None = None,
    public: Case | None = None,
    rounding: bool = False,
    shorthand: Mapping[str, str] | None = None,
    **numbers: Any,
) -> GradedCase:
    """A graded case by its numbers' names, as in make_case.

    On a GPU the numbers in `gpu` replace its own. With `public`, it is that public case on a GPU,
    and the numbers given here are its small stand-in where there is none.
    """
    case = make_case(name, shorthand=shorthand, **numbers)
    large = public or case
    params = {**large.params, **(gpu or {})}
    large = replace(large, params=spelled_out(params, shorthand), seed=case.seed)
    large_case = None if large == case else large
    return GradedCase(case, points, large_case, public is not None, rounding)


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
    """A problem as the grader sees it: its public side, the cases that count, the timed case.

    `together`: points for getting every case right, those about rounding apart.
    """

    public: Problem
    cases: tuple[GradedCase, ...]
    speed: SpeedCase | None = None
    together: float = 0.0

    @property
    def id(self) -> str:
        return self.public.id

    @property
    def points(self) -> float:
        """Full points of the problem."""
        speed = self.speed.points if self.speed else 0.0
        return round(sum(case.points for case in self.cases) + self.together + speed, 6)

    def scaled(self, full: float) -> GradedProblem:
        """The same problem, worth `full` points in all.

        The table's points say what a case weighs beside the others. Whoever fails one keeps at most
        APART of all points: the rest is for `together` and for speed.
        """
        scale = full / self.points
        speed = self.speed and replace(
            self.speed, tiers=tuple((limit, got * scale) for limit, got in self.speed.tiers)
        )
        left = full - (speed.points if speed else 0.0)
        weights = sum(case.points for case in self.cases)
        apart = min(left, APART * full) / weights
        fine = 10 if full >= 50 else 100  # steps of a tenth read better than 2.6667
        cases = tuple(
            replace(case, points=floor(case.points * apart * fine + 1e-9) / fine)
            for case in self.cases
        )
        together = left - sum(case.points for case in cases)
        return replace(self, cases=cases, speed=speed, together=round(together, 9))

    def all_right(self, passed: Collection[str]) -> bool:
        """Whether cases of these names, as they are on a CPU, earn the points for `together`."""
        rounding = {case.case.name for case in self.cases if case.rounding}
        names = {case.case.name for case in self.cases}
        return (names - rounding or names) <= set(passed)

    def kept(self, passed: Collection[str]) -> float:
        """The points for passing cases of these names, speed left out."""
        single = sum(case.points for case in self.cases if case.case.name in passed)
        return single + (self.together if self.all_right(passed) else 0.0)


def problem_ids(assignment: str) -> list[str]:
    """The ids of an assignment's problems, sorted as people do it: w2 comes before w10."""
    return sorted((one.id for one in _known() if one.assignment == assignment), key=natural_key)


def natural_key(name: str) -> list[str | int]:
    """A key by which the numbers in names count as numbers: "w10" is "w", 10, ""."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


@dataclass(frozen=True)
class ProblemName:
    """What names a problem in a course of several assignments, "warmup/w1"."""

    assignment: str
    id: str

    def __str__(self) -> str:
        return f"{self.assignment}/{self.id}"


def _known() -> list[ProblemName]:
    """Every problem there is: one module each in `autograder/problems/<assignment>/`.

    Packages there hold other things, as `demo/` does.
    """
    package = import_module("autograder.problems")
    return [
        ProblemName(assignment.name, module.name)
        for assignment in iter_modules(package.__path__)
        for place in package.__path__
        for module in iter_modules([f"{place}/{assignment.name}"])
        if not module.ispkg
    ]


def find_name(name: str) -> ProblemName:
    """The problem called "warmup/w1", or "w1" where one assignment alone has it; CourseError says
    which there are.
    """
    known = _known()
    found = [one for one in known if name in (one.id, str(one))]
    if len(found) != 1:
        among = ", ".join(map(str, found or known))
        raise CourseError(
            f"There is no problem {name!r}, only {among}. Add the module autograder/problems/"
            "<assignment>/<problem>.py, or correct the name."
            if not found
            else f"{name!r} may be {among}. Name the assignment too."
        )
    return found[0]


def load(name: str, full: float | None = None, speed: bool = True) -> GradedProblem:
    """The problem of that name (see `find_name`), worth `full` points; without `speed` its other
    cases get the timed case's.
    """
    found = find_name(name)
    module = import_module(f"autograder.problems.{found.assignment}.{found.id}")
    problem: GradedProblem = module.PROBLEM
    problem = replace(problem, public=replace(problem.public, assignment=found.assignment))
    problem = problem if speed else replace(problem, speed=None)
    return problem.scaled(problem.points if full is None else full)


def hidden_words(*names: str) -> dict[str, str]:
    """What must never be found in the hand-outs of these problems, and whose it is: the names of
    hidden cases, where none of the problems says the same in public.
    """
    hidden: dict[str, str] = {}
    public: set[str] = set()
    for problem in map(load, names):
        for case in (*problem.public.cases, *problem.public.small_cases):
            public.add(case.name)
        for graded in problem.cases:
            if not graded.public:
                for case in (graded.case, graded.on(gpu=True)):
                    hidden.setdefault(case.name, problem.public.name)
    told = "\n".join(public)
    return {w: whose for w, whose in sorted(hidden.items()) if len(w) > 12 and w not in told}
