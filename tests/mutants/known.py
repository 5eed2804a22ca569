"""What is known of a problem before its mutants run: frame, solution, cases, right answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from solved import frame, solved

from autograder.registry import GradedCase, GradedProblem, load
from autograder.selfcheck.problem import Case, Problem
from autograder.selfcheck.program import Frame

from .form import Work

SEED = 1  # of the hidden cases' inputs


@dataclass(frozen=True)
class Known:
    """A problem as the runner needs it. References are computed once and inherited by forks."""

    problem: Problem
    frame: Frame
    solution: Work
    public: tuple[Case, ...]
    graded: GradedProblem

    @property
    def hidden(self) -> tuple[GradedCase, ...]:
        return self.graded.cases

    def hidden_case(self, graded: GradedCase, gpu: bool = False, seed: int = SEED) -> Case:
        case = graded.on(gpu)
        return Case(case.name, case.params, seed)


def known(problem_id: str) -> Known:
    """The problem of that id, its references and yardsticks remembered from call to call."""
    graded = load(problem_id)
    problem = replace(
        graded.public,
        reference=_remembered(graded.public.reference),
        yardstick=_remembered(graded.public.yardstick),
    )
    return Known(problem, frame(problem_id), solved(problem_id), problem.small_cases, graded)


def _remembered(function: Callable) -> Callable:
    """The same function of (inputs, params, …), asked once for the same inputs."""
    found: dict[str, dict] = {}

    def remembered(inputs, params, *more):
        first = next(iter(inputs.values()))
        key = json.dumps([dict(params), str(first.dtype), first.flatten()[:8].tolist(), *more])
        if key not in found:
            found[key] = function(inputs, params, *more)
        return found[key]

    return remembered
