"""Find the regions that belong to the student. Strict: what is nearly a marker stops the build."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..selfcheck.regions import END, MARK, START
from .cells import BuildError, Where, where

_MARKER = re.compile(
    rf"(?P<indent>[ \t]*)# --- {MARK} (?P<verb>STARTS|ENDS) HERE "
    r"\((?P<id>(?P<problem>[a-z][a-z0-9]*)\.(?P<number>[1-9]\d*))\) ---"
)
# Anything an author may have meant as a marker. A typing slip in "implementation" is caught by the
# second form.
_MEANT = re.compile(r"student[\s_-]*implementation|#\W*---.*\b(starts?|ends?)\s+here\b", re.I)


class MarkerError(BuildError):
    """A marker is missing, misplaced or misspelt."""


@dataclass(frozen=True)
class Region:
    """One region: its tag, the line indices (from 0) of its two markers, the markers' indent."""

    id: str
    start: int
    end: int
    indent: str


def find_regions(source: str, problem: str, place: Where, first: int = 1) -> list[Region]:
    """The regions of one cell, numbered on from `first`; raises MarkerError quoting the line."""
    regions: list[Region] = []
    opened: tuple[int, re.Match[str]] | None = None
    lines = source.split("\n")
    for index, line in enumerate(lines):
        match = _read_marker(line, problem, place, index)
        if match is None:
            continue
        if match["verb"] == "STARTS":
            if opened is not None:
                raise _error(place, index, line, _nested(opened[1]["id"]))
            _check_number(match, first + len(regions), place, index)
            opened = (index, match)
            continue
        if opened is None:
            start = START.format(id=match["id"])
            raise _error(place, index, line, f"No region is open here. Add {start!r} above")
        regions.append(_close(opened, index, match, place))
        opened = None
    if opened is not None:
        index, match = opened
        end = END.format(id=match["id"])
        raise _error(place, index, lines[index], f"This region never ends. Add {end!r} below it")
    return regions


def scan_notebook(nb, problem: str, file: str) -> dict[int, list[Region]]:
    """The regions of every cell that has some, by cell index; raises MarkerError."""
    found: dict[int, list[Region]] = {}
    count = 0
    for index, cell in enumerate(nb.cells):
        place = where(file, index, cell)
        if cell.cell_type != "code":
            _refuse_in_prose(cell.source, place)
            continue
        regions = find_regions(cell.source, problem, place, first=count + 1)
        if regions:
            found[index] = regions
            count += len(regions)
    return found


def _read_marker(line: str, problem: str, place: Where, index: int) -> re.Match[str] | None:
    match = _MARKER.fullmatch(line.rstrip())
    if match is None:
        if _MEANT.search(line):
            form = END if re.search(r"\bends?\b", line, re.I) else START
            wanted = form.format(id=f"{problem}.1")
            advice = f"Not a proper marker. Write it exactly so, alone on its line: {wanted!r}"
            raise _error(place, index, line, advice)
        return None
    if match["problem"] != problem:
        advice = f"This notebook is {problem}, as its file name says. Write ({problem}.N) here"
        raise _error(place, index, line, advice)
    return match


def _check_number(match: re.Match[str], expected: int, place: Where, index: int) -> None:
    if int(match["number"]) != expected:
        wanted = f"{match['problem']}.{expected}"
        advice = f"Regions are numbered 1, 2, 3 … down the notebook. Write ({wanted}) here"
        raise _error(place, index, match.string, advice)


def _close(
    opened: tuple[int, re.Match[str]], end: int, match: re.Match[str], place: Where
) -> Region:
    start, begin = opened
    if match["id"] != begin["id"]:
        advice = f"The region open here is ({begin['id']}), begun on line {start + 1}. Use its tag"
        raise _error(place, end, match.string, advice)
    if match["indent"] != begin["indent"]:
        advice = f"Indent this marker like its partner on line {start + 1}"
        raise _error(place, end, match.string, advice)
    return Region(match["id"], start, end, match["indent"])


def _refuse_in_prose(source: str, place: Where) -> None:
    for index, line in enumerate(source.split("\n")):
        if _MARKER.fullmatch(line.rstrip()):
            advice = "A marker in a cell that is not code. Make this a code cell, or reword it"
            raise _error(place, index, line, advice)


def _nested(tag: str) -> str:
    return f"Region ({tag}) is still open. End it before another starts: regions do not nest"


def _error(place: Where, index: int, line: str, advice: str) -> MarkerError:
    return MarkerError(f"{place.line(index + 1, line)}{advice}.")
