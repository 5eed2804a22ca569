"""Regions by their markers, in any number of cells: split over some, or there several times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..selfcheck.regions import MARKER, restarted
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
    starts: int = 1  # START markers it had


@dataclass
class Marked:
    """The copies that were found, in order, and the regions of which a marker has no partner."""

    copies: list[Copy] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)


@dataclass
class Opened:
    """A region of which START was seen: its `pieces` so far, by cell, and what stood `before` the
    last of several START markers.
    """

    id: str
    before: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def closed(self, last: str, source: str) -> Copy:
        """The copy that ends with this piece of this cell."""
        text = restarted([*self.before, _joined([*self.pieces, last])])
        return Copy(self.id, text, source, bool(self.pieces), len(self.before) + 1)

    def restart(self, last: str) -> None:
        """Another START of the same region comes behind this piece."""
        self.before.append(_joined([*self.pieces, last]))
        self.pieces = []


def by_markers(sources: Sequence[str]) -> Marked:
    """What the markers of these cells say."""
    found = Marked()
    opened: Opened | None = None
    for source in sources:
        begin = 0
        for mark, id, start, end in marks(source):
            piece = source[begin : max(begin, start - 1)]
            begin = end
            if opened and opened.id == id and mark == "START":
                opened.restart(piece)
                continue
            if opened and opened.id == id:
                found.copies.append(opened.closed(piece, source))
            elif mark == "END" or opened:
                found.loose.add(opened.id if opened else id)
            opened = Opened(id) if mark == "START" else None
        if opened:
            opened.pieces.append(source[begin:])
            if len(opened.pieces) > PIECES or sum(map(len, opened.pieces)) > 2 * LARGEST:
                found.loose.add(opened.id)
                opened = None
    if opened:
        found.loose.add(opened.id)
    return found


def marks(source: str) -> Iterator[tuple[str, str, int, int]]:
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
