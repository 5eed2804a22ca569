"""Small tables as pictures: squares in SVG, in the colour of the page's text, or digits."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

SIDE, WIDE = 16, 64  # squares of a table along and across, at most; columns of one with few rows
SQUARE = 9  # pixels
FAINT = 2e-3  # a difference of weights that is left white


@dataclass(frozen=True)
class Picture:
    """Tables side by side. Each row is a word of digits, 0 for nothing to 9 for all. `sentence`
    reads the picture; every `tick` columns there is a tick below.
    """

    sentence: str
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    tick: float = 0

    @property
    def filled(self) -> float:
        """The share of the first table that is not empty."""
        marks = "".join(self.tables[0][1])
        return 1 - marks.count("0") / len(marks)

    def text(self) -> list[str]:
        """The sentence, and the tables for a terminal."""
        lines = ["   ".join(label.ljust(len(rows[0])) for label, rows in self.tables)]
        lines += map("   ".join, zip(*(rows for _, rows in self.tables), strict=True))
        return [self.sentence, *(f"  {line}" for line in lines)]

    def html(self) -> str:
        """The tables as one SVG, the sentence below it."""
        parts, left = [], 0.0
        for label, rows in self.tables:
            parts.append(f"<text x='{left}' y='10'>{html.escape(label)}</text>")
            parts += [f"<g transform='translate({left},16)'>{self._squares(rows)}</g>"]
            left += max(len(rows[0]) * SQUARE, 7 * len(label)) + 16
        height = 24 + SQUARE * len(self.tables[0][1])
        said = html.escape(self.sentence)
        return (
            f"<svg role='img' aria-label='{said}' width='{left}'"
            f" height='{height}' viewBox='0 0 {left} {height}' font-size='11' fill='currentColor'"
            f" style='max-width:100%'>{''.join(parts)}</svg><div>{said}</div>"
        )

    def _squares(self, rows: Sequence[str]) -> str:
        """A frame, ticks, and the squares of each shade as one path."""
        width, height = len(rows[0]), len(rows)
        count = int((width - 1e-6) / self.tick) if self.tick else 0
        ticks = "".join(f"M{n * self.tick:g} {height}v.6" for n in range(1, count + 1))
        frame = f"M0 0h{width}v{height}h-{width}z{ticks}"
        paths = [f"<path d='{frame}' fill='none' stroke='currentColor' stroke-width='.1'/>"]
        for shade in "123456789":
            spots = [(x, y) for y, row in enumerate(rows) for x, d in enumerate(row) if d == shade]
            marks = "".join(f"M{x} {y}h1v1h-1z" for x, y in spots)
            paths += [f"<path d='{marks}' opacity='{int(shade) / 9:.2f}'/>"] if spots else []
        return f"<g transform='scale({SQUARE})'>{''.join(paths)}</g>"


def drawn(said: Mapping[str, Any] | None) -> Picture | None:
    """A picture out of what `asdict` made of it."""
    if said is None:
        return None
    tables = tuple((label, tuple(rows)) for label, rows in said["tables"])
    return Picture(said["sentence"], tables, said["tick"])


def digits(table: torch.Tensor, high: int = SIDE, wide: int = SIDE) -> tuple[str, ...]:
    """A table of numbers from 0 to 1 in at most so many rows and columns, the largest of each."""
    size = (min(len(table), high), min(table.shape[1], wide))
    small = torch.nn.functional.adaptive_max_pool2d(table.double()[None], size)[0]
    nines = (torch.nan_to_num(small, nan=1.0).clamp(0, 1) * 9).ceil().int().tolist()
    return tuple("".join(map(str, row)) for row in nines)


def error_map(bad: torch.Tensor, axes: Sequence[str], name: str, pattern: str) -> Picture | None:
    """Which rows of an output are wrong: a line per head. None where there is only one line of them
    or too many.
    """
    if bad.dim() < 2 or bad.shape[-1] < 2:
        return None
    lines = bad.flatten(0, -2)[:SIDE]
    row, n = axes[bad.dim() - 1], bad.shape[-1]
    label = f"{' × '.join(axes[: bad.dim() - 1])} down, {row} along; a tick every 32"
    columns = min(n, WIDE)
    return Picture(
        f"Wrong rows in “{name}”: {int(bad.sum())} of {bad.numel()}. {pattern}".strip(),
        ((label, digits(lines, SIDE, WIDE)),),
        tick=32 * columns / n,
    )


def weight_tables(yours: torch.Tensor, right: torch.Tensor, name: str) -> Picture:
    """The weights of one head, (queries, keys), beside the right ones, and how they differ."""
    off = (yours - right).abs()
    off = torch.nan_to_num(off, nan=1.0)
    row, key = divmod(int(off.argmax()), off.shape[1])
    found, wanted = (f"{float(x[row, key]):.2g}" for x in (yours, right))
    sentence = (
        f"Weights on “{name}”, queries down, keys along. "
        f"They differ most at query {row}, key {key}: {found} where {wanted} belongs."
    )
    plain = torch.where(off > FAINT, off, 0)
    tables = (("yours", yours), ("right", right), ("difference", plain))
    return Picture(sentence, tuple((label, digits(x)) for label, x in tables))
