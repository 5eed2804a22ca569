"""The mask of each problem, pair by pair, and what the tiles make of it.

A picture's numbers are small; what it shows is computed by `visible`, the predicate that the
reference uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from autograder.selfcheck.problems.flash_attention.attention import visible

from .paint import BLUE, GROUND, INK, LINE, ORANGE, PALE, QUIET, TEAL, new_figure, plain_axes, word

FREE, MASKED, SKIPPED, SINKS = "free", "masked", "skipped", "sinks"
COLOUR = {FREE: BLUE, MASKED: ORANGE, SINKS: TEAL}


@dataclass(frozen=True)
class Tile:
    """Queries top to bottom - 1 and keys left to right - 1, and how a kernel takes them."""

    kind: str
    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Tiling:
    """A mask of `queries` x `keys` pairs, cut into tiles of `rows` x `columns`.

    `sinks` keys stay visible beyond the `window`; before the window they come in tiles of their
    own, `sink_columns` wide, as in p7.
    """

    queries: int
    keys: int
    rows: int
    columns: int
    window: int | None = None
    sinks: int = 0
    sink_columns: int = 1

    def seen(self, sinks: int | None = None) -> torch.Tensor:
        """(queries, keys): which pairs are visible."""
        i, j = torch.arange(self.queries)[:, None], torch.arange(self.keys)[None]
        return visible(i, j, True, self.window, self.sinks if sinks is None else sinks)

    def tiles(self) -> list[Tile]:
        """Every tile, and what becomes of it: free of any test, masked, skipped, or a sink tile."""
        found = []
        for top in range(0, self.queries, self.rows):
            bottom = min(top + self.rows, self.queries)
            recent = self.seen(sinks=0)[top:bottom].any(0)  # keys in the window of some query
            first = int(recent.nonzero()[0]) // self.columns * self.columns
            for left, right, kind in self._columns(first):
                pairs = self.seen()[top:bottom, left:right]
                if kind != SINKS:
                    kind = FREE if pairs.all() else MASKED if pairs.any() else SKIPPED
                    kind = SKIPPED if left < first else kind
                found.append(Tile(kind, top, bottom, left, right))
        return found

    def _columns(self, first: int) -> list[tuple[int, int, str]]:
        """Where the key tiles of a query tile begin and end, sink tiles first."""
        ends = min(self.sinks, first)
        of_sinks = range(0, ends, self.sink_columns)
        begin = len(of_sinks) * self.sink_columns
        edges = [begin, *(e for e in range(0, self.keys, self.columns) if e > begin), self.keys]
        columns = [(left, left + self.sink_columns, SINKS) for left in of_sinks]
        return columns + [(a, b, "") for a, b in pairwise(edges)]


def draw_pairs(axes: Axes, tiling: Tiling) -> None:
    """One square a pair: full where it is visible, pale where it is computed for nothing."""
    seen = tiling.seen()
    picture = torch.tensor(to_rgb(GROUND)).repeat(tiling.queries, tiling.keys, 1)
    for tile in tiling.tiles():
        if tile.kind != SKIPPED:
            part = picture[tile.top : tile.bottom, tile.left : tile.right]
            shown = seen[tile.top : tile.bottom, tile.left : tile.right]
            part[shown] = torch.tensor(to_rgb(COLOUR[tile.kind]))
            part[~shown] = torch.tensor(to_rgb(PALE[COLOUR[tile.kind]]))
    box = (0, tiling.keys, tiling.queries, 0)
    axes.imshow(picture.numpy(), extent=box, interpolation="nearest", aspect="equal")
    for number in range(1, max(tiling.keys, tiling.queries)):
        axes.plot([number] * 2, [0, tiling.queries], color=GROUND, linewidth=0.5)
        axes.plot([0, tiling.keys], [number] * 2, color=GROUND, linewidth=0.5)
    for tile in tiling.tiles():
        x = [tile.left, tile.right, tile.right, tile.left, tile.left]
        y = [tile.top, tile.top, tile.bottom, tile.bottom, tile.top]
        dashes = (0, (2, 2)) if tile.kind == SKIPPED else "-"
        colour = LINE if tile.kind == SKIPPED else INK
        axes.plot(x, y, color=colour, linewidth=1, linestyle=dashes)
    axes.set_xlim(-0.1, tiling.keys + 0.1)
    axes.set_ylim(tiling.queries + 0.1, -0.1)


def draw_mask(tiling: Tiling, heading: str, says: dict[str, str]) -> Figure:
    """The mask on the left; on the right each kind of tile, how many there are, what it costs."""
    side = 3.6 if tiling.keys > 40 else 3.1
    figure = new_figure(side + 0.75)
    width = side * tiling.keys / tiling.queries / 7.2
    bottom = 0.12 / (side + 0.75)
    axes = plain_axes(
        figure,
        (0.065, bottom, width, side / (side + 0.75)),
        x=(0, tiling.keys),
        y=(0, tiling.queries),
    )
    draw_pairs(axes, tiling)
    beside = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, side + 0.75))
    top = 0.63
    word(beside, 0.47, 0.5, "keys j →", QUIET, 9)
    word(beside, 0.25, top + side / 2, "← queries i", QUIET, 9, rotation=90, ha="center")
    word(beside, 0.47, 0.24, heading, INK, 11, weight="bold")
    kinds = [tile.kind for tile in tiling.tiles()]
    y, x = top + 0.25, 0.47 + width * 7.2 + 0.35
    for kind, text in says.items():
        _legend(beside, x, y, kind)
        count = kinds.count(kind)
        word(beside, x + 0.42, y, f"{count} {kind_words(kind, count)}", INK, 10, weight="bold")
        word(beside, x + 0.42, y + 0.14, text, QUIET, 9.5, va="top")
        y += 0.5 + 0.17 * (text.count("\n") + 1)
    return figure


def kind_words(kind: str, count: int) -> str:
    """ "masked tiles"."""
    noun = "sink tile" if kind == SINKS else f"{kind} tile"
    return noun + "s" * (count != 1)


def _legend(axes: Axes, x: float, y: float, kind: str) -> None:
    colour = COLOUR.get(kind)
    halves = (colour, colour) if kind == FREE else (colour, PALE.get(colour or "", "none"))
    for number, fill in enumerate(halves):
        left = x + 0.14 * number
        patch = axes.fill([left, left + 0.14, left + 0.14, left], [y - 0.09] * 2 + [y + 0.09] * 2)
        patch[0].set(facecolor=fill or "none", edgecolor="none")
    dashes = (0, (2, 2)) if kind == SKIPPED else "-"
    frame = [x, x + 0.28, x + 0.28, x, x], [y - 0.09, y - 0.09, y + 0.09, y + 0.09, y - 0.09]
    axes.plot(*frame, color=LINE if kind == SKIPPED else INK, linewidth=1, linestyle=dashes)


def counted(tiling: Tiling, kinds: Sequence[str] = (FREE, MASKED, SKIPPED)) -> str:
    """ "6 free tiles, 5 masked tiles, 4 skipped tiles", for an alt text."""
    all_kinds = [tile.kind for tile in tiling.tiles()]
    return ", ".join(f"{n} {kind_words(k, n)}" for k in kinds for n in [all_kinds.count(k)])
