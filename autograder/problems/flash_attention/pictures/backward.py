"""The backward pass: what is made of what, and which way the two kernels go."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from .masks import FREE, MASKED, SKIPPED, Tiling
from .paint import (
    BLUE,
    GROUND,
    INK,
    LINE,
    ORANGE,
    PALE,
    QUIET,
    TEAL,
    arrow,
    box,
    new_figure,
    plain_axes,
    soft_box,
    word,
)

# name: (x, y, colour, what it is made of); blue comes in, orange is made by tiles, teal goes out
NODES = {
    "Q": (0.75, 0.75, BLUE, ()),
    "K": (0.75, 1.4, BLUE, ()),
    "L": (0.75, 2.05, BLUE, ()),
    "V": (0.75, 2.7, BLUE, ()),
    "dO": (0.75, 3.35, BLUE, ()),
    "O": (0.75, 4.0, BLUE, ()),
    "S": (2.3, 1.05, ORANGE, ("Q", "K")),
    "P": (3.55, 1.55, ORANGE, ("S", "L")),
    "dP": (2.3, 3.0, ORANGE, ("V", "dO")),
    "δ": (2.3, 3.75, ORANGE, ("dO", "O")),
    "dS": (4.6, 2.6, ORANGE, ("P", "dP", "δ")),
    "dQ": (6.3, 1.9, TEAL, ("dS",)),
    "dK": (6.3, 2.75, TEAL, ("dS",)),
    "dV": (6.3, 0.95, TEAL, ("P",)),
}
SAYS = {
    "S": "$c\\,QK^T$",
    "P": "$e^{S-L}$",
    "dP": "$dO\\,V^T$",
    "δ": "rowsum$(dO\\circ O)$",
    "dS": "$P\\circ(dP-δ)$",
    "dQ": "$c\\,dS\\,K$",
    "dK": "$c\\,dS^TQ$",
    "dV": "$P^TdO$",
}


def draw_flow() -> Figure:
    """What comes in on the left, what is made again in every tile, the gradients on the right."""
    figure = new_figure(4.55)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 4.55))
    for x, text, colour in (
        (0.35, "kept", BLUE),
        (1.95, "made again, tile by tile, never stored", ORANGE),
        (5.85, "gradients", TEAL),
    ):
        word(axes, x, 0.28, text, colour, 10, weight="bold")
    for name, (x, y, colour, sources) in NODES.items():
        for source in sources:
            sx, sy = NODES[source][:2]
            arrow(axes, (sx + 0.36, sy), (x - 0.36, y), NODES[source][2], linewidth=1.2)
        soft_box(axes, x - 0.34, y - 0.19, 0.68, 0.38, colour)
        word(axes, x, y, name, INK, 11, ha="center", weight="bold")
        if name in SAYS:
            word(axes, x, y + 0.31, SAYS[name], QUIET, 9.5, ha="center")
    return figure


TILES = 4


def tile_kinds() -> list[list[str]]:
    """Free, masked or skipped, for query tile and key tile, from the causal mask."""
    tiles = Tiling(4 * TILES, 4 * TILES, 4, 4).tiles()
    return [[t.kind for t in tiles if t.top == 4 * row] for row in range(TILES)]


def draw_directions() -> Figure:
    """The same tiles twice: a program of dQ goes along a row, one of dK and dV down a column."""
    figure = new_figure(3.55)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 3.55))
    kinds = tile_kinds()
    for x, heading, row, column in (
        (0.95, "dQ: keys pass by", 2, None),
        (4.3, "dK, dV: queries pass by", None, 1),
    ):
        word(axes, x, 0.3, heading, INK, 11, weight="bold")
        word(axes, x, 0.62, "key tiles →", QUIET, 9)
        word(axes, x - 0.2, 1.8, "← query tiles", QUIET, 9, rotation=90, ha="center")
        _grid(axes, x, 0.8, kinds, row, column)
    word(axes, 0.95, 3.3, "blue: no mask    orange: masked    blank: never visited", QUIET, 9.5)
    return figure


def _grid(axes: Axes, x: float, y: float, kinds: list, row: int | None, column: int | None) -> None:
    size = 0.56
    fills = {FREE: BLUE, MASKED: ORANGE, SKIPPED: GROUND}
    for r in range(TILES):
        for c in range(TILES):
            mine = row == r or column == c
            fill = fills[kinds[r][c]]
            fill = fill if mine or fill == GROUND else PALE[fill]
            box(axes, x + size * c, y + size * r, size, size, LINE, facecolor=fill, linewidth=1)
    if row is not None:
        first, last = 0, max(c for c in range(TILES) if kinds[row][c] != SKIPPED)
        start = (x + size * (first + 0.2), y + size * (row + 0.5))
        end = (x + size * (last + 0.85), y + size * (row + 0.5))
    elif column is not None:
        first = min(r for r in range(TILES) if kinds[r][column] != SKIPPED)
        start = (x + size * (column + 0.5), y + size * (first + 0.2))
        end = (x + size * (column + 0.5), y + size * (TILES - 0.15))
    arrow(axes, start, end, "#ffffff", linewidth=2.2)


SIDE, WINDOW, SINKS = 16, 4, 2


def owners() -> torch.Tensor:
    """(queries, keys): 1 for the window kernel's pairs, 2 for the sink kernel's, 0 for hidden."""
    tiling = Tiling(SIDE, SIDE, SIDE, SIDE, WINDOW, SINKS)
    seen, recent = tiling.seen(), tiling.seen(sinks=0)
    return seen.int() + (seen & ~recent).int()


def draw_sides() -> Figure:
    """The mask with sinks, pair by pair; a row as dQ reads it, two columns as dK and dV do."""
    figure = new_figure(3.85)
    side = 3.1
    axes = plain_axes(figure, (0.07, 0.03, side / 7.2, side / 3.85), x=(0, SIDE), y=(0, SIDE))
    ground, window, sink = (torch.tensor(to_rgb(c)) for c in (GROUND, BLUE, TEAL))
    picture = torch.stack([ground, window, sink])[owners().long()]
    box_ = (0, SIDE, SIDE, 0)
    axes.imshow(picture.numpy(), extent=box_, interpolation="nearest", aspect="equal")
    for number in range(SIDE + 1):
        axes.plot([number] * 2, [0, SIDE], color=LINE, linewidth=0.6)
        axes.plot([0, SIDE], [number] * 2, color=LINE, linewidth=0.6)
    for left, top, width, height in ((0, 9, SIDE, 1), (5, 0, 1, SIDE), (0, 0, 1, SIDE)):
        box(axes, left, top, width, height, ORANGE, facecolor="none", linewidth=2)
    axes.set_xlim(-0.1, SIDE + 0.1)
    axes.set_ylim(SIDE + 0.1, -0.1)
    beside = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 3.85))
    word(beside, 0.5, 0.24, f"W = {WINDOW}, S = {SINKS}", INK, 11, weight="bold")
    word(beside, 0.5, 0.5, "keys j →", QUIET, 9)
    word(beside, 0.28, 2.2, "← queries i", QUIET, 9, rotation=90, ha="center")
    _explain(beside)
    return figure


def _explain(axes: Axes) -> None:
    """What the outlined row and columns show, counted from the mask."""
    seen = owners() > 0
    lines = (
        (BLUE, "in the window", "the window kernel's, sinks included"),
        (TEAL, "a sink beyond the window", "the sink kernel's, and nothing else is"),
    )
    for number, (colour, name, text) in enumerate(lines):
        y = 0.95 + 0.62 * number
        box(axes, 4.0, y - 0.1, 0.2, 0.2, colour, facecolor=colour)
        word(axes, 4.3, y, name, INK, 10, weight="bold")
        word(axes, 4.3, y + 0.24, text, QUIET, 9.5)
    for number, text in enumerate(
        (
            f"row 9: query 9 sees {int(seen[9].sum())} keys",
            f"column 5: key 5 is seen by {int(seen[:, 5].sum())} queries",
            f"column 0: sink 0 is seen by all {int(seen[:, 0].sum())}",
        )
    ):
        word(axes, 4.0, 2.35 + 0.3 * number, text, ORANGE, 10)
