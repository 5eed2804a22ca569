"""Regions by their markers, in any number of cells: split over some, or there several times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..selfcheck.regions import MARKER
from .region_text import LARGEST, parses, plain

PIECES = 10  # a region is looked for in no more cells than this


def marker_in(line: str) -> tuple[str, str] | None:
    """("START" or "END", region id) of a marker's line."""
    if "IMPLEMENTATION" not in line or len(line) > 400:
        return None
    found = MARKER.match(plain(line))
    return found and ("START" if found["verb"] == "STARTS" else "END", found["id"])


@dataclass(frozen=True)
class Copy:
    """One copy of a region's text, from between its markers. `split` over how many more cells."""

    region: str
    text: str
    split: bool = False


@dataclass
class Marked:
    """The copies that were found, in order, and the regions of which a marker has no partner."""

    copies: list[Copy] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)


def by_markers(sources: Sequence[str]) -> Marked:
    """What the markers of these cells say."""
    found = Marked()
    opened: str | None = None
    pieces: list[str] = []
    for source in sources:
        begin = 0
        for mark, id, start, end in _marks(source):
            if mark == "END" and id == opened:
                text = _joined([*pieces, source[begin : max(begin, start - 1)]])
                found.copies.append(Copy(id, text, bool(pieces)))
            elif mark == "END" or opened:
                found.loose.add(opened or id)
            opened, begin, pieces = (id if mark == "START" else None), end, []
        if opened:
            pieces.append(source[begin:])
            if len(pieces) > PIECES or sum(map(len, pieces)) > 2 * LARGEST:
                found.loose.add(opened)
                opened, pieces = None, []
    if opened:
        found.loose.add(opened)
    return found


def _marks(source: str) -> Iterator[tuple[str, str, int, int]]:
    """Every marker of a source: START or END, id, where its line begins, where the next does."""
    at = 0
    while (at := source.find("IMPLEMENTATION", at)) >= 0:
        start = source.rfind("\n", max(0, at - 400), at) + 1
        end = source.find("\n", at)
        end = len(source) if end < 0 else end
        marker = marker_in(source[start:end]) if start or at < 400 else None
        if marker:
            yield *marker, start, end + 1
        at = end


def _joined(pieces: list[str]) -> str:
    """The pieces of a region as one text: whole lines, or a line that was split in the middle."""
    whole = "\n".join(pieces)
    if len(pieces) > 1 and not parses(whole):
        for text in ("".join(pieces), "\n".join((pieces[0], pieces[-1]))):
            if parses(text):
                return text
    return whole
