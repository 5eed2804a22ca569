"""Is every output of a timed block right?"""

from __future__ import annotations

import random

import torch

from autograder.grading.clock import Block, NotTimed
from autograder.grading.pool import Pool
from autograder.sandbox.timed import seal
from autograder.selfcheck.check import judge
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Problem, Tensors

JUDGED = 20  # calls of a block that are held against float64 whatever they look like
FARTHER = 2.0  # than these from the solution's outputs: such a call is held against float64 too


def verify(
    problem: Problem,
    case: Case,
    pool: Pool,
    block: Block,
    answer: Tensors,
    solved: Tensors,
    mode: Mode,
    rng: random.Random,
) -> None:
    """Every output must be the one that was sealed, and right. Raises NotTimed otherwise.

    `answer` and `solved` hold the student's and the solution's outputs, (calls, ...) each. The rule
    in float64 takes a hundred times as long as a call, so it is applied to calls drawn now, when
    nothing can be changed any more, and to every call that is farther from the solution than these.
    """
    if seal(answer) != block.seal:
        text = "The outputs are not those that were there when the clock stopped."
        raise NotTimed(text, "wrong answer")
    calls = len(block.places)
    drawn = rng.sample(range(calls), min(JUDGED, calls))
    rest = farther(answer, solved, drawn) - set(drawn)
    for number in [*drawn, *sorted(rest)]:
        outputs = {name: x[number] for name, x in answer.items()}
        row = judge(problem, case, pool.inputs(block.places[number]), outputs, mode)
        if row.status != "passed":
            text = f"Timed call {number + 1} of {calls} gave a wrong answer. {row.detail}"
            raise NotTimed(text, "wrong answer")


def farther(answer: Tensors, solved: Tensors, drawn: list[int]) -> set[int]:
    """The calls with an element farther from the solution's than any of the drawn calls has."""
    found: set[int] = set()
    for name, x in answer.items():
        distance = torch.stack(  # call by call: together they would take much memory
            [
                (a.float() - b.float()).abs().max()
                for a, b in zip(x, solved[name].to(x.device), strict=True)
            ]
        )
        near = distance <= FARTHER * distance[drawn].max()  # NaN is not near
        found |= set(torch.nonzero(~near).flatten().tolist())
    return found
