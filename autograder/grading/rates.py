"""What this GPU can do, measured: the floor below which no time is believed."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from autograder.grading.belief import Rates


def card_rates(size: int = 1 << 28, side: int = 4096, repeats: int = 10) -> Rates:
    """What this card can do, measured: a copy of `size` bytes, a product of `side`² matrices."""
    source, target = (torch.empty(size, dtype=torch.uint8, device="cuda") for _ in range(2))
    dtype = torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16
    a, b = (torch.randn(side, side, device="cuda", dtype=dtype) for _ in range(2))
    copying = _best_ms(lambda: target.copy_(source), repeats)
    product = _best_ms(lambda: a @ b, repeats)
    return Rates(2 * size / copying, 2 * side**3 / product)


def _best_ms(function: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs, in milliseconds."""
    times = []
    for _ in range(repeats + 2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)
