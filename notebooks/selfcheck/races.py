"""Which program of a launch stored what, and which updated what atomically.

The interpreter runs programs one after another, a GPU runs them side by side: a result that depends
on their order is right here, and there by chance. Storing the same value is no race, nor are atomic
updates by several; a mixture of what the programs do to one element is.
"""

from __future__ import annotations

from typing import Any

from .extents import Extent, rows_of

RACE = (
    "{what} of `{name}` that another program of this launch has {done}. On a GPU programs run side"
    " by side, and which comes first is chance"
)
STORED, UPDATED = "stored", "updated"


class Writers:
    """For each element that was written in a launch, the program that wrote it last."""

    def __init__(self, numpy: Any):
        self._numpy = numpy
        # int32 per element, 0: nobody; negative: others have written it before
        self._marks: dict[tuple[Extent, str], Any] = {}
        self._programs: dict[tuple, int] = {}

    def clear(self) -> None:
        self._marks, self._programs = {}, {}

    def by_others(
        self, extent: Extent, pointers, done: str, program: tuple, even_before: bool = True
    ):
        """Those of the addresses, all in this tensor, that another program has "stored" or
        "updated" last; or, with `even_before`, at any time.
        """
        if (extent, done) not in self._marks:
            return pointers[:0]
        marks = self._marks[extent, done][self._elements(extent, pointers)]
        writer = marks if even_before else abs(marks)
        return pointers[(marks != 0) & (writer != self._number(program))]

    def note(self, extent: Extent, pointers, done: str, size: int, program: tuple) -> None:
        """That a program has written `size` bytes at each of the addresses."""
        if (extent, done) not in self._marks:
            count = (extent.high - extent.low) // extent.element
            self._marks[extent, done] = self._numpy.zeros(count, dtype=self._numpy.int32)
        marks, number = self._marks[extent, done], self._number(program)
        first = self._elements(extent, pointers)
        for more in range(max(size // extent.element, 1)):
            before = marks[first + more]
            alone = (before == 0) | (before == number)
            marks[first + more] = self._numpy.where(alone, number, -number)

    def _elements(self, extent: Extent, pointers):
        return (pointers - pointers.dtype.type(extent.low)) // extent.element

    def _number(self, program: tuple) -> int:
        return self._programs.setdefault(program, len(self._programs) + 1)


def race(verb: str, pointers, extent: Extent, done: str) -> str:
    """ "loads 4 rows of `w_ptr` that another program of this launch has stored. …" """
    return f"{verb} " + RACE.format(what=rows_of(pointers, extent), name=extent.name, done=done)
