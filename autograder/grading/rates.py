"""What a GPU can do at best, measured: the floor below which no time is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from autograder.selfcheck.device import Mode

MARGIN = 0.8  # of the floor: the card's rates are measured, and reading outruns copying a little
COPIED = 1 << 28  # bytes
SIDE = 4096  # of the square matrices that are multiplied
CALLS = 10


@dataclass(frozen=True)
class Rates:
    """What this card was seen to do: bytes copied and floating-point operations, per millisecond.

    A copied byte counts twice, once read and once written.
    """

    bytes_per_ms: float
    flops_per_ms: float


def order_rates(mode: Mode) -> dict[str, Any]:
    """The order to the child that measures them."""
    low = torch.float16 if mode.dtype == torch.float32 else mode.dtype
    sizes = {"bytes": COPIED, "side": SIDE, "calls": CALLS}
    return {"do": "time", "what": "rates", "dtype": str(low).removeprefix("torch."), **sizes}


def read_rates(status: dict[str, Any]) -> Rates:
    """The rates in the child's answer."""
    copying, product = (max(float(status[name]), 1e-6) for name in ("copy_ms", "product_ms"))
    return Rates(2 * COPIED / copying, 2 * SIDE**3 / product)


def floor_ms(size: float, flops: float, rates: Rates) -> float:
    """The least time a call can take that reads and writes `size` bytes and needs `flops`."""
    return MARGIN * max(size / rates.bytes_per_ms, flops / rates.flops_per_ms)
