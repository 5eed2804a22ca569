"""Inputs that cannot be known before a timed call: places in a memory far larger than they are."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import torch

from autograder.selfcheck.check import draw_inputs
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Params, Problem, Tensors

LINE = 64  # elements between two places: 128 bytes of 16-bit numbers, so every start is aligned
SMALLEST = 1 << 23  # elements per input: then even pairs of inputs are too many to prepare for
CACHES = 4  # the memory is this many times the GPU's L2 cache, so that the inputs are not in it

Starts = dict[str, int]  # for each input, the element at which it begins


@dataclass(frozen=True)
class Pool:
    """Many draws of a problem's inputs laid end to end, one stretch of memory per input.

    A call's inputs begin anywhere in it, each for itself. The process that is timed has the memory
    all along, but learns the places only when the clock runs: nothing needs to be sent then, no
    result can be ready before, and the cache is cold without a flush that one could leave out.
    """

    shapes: dict[str, tuple[int, ...]]
    memory: dict[str, torch.Tensor]

    @property
    def bytes_read(self) -> int:
        """The size of one call's inputs."""
        return sum(self.size(n) * x.element_size() for n, x in self.memory.items())

    def size(self, name: str) -> int:
        return torch.Size(self.shapes[name]).numel()

    def places(self, rng: random.Random, calls: int) -> list[Starts]:
        """Where the inputs of each call begin."""
        free = {n: (len(x) - self.size(n)) // LINE for n, x in self.memory.items()}
        return [{n: rng.randrange(f + 1) * LINE for n, f in free.items()} for _ in range(calls)]

    def inputs(self, starts: Starts) -> Tensors:
        """The inputs that begin there."""
        return {
            name: self.memory[name][at : at + self.size(name)].view(self.shapes[name])
            for name, at in starts.items()
        }

    def as_task(self, rng: random.Random, warmup: int) -> dict[str, Any]:
        """What the worker needs to know about it, with places to warm up on."""
        return {"shapes": self.shapes, "warm": self.places(rng, warmup)}


def draw_pool(problem: Problem, params: Params, mode: Mode, seed: int) -> Pool:
    """Draw inputs until every input's memory is large enough."""
    first = draw_inputs(problem, Case("timing", params, seed), mode)
    whole = sum(x.numel() * x.element_size() for x in first.values())
    draws = max(4, -(-CACHES * _cache_bytes(mode) // whole))
    wanted = {n: max(draws * x.numel(), SMALLEST) for n, x in first.items()}
    parts: dict[str, list[torch.Tensor]] = {n: [x.flatten()] for n, x in first.items()}
    for number in range(1, max(-(-wanted[n] // x.numel()) for n, x in first.items())):
        more = draw_inputs(problem, Case("timing", params, seed + number), mode)
        for name, x in more.items():
            if len(parts[name]) * x.numel() < wanted[name]:
                parts[name].append(x.flatten())
    shapes = {name: tuple(x.shape) for name, x in first.items()}
    return Pool(shapes, {name: torch.cat(stretch) for name, stretch in parts.items()})


def _cache_bytes(mode: Mode) -> int:
    if not mode.on_gpu:
        return 0
    return getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0) or 64 << 20
