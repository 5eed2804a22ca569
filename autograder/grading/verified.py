"""Is every output of a timed call right?"""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from autograder.grading.draws import Draws
from autograder.sandbox.inside.cuts import Starts
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import judge
from autograder.selfcheck.problem import Case, Problem, Tensors

GROUP = 2048  # elements of an output that two numbers of its sketch sum up
FARTHER = 4.0  # times as far from the solution as the calls that were held against float64
NEAR = 0.05  # of a sketch's usual size: more than rounding makes, and less than work left out
JUDGE_SECONDS = 0.3  # after which no further call is held against float64

Forms = dict[str, tuple[torch.dtype, tuple[int, ...]]]


def sketch_forms(forms: Forms, calls: int) -> Forms:
    """The sketches that come back for outputs of these forms."""
    sizes = {name: torch.Size(shape).numel() for name, (_, shape) in forms.items()}
    return {
        f"sketch of {name}": (torch.float32, (calls, -(-size // GROUP), 2))
        for name, size in sizes.items()
    }


def stacked_forms(forms: Forms, calls: int) -> Forms:
    """The forms of the outputs of several calls."""
    return {name: (dtype, (calls, *shape)) for name, (dtype, shape) in forms.items()}


def wrong_kept(
    problem: Problem,
    case: Case,
    draws: Draws,
    kept: Sequence[Starts],
    answer: Tensors,
    mode: Mode,
    references: Sequence[Tensors],
    seconds: float = JUDGE_SECONDS,
) -> tuple[str, int]:
    """Hold the calls that were kept whole against float64, as many as there is time for: what is
    wrong, empty if nothing, and how many were found right.

    `references` holds the reference of the first ones, where it is known already.
    """
    start, right = time.monotonic(), 0
    for number, starts in enumerate(kept):
        if number and time.monotonic() - start >= seconds:
            break
        inputs = draws.inputs(starts)
        outputs = {o.name: answer[o.name][number].to(mode.device) for o in problem.call.outputs}
        known = references[number] if number < len(references) else None
        row = judge(problem, case, inputs, outputs, mode, known)
        if row.status != "passed":
            return f"A timed call gave a wrong answer. {row.detail}", right
        right += 1
    return "", right


def wrong_sketches(own: Tensors, base: Tensors, right: Sequence[int]) -> str:
    """What is wrong with all other calls: they must be about as near to the solution's outputs on
    the same inputs as the `right` ones, which were held against float64. Empty if nothing.

    own, base: sketches of every output, (calls, groups, 2), call by call on the same inputs.
    """
    for name, x in own.items():
        y = base[name]
        scale = y.square().mean(0).sqrt().clamp_min(torch.finfo(torch.float32).tiny)  # (groups, 2)
        far = ((x - y).abs() / scale).amax((1, 2))  # (calls,)
        allowed = max(NEAR, FARTHER * float(far[list(right)].max()))
        wrong = torch.nonzero(~(far <= allowed)).flatten().tolist()  # NaN is not near
        if wrong:
            return (
                f"{len(wrong)} of {len(x)} timed calls gave another answer than the rest: the "
                f"first is call {wrong[0] + 1}."
            )
    return ""
