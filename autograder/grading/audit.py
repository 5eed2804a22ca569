"""Does an answer come from where it should? The policy reads the code; this looks at what it did.

Right answers are asked twice: while PyTorch's operations are counted, and with the kernels switched
off. The child makes the counts, so a hostile submission may fake them: they are believed only where
they speak against it.
"""

from __future__ import annotations

from typing import Any

import torch

from autograder.grading.calls import fetch, make_task
from autograder.grading.child import Child, Stopped, clean_text
from autograder.grading.turns import shared_turn
from autograder.grading.verdict import CaseVerdict
from autograder.registry import GradedProblem
from autograder.sandbox.exchange import BadAnswer
from autograder.selfcheck.check import draw_inputs, judge
from autograder.selfcheck.device import Mode
from autograder.selfcheck.policy import Policy
from autograder.selfcheck.policy_scan import policy_of
from autograder.selfcheck.problem import Case, Problem, Tensors

NOT_THEIRS = "the answer is right also when none of your kernels runs, so it is not theirs"
LARGE = (
    "scores were held all at once, not one tile at a time: one tensor had {} elements, and {} are "
    "allowed at this size"
)
FEW = 1000  # elements that any code may handle
TAKEN = 0.25  # of the inputs' elements may be read out of PyTorch beside a kernel


def objection(
    problem: Problem, case: Case, inputs: Tensors, seen: dict[str, Any], child: Child, mode: Mode
) -> str:
    """Why a right answer cannot count, or "". `seen` is what the child counted."""
    policy = policy_of(problem)
    why = too_much_work(policy, sum(x.numel() for x in inputs.values()), seen)
    if not why and policy.needs_kernel and _right_without_kernels(problem, case, child, mode):
        return NOT_THEIRS
    return why


def too_much_work(policy: Policy, elements: int, seen: dict[str, Any]) -> str:
    """What PyTorch did in a call that the problem asks not to leave to it, or ""."""
    if ready_made := clean_text(seen.get("ready_made"), 60):
        return f"PyTorch's ready-made attention was called ({ready_made})"
    if not policy.needs_kernel:
        return ""
    if (work := _count(seen, "work")) > policy.work * elements + FEW:
        return (
            f"PyTorch computed outside your kernels: its operations handled {work} elements, for "
            f"inputs of {elements}"
        )
    if (taken := _count(seen, "taken")) > TAKEN * elements + FEW:
        return f"{taken} elements were read out of PyTorch, for inputs of {elements}"
    return ""


def _count(seen: dict[str, Any], key: str) -> int:
    """A number that the child counted; 0 if it is none."""
    return seen[key] if type(seen.get(key)) is int else 0


def _right_without_kernels(problem: Problem, case: Case, child: Child, mode: Mode) -> bool:
    """Whether the answer to fresh inputs is right although every launch of a kernel does nothing.

    An honest entry point then returns the NaN that uninitialised memory is filled with.
    """
    other = Case(case.name, case.params, case.seed + 1)
    inputs = draw_inputs(problem, other, mode)
    task = make_task(problem, case.params, inputs, mode) | {"watch": False, "no_launch": True}
    try:
        token = child.send(task, inputs)
        if child.request("run_case", token, child.times.case).get("status") != "answered":
            return False
        reference = problem.reference(inputs, case.params)
        outputs, _ = fetch(problem, case, child, token, inputs, reference)
        child.forget(token)
    except (Stopped, BadAnswer):
        return False
    if not all(torch.isfinite(x).all() for x in outputs.values()):
        return False
    outputs = {name: x.to(mode.device) for name, x in outputs.items()}
    return judge(problem, other, inputs, outputs, mode, reference).status == "passed"


def violation(
    problem: GradedProblem, cases: list[CaseVerdict], child: Child, mode: Mode, seed: int
) -> str:
    """Why none of the answers can count, or "": one that is not the student's own is enough."""
    for case in cases:
        if case.status == "policy violation":
            return case.detail
    if problem.memory is None or not any(case.status == "passed" for case in cases):
        return ""
    case = Case("memory", problem.memory.params, seed)
    inputs = draw_inputs(problem.public, case, mode)
    try:
        with shared_turn():
            token = child.send(make_task(problem.public, case.params, inputs, mode), inputs)
            seen = child.request("run_case", token, child.times.case)
        child.forget(token)
    except Stopped:
        return ""
    largest = _count(seen, "largest")
    if largest > problem.memory.largest:
        return LARGE.format(largest, problem.memory.largest)
    return ""
