"""Regions whose markers are gone: found by laying a student's code beside the released cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from ..selfcheck.regions import read_markers
from .markers import marker_in
from .region_text import plain

LONGEST = 5000  # lines that are laid beside the released ones
NEAR = 12  # given lines on each side of a region, of which half must be found again
BROKEN_MARKER = re.compile(r"\s*(?:#.{0,12}|\W{0,8})STUDENT.IMPLEM", re.IGNORECASE)
LINE = 400  # characters of a line that count


def key(line: str) -> str:
    """What makes two lines the same: not their indentation, nor how a marker is typed."""
    text = plain(line[:LINE])
    marker = marker_in(text)
    return f"{marker[0]} {marker[1]}" if marker else " ".join(text.split())


@dataclass(frozen=True)
class Lines:
    """A source's lines that say something: `keys`, and `at`, where each stands in the source."""

    source: list[str]
    keys: list[str]
    at: list[int]

    @classmethod
    def of(cls, source: str) -> Lines:
        lines = source.split("\n")
        found = [(k, i) for i, line in enumerate(lines) if (k := key(line))]
        return cls(lines, [k for k, _ in found], [i for _, i in found])


class Released:
    """A released cell, ready to be laid beside others."""

    def __init__(self, source: str) -> None:
        self.lines = Lines.of(source)
        self.spans = read_markers(source).spans

    @cached_property
    def telling(self) -> set[str]:
        """The lines by which the cell is known; a bracket alone tells nothing."""
        return {k for k, given in zip(self.lines.keys, self.given, strict=True) if given} - {
            k for k in self.lines.keys if len(k) < 10
        }

    @cached_property
    def given(self) -> list[bool]:
        """Whether each line is given code, and no marker."""
        return [
            not any(start <= i <= end for start, end in self.spans.values()) for i in self.lines.at
        ]

    def likeness(self, keys: Iterable[str]) -> int:
        """How many of the telling lines are among these."""
        return len(self.telling.intersection(keys))

    def regions_in(self, source: str) -> dict[str, str]:
        """The texts of the regions that can be told from the given code around them."""
        mine = Lines.of(source)
        if not 0 < len(mine.keys) <= LONGEST:
            return {}
        matcher = SequenceMatcher(None, self.lines.keys, mine.keys, autojunk=False)
        match = {
            block.a + i: block.b + i
            for block in matcher.get_matching_blocks()
            for i in range(block.size)
        }
        found = ((id, self._text(id, match, mine)) for id in self.spans)
        return {id: text for id, text in found if text is not None}

    def _text(self, id: str, match: dict[int, int], mine: Lines) -> str | None:
        """The student's lines of one region, or None where its borders cannot be told."""
        first = self.lines.at.index(self.spans[id][0])
        last = self.lines.at.index(self.spans[id][1])
        if not self._is_near(first, last, match):
            return None
        before = self._border(first, -1, match)
        after = self._border(last, +1, match)
        if before is None or after is None:
            return None
        begin = mine.at[before] + 1 if before >= 0 else 0
        end = mine.at[after] if after < len(mine.at) else len(mine.source)
        lines = mine.source[begin:end]
        if first not in match:  # the blank lines above the lost marker are not the student's
            for _ in range(self._blank_above(first)):
                lines = lines[1:] if lines and not lines[0].strip() else lines
        kept = [line for line in lines if not BROKEN_MARKER.match(line)]
        return "\n".join(kept) if begin <= end else None

    def _is_near(self, first: int, last: int, match: dict[int, int]) -> bool:
        """Whether enough of the given code around the region is there."""
        around = [*range(max(0, first - NEAR), first), *range(last + 1, last + 1 + NEAR)]
        around = [i for i in around if i < len(self.given) and self.given[i]]
        return bool(around) and 2 * sum(i in match for i in around) >= len(around)

    def _border(self, at: int, step: int, match: dict[int, int]) -> int | None:
        """The student's line (among those that say something) just outside the region.

        It is the marker's, else the given line's next to it; comments may be missing. Where another
        region comes next, the first of its comments that is left is the border.
        """
        keys = self.lines.keys
        while at not in match:
            at += step
            if not 0 <= at < len(keys):
                return -1 if step < 0 else 10**9
            if at in match:
                break
            if keys[at].split(" ")[0] in ("START", "END"):
                return self._step_of_neighbour(at, step, match)
            if not keys[at].startswith("#"):
                return None
        return match[at]

    def _step_of_neighbour(self, at: int, step: int, match: dict[int, int]) -> int | None:
        """The border to a neighbouring region without a marker left between the two."""
        if step > 0:  # the next region begins with the first of its comments
            return match.get(at + 1)
        inside = at + 2 if at + 2 < len(self.lines.keys) else at
        return None if inside not in match else match[inside] - 1

    def _blank_above(self, first: int) -> int:
        line, count = self.lines.at[first] - 1, 0
        while line >= 0 and not self.lines.source[line].strip():
            line, count = line - 1, count + 1
        return count
