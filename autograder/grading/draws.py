"""Inputs for timed calls: cut anywhere out of a memory that is larger than they are."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from autograder.sandbox.inside.cuts import Starts, cut
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import draw_inputs
from autograder.selfcheck.problem import Case, Params, Problem, Tensors

LINE = 64  # elements between two places: 128 bytes of 16-bit numbers, so every start is aligned
DRAWS = 2  # of each input, laid end to end


@dataclass(frozen=True)
class Draws:
    """Several draws of a problem's inputs laid end to end, one stretch of memory per input.

    A call's inputs begin anywhere in it, each for itself: the memory is sent once, and still every
    call has inputs that none had before.
    """

    shapes: dict[str, tuple[int, ...]]
    memory: dict[str, torch.Tensor]

    @property
    def bytes_read(self) -> int:
        """The size of one call's inputs."""
        sizes = {name: torch.Size(shape).numel() for name, shape in self.shapes.items()}
        return sum(sizes[name] * x.element_size() for name, x in self.memory.items())

    def places(self, rng: random.Random, calls: int) -> list[Starts]:
        """Where the inputs of each call begin."""
        sizes = {name: torch.Size(shape).numel() for name, shape in self.shapes.items()}
        free = {name: (len(x) - sizes[name]) // LINE for name, x in self.memory.items()}
        return [{n: rng.randrange(f + 1) * LINE for n, f in free.items()} for _ in range(calls)]

    def inputs(self, starts: Starts) -> Tensors:
        """The inputs that begin there."""
        return cut(self.memory, self.shapes, starts)


def draw(problem: Problem, params: Params, mode: Mode, seed: int) -> Draws:
    """Draw the inputs of a timed case."""
    drawn = [
        draw_inputs(problem, Case("timing", params, seed + number), mode) for number in range(DRAWS)
    ]
    shapes = {name: tuple(x.shape) for name, x in drawn[0].items()}
    memory = {name: torch.cat([one[name].flatten() for one in drawn]) for name in shapes}
    return Draws(shapes, memory)
