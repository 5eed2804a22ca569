"""Regions by their markers, in any number of cells: split over some, or there several times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..selfcheck.regions import MARKER
from .region_text import LARGEST, parses, plain

# How a line may begin that stands at the margin, or does not: nothing was cut in two there.
AT_MARGIN = re.compile(
    r"\s\s|\t|\Z|[#@%!]|(?:def|class|import|from|if|for|with|while|try|print)\b|\w+ ="
)
PIECES = 10  # a region is looked for in no more cells than this


def marker_in(line: str) -> tuple[str, str] | None:
    """("START" or "END", region id) of a marker's line."""
    if "IMPLEMENTATION" not in line or len(line) > 400:
        return None
    found = MARKER.match(plain(line))
    return found and ("START" if found["verb"] == "STARTS" else "END", found["id"])


@dataclass(frozen=True)
class Copy:
    """One copy of a region's text, and the source of the cell in which it ends."""

    region: str
    text: str
    source: str
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
                found.copies.append(Copy(id, text, source, bool(pieces)))
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
    """The pieces of a region as one text; what stands between the first and the last may be no
    part of it.
    """
    whole = glued(pieces)
    if len(pieces) > 2 and not parses(whole) and parses(ends := glued([pieces[0], pieces[-1]])):
        return ends
    return whole


def glued(pieces: Sequence[str]) -> str:
    """Pieces of a cell as one text. A cell may have been split inside a line: then the next piece
    begins at the margin, in the middle of something.
    """
    whole = pieces[0].removesuffix("\n")
    for piece in pieces[1:]:
        piece = piece.removesuffix("\n")
        last, first = whole.rpartition("\n")[2], piece.partition("\n")[0]
        inside = last[:1] in (" ", "\t") and last.strip() and AT_MARGIN.match(first) is None
        whole += ("" if inside else "\n") + piece
    return whole
