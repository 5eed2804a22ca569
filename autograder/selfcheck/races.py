"""Which program of a launch stored what.

The interpreter runs programs one after another, a GPU runs them side by side: a result that depends
on their order is right here, and there by chance.
"""

from __future__ import annotations

from typing import Any

from .extents import Extent, rows_of

RACE = (
    "{what} of `{name}` that another program of this launch has stored. On a GPU programs run side"
    " by side, and which comes first is chance"
)


class Writers:
    """For each element that was stored in a launch, the program that stored it."""

    def __init__(self, numpy: Any):
        self._numpy = numpy
        self._marks: dict[Extent, Any] = {}  # int32 per element, 0: nobody
        self._programs: dict[tuple, int] = {}

    def clear(self) -> None:
        self._marks, self._programs = {}, {}

    def known(self, extent: Extent) -> bool:
        """Whether anything of a tensor was stored."""
        return extent in self._marks

    def by_others(self, extent: Extent, pointers, program: tuple):
        """Which of the addresses, all in this tensor, another program has stored."""
        marks = self._marks[extent][self._elements(extent, pointers)]
        return (marks != 0) & (marks != self._number(program))

    def note(self, extent: Extent, pointers, size: int, program: tuple) -> None:
        """That a program stores `size` bytes at each of the addresses."""
        if extent not in self._marks:
            count = (extent.high - extent.low) // extent.element
            self._marks[extent] = self._numpy.zeros(count, dtype=self._numpy.int32)
        first = self._elements(extent, pointers)
        for more in range(max(size // extent.element, 1)):
            self._marks[extent][first + more] = self._number(program)

    def _elements(self, extent: Extent, pointers):
        return (pointers - pointers.dtype.type(extent.low)) // extent.element

    def _number(self, program: tuple) -> int:
        return self._programs.setdefault(program, len(self._programs) + 1)


def race(verb: str, pointers, extent: Extent) -> str:
    """ "loads 4 rows of `w_ptr` that another program of this launch has stored. …" """
    return f"{verb} " + RACE.format(what=rows_of(pointers, extent), name=extent.name)
