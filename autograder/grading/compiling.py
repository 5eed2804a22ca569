"""Kernels and the compiler: on a GPU before the cases; without one, would they compile for one?"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import torch

from autograder.grading.turns import shared_turn
from autograder.grading.verdict import CaseVerdict
from autograder.registry import GradedProblem
from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.runner import Child, Runner, Stopped
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import case_shapes
from autograder.selfcheck.launches import Target
from autograder.selfcheck.offline import TARGETS, Failure
from autograder.selfcheck.problem import Case
from autograder.selfcheck.program import Program
from autograder.text import clean_text

SECONDS = 30  # of processor time; compiling takes one or two
MOST_JOBS = 16  # each takes some 200 MB of what one sandbox may have


def compile_ahead(problem: GradedProblem, child: Child, mode: Mode, seconds: float) -> None:
    """Have the kernels of all cases compiled on all cores before the first asks for the GPU.

    The process that does it knows the shapes of cases to come, so it ends before a kernel runs.
    Nothing hangs on it but time: what is not ready in `seconds`, a case compiles for itself.
    """
    cases = [graded.on(True) for graded in problem.cases]
    if problem.speed is not None:
        cases.append(Case(problem.speed.name, problem.speed.params))
    with shared_turn():  # their shapes are those of inputs that are drawn
        shapes = [case_shapes(problem.public, case, mode) for case in cases]
    major, minor = torch.cuda.get_device_capability()
    order = {
        "do": "compile_ahead",
        "task": problem.public.task({}, {}, mode.device),
        "cases": shapes,
        "target": asdict(Target(10 * major + minor, str(mode.dtype)[6:])),
        "jobs": min(os.cpu_count() or 1, MOST_JOBS),
    }
    with suppress(Stopped, BadAnswer):
        child.ask(order, seconds)
    child.end()


def uncompiled(
    problem: GradedProblem, runner: Runner, program: Program, cases: list[CaseVerdict], mode: Mode
) -> list[CaseVerdict]:
    """The verdicts, those of right answers whose kernels compile for no GPU corrected."""
    right = [at for at, case in enumerate(cases) if case.status == "passed"]
    asked = [problem.cases[at].case for at in right]
    order = {
        "do": "compile",
        "task": problem.public.task({}, {}, "cuda"),
        "cases": [case_shapes(problem.public, case, mode) for case in asked],
        "targets": [asdict(target) for target in TARGETS],
        "depth": "ir",
    }
    try:
        with runner.child(program) as child:
            found = child.ask(order, SECONDS)
    except (Stopped, BadAnswer) as error:
        return _marked(cases, {at: f"Compiling it for a GPU failed: {error}" for at in right})
    if found.get("status") != "compiled":
        why = clean_text(found.get("detail")) or "it cannot be loaded"
        return _marked(cases, {at: f"Does not compile for a GPU: {why}" for at in right})
    try:
        told = _by_case(found.get("failures"), right)
    except (TypeError, IndexError, KeyError):  # the child's own words
        told = dict.fromkeys(right, "Compiling it for a GPU gave no answer.")
    return _marked(cases, told)


def _by_case(failures: Any, right: list[int]) -> dict[int, str]:
    """The first failure's sentence for each case that has one, by the case's position."""
    told: dict[int, str] = {}
    for raw in failures if isinstance(failures, list) else []:
        failure = Failure(**raw)
        for number in failure.cases:
            told.setdefault(right[number], clean_text(failure.sentence))
    return told


def _marked(cases: list[CaseVerdict], why: dict[int, str]) -> list[CaseVerdict]:
    change = {"status": "does not compile"}
    return [
        case.model_copy(update={**change, "detail": why[at]}) if at in why else case
        for at, case in enumerate(cases)
    ]
