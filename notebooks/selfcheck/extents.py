"""The memory of a kernel's arguments, and words for an access beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

NEAR = 1 << 20  # bytes; farther from every tensor, an address belongs to none


@dataclass(frozen=True, eq=False)
class Extent:
    """The bytes of one tensor argument: addresses from `low` up to `high`.

    `members` marks, for a view with gaps, which elements from `low` on are its own.
    """

    name: str
    shape: tuple[int, ...]
    low: int
    high: int
    element: int  # bytes
    row: int  # bytes from one row to the next; 0: it has no rows
    members: Any  # numpy, bool; None: all

    def holds(self, addresses, size: int):
        """Which of the addresses, of `size` bytes each, lie wholly in this tensor."""
        first = addresses - addresses.dtype.type(self.low)  # unsigned: below `low` is far above
        last = first + addresses.dtype.type(size - 1)
        held = (first <= last) & (last < self.high - self.low)
        if self.members is not None:
            for end in (first, last):
                held[held] = self.members[end[held] // self.element]
        return held


def extents(name: str, value: Any) -> list[Extent]:
    """The memory of an argument: a tensor's, a descriptor's, that of a tuple of such, or none."""
    if isinstance(value, tuple):
        return [e for part in value for e in extents(name, part)]
    tensor = getattr(value, "base", value)  # descriptors and reinterpreted tensors have one
    if not isinstance(tensor, torch.Tensor) or not tensor.numel():
        return []
    shape, strides, element = tuple(tensor.shape), tensor.stride(), tensor.element_size()
    span = 1 + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    members = None if tensor.is_contiguous() else _members(shape, strides, span)
    rows = len(shape) > 1 and shape[-1] > 1 and strides[-2] >= shape[-1] * strides[-1]
    row = strides[-2] * element if rows else 0
    low = tensor.data_ptr()
    return [Extent(name, shape, low, low + span * element, element, row, members)]


@lru_cache(maxsize=64)
def _members(shape: tuple[int, ...], strides: tuple[int, ...], span: int) -> Any:
    """Which elements of the span belong to a view; None: all of them."""
    table = torch.zeros(span, dtype=torch.bool)
    table.as_strided(shape, strides).fill_(True)
    return None if bool(table.all()) else table.numpy()


def describe(pointers, stray, size: int, known: list[Extent]) -> str:
    """What an access touches beside its tensors: "16 rows past the end of `o_ptr`, …".

    `pointers` are the addresses of the access, `stray` those of them that no tensor holds.
    """
    near = _nearest(pointers, stray, size, known)
    if near is None:
        return f"{_count(stray.size)} at addresses that belong to no tensor"
    owner = f"`{near.name}`, which has the shape {near.shape}"
    past, before = stray[stray + stray.dtype.type(size) > near.high], stray[stray < near.low]
    if past.size >= max(before.size, 1):
        return f"{rows_of(past, near)} past the end of {owner}"
    if before.size:
        return f"{rows_of(before, near)} before the beginning of {owner}"
    return f"{_count(stray.size)} between the elements of {owner}: look at its strides"


def _nearest(pointers, stray, size: int, known: list[Extent]) -> Extent | None:
    """The tensor that was meant: the one that most lanes hit, else the one close by."""
    best = max(known, key=lambda extent: extent.holds(pointers, size).sum(), default=None)
    if best is None or best.holds(pointers, size).any():
        return best
    low, high = int(stray.min()), int(stray.max())
    best = min(known, key=lambda extent: max(extent.low - high, low - extent.high))
    return best if max(best.low - high, low - best.high) <= NEAR else None


def rows_of(stray, extent: Extent) -> str:
    """How many rows, or elements where there are no rows, the addresses touch."""
    if not extent.row:
        return _count(stray.size)
    rows = len({(int(address) - extent.low) // extent.row for address in stray})
    return f"{rows} row{'s' * (rows != 1)}"


def _count(n: int) -> str:
    return f"{n} element{'s' * (n != 1)}"
