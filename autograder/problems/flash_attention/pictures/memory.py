"""Where numbers lie: the tiles on their way to the chip, the memories, strides, shared heads."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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

TILE_Q, TILE_K, LENGTH, HEADS = 128, 64, 4096, 16  # p1's tiles; the sequence that its text names


def draw_tiling() -> Figure:
    """Q, K, V and O in memory, cut into tiles; what is on the chip at one moment."""
    figure = new_figure(3.3)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 3.3))
    word(axes, 0.3, 0.28, "GPU memory: large and far away", QUIET, 9.5)
    soft_box(axes, 3.02, 0.5, 2.32, 2.45, INK, zorder=0.3)
    word(axes, 3.02, 0.28, "on the chip: small and fast", INK, 9.5, weight="bold")
    for x, name, colour, chosen in (
        (0.3, "Q", BLUE, 2),
        (1.2, "K", ORANGE, 1),
        (2.0, "V", ORANGE, 1),
        (6.15, "O", TEAL, 2),
    ):
        _tiles(axes, x, name, colour, chosen)
    box(axes, 3.2, 1.35, 0.5, 0.5, BLUE, facecolor=BLUE)
    word(axes, 3.45, 1.6, "$Q_i$", "#ffffff", 10, ha="center")
    box(axes, 4.02, 0.72, 0.42, 0.3, ORANGE, facecolor=ORANGE)
    word(axes, 4.23, 0.87, "$K_j$", "#ffffff", 9, ha="center")
    box(axes, 3.9, 1.35, 0.66, 0.5, ORANGE)
    word(axes, 4.23, 1.6, "scores\nS", INK, 8.5, ha="center")
    box(axes, 4.02, 2.12, 0.42, 0.3, ORANGE, facecolor=ORANGE)
    word(axes, 4.23, 2.27, "$V_j$", "#ffffff", 9, ha="center")
    box(axes, 4.72, 1.35, 0.48, 0.5, TEAL)
    word(axes, 4.96, 1.6, "m, l\nacc", INK, 8.5, ha="center")
    behind = {"zorder": 0.5}  # what lies in an arrow's way stays whole
    arrow(axes, (0.87, 1.63), (3.18, 1.6), BLUE, **behind)
    arrow(axes, (1.77, 1.13), (4.0, 0.87), ORANGE, **behind)
    arrow(axes, (2.57, 1.23), (4.0, 2.27), ORANGE, **behind)
    arrow(axes, (5.22, 1.6), (6.13, 1.72), TEAL)
    word(axes, 3.2, 2.72, "$Q_i$ stays; $K_j$, $V_j$ pass by", INK, 9)
    word(axes, 5.45, 2.2, "once, at\nthe end", QUIET, 9)
    return figure


def _tiles(axes: Axes, x: float, name: str, colour: str, chosen: int) -> None:
    """A tensor of five tiles, the chosen one full of colour."""
    for number in range(5):
        fill = colour if number == chosen else PALE[colour]
        box(axes, x, 0.55 + 0.44 * number, 0.55, 0.44, colour, facecolor=fill)
    word(axes, x + 0.27, 2.95, name, INK, 11, ha="center", weight="bold")


KB, MB = 1024, 1e6
LADDER = (  # an H100's: what it is, bytes, how to say it
    ("registers", 256 * KB, "256 KB in each of 132 multiprocessors"),
    ("shared memory", 227 * KB, "227 KB in each, for all programs on it"),
    ("L2 cache", 50 * MB, "50 MB for all together"),
    ("GPU memory", 80e9, "80 GB, 3350 GB/s: far below what the chip can compute on"),
)


def tile_bytes() -> int:
    """One tile of scores in float32."""
    return TILE_Q * TILE_K * 4


def table_bytes() -> int:
    """The tables of scores of all heads, 16-bit numbers."""
    return HEADS * LENGTH * LENGTH * 2


def home_of(size: float) -> str:
    """The first memory of the ladder that holds so many bytes."""
    return next(name for name, holds, _ in LADDER if size <= holds)


def draw_ladder() -> Figure:
    """The memories of a GPU as rungs, and where a tile and the whole table find room."""
    figure = new_figure(2.75)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 2.75))
    word(
        axes,
        0.3,
        0.25,
        "A ladder of memories (H100): each step down is larger and slower",
        INK,
        10.5,
    )
    for number, (name, _, says) in enumerate(LADDER):
        y, width = 0.48 + 0.53 * number, 1.55 + 0.28 * number
        box(axes, 0.3, y, width, 0.42, BLUE)
        word(axes, 0.4, y + 0.21, name, INK, 10, weight="bold")
        word(axes, 2.85, y + 0.12, says, QUIET, 9)
    for size, text, colour in (
        (
            tile_bytes(),
            f"a tile of scores, {TILE_Q} × {TILE_K} float32: {tile_bytes() / KB:.0f} KB",
            TEAL,
        ),
        (
            table_bytes(),
            f"the whole table, {HEADS} heads at N = {LENGTH}: {table_bytes() / MB:.0f} MB",
            ORANGE,
        ),
    ):
        number = [name for name, _, _ in LADDER].index(home_of(size))
        word(axes, 2.85, 0.48 + 0.53 * number + 0.32, f"fits: {text}", colour, 9, weight="bold")
    return figure


ROWS, COLUMNS, LINE_LENGTH = 4, 6, 8  # of p2's example; elements that one line of memory holds
TILE_ROWS, TILE_COLUMNS = torch.tensor([2, 3]), torch.tensor([0, 1, 2, 3])


def tile_offsets(transposed: bool) -> list[int]:
    """Where the tile's eight elements lie in memory, as p2's second cell computes it."""
    x = torch.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    stride_r, stride_c = (x.T if transposed else x).stride()
    offsets = TILE_ROWS[:, None] * stride_r + TILE_COLUMNS[None, :] * stride_c
    return sorted(offsets.flatten().tolist())


def lines_touched(transposed: bool) -> int:
    """How many lines of memory a load of the tile fetches."""
    return len({offset // LINE_LENGTH for offset in tile_offsets(transposed)})


def draw_strides() -> Figure:
    """The same tile of x and of x transposed: as a matrix, and along the line of memory."""
    figure = new_figure(3.75)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 3.75))
    for number, transposed in enumerate((False, True)):
        y = 0.2 + 1.8 * number
        _matrix(axes, 0.3, y, transposed)
        strides = (1, COLUMNS) if transposed else (COLUMNS, 1)
        name = "x transposed" if transposed else "x"
        word(axes, 2.15, y + 0.16, f"{name}: strides {strides}", INK, 10.5, weight="bold")
        lines = lines_touched(transposed)
        word(
            axes,
            2.15,
            y + 0.42,
            f"tile: rows 2, 3, columns 0 to 3; {lines} lines fetched",
            QUIET,
            9.5,
        )
        _strip(axes, 2.15, y + 0.68, tile_offsets(transposed))
    return figure


def _matrix(axes: Axes, x: float, y: float, transposed: bool) -> None:
    rows, columns = (COLUMNS, ROWS) if transposed else (ROWS, COLUMNS)
    size = 0.25
    for r in range(rows):
        for c in range(columns):
            mine = r in TILE_ROWS and c in TILE_COLUMNS
            number = r + COLUMNS * c if transposed else COLUMNS * r + c
            fill = BLUE if mine else GROUND
            box(axes, x + size * c, y + size * r, size, size, LINE, facecolor=fill, linewidth=0.8)
            colour = "#ffffff" if mine else QUIET
            word(
                axes,
                x + size * (c + 0.5),
                y + size * (r + 0.5),
                str(number),
                colour,
                8,
                ha="center",
            )


def _strip(axes: Axes, x: float, y: float, mine: list[int]) -> None:
    """Memory, one element after another; whole lines of it are fetched."""
    size = 0.198
    touched = {offset // LINE_LENGTH for offset in mine}
    for offset in range(ROWS * COLUMNS):
        left = x + size * offset + 0.04 * (offset // LINE_LENGTH)
        fetched = offset // LINE_LENGTH in touched
        fill = BLUE if offset in mine else PALE[BLUE] if fetched else GROUND
        box(axes, left, y, size, 0.28, LINE, facecolor=fill, linewidth=0.8)
        colour = "#ffffff" if offset in mine else INK
        word(axes, left + size / 2, y + 0.14, str(offset), colour, 7.5, ha="center")
    for line in range(ROWS * COLUMNS // LINE_LENGTH):
        left = x + (size * LINE_LENGTH + 0.04) * line
        fate = "fetched" if line in touched else "left alone"
        word(axes, left, y + 0.42, f"line {line}: {fate}", QUIET, 8.5)


QUERY_HEADS, KV_HEADS = 8, 2


def kv_heads() -> list[int]:
    """Which kv head each query head reads, from the reference's own way to spread them."""
    return torch.arange(KV_HEADS).repeat_interleave(QUERY_HEADS // KV_HEADS).tolist()


def draw_heads() -> Figure:
    """Query heads above the kv heads that they read; below, how much each kind keeps."""
    figure = new_figure(2.9)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 2.9))
    word(
        axes, 0.3, 0.25, "Hq = 8, Hkv = 2, GROUP = 4: query head h reads kv head h // 4", INK, 10.5
    )
    colours = (BLUE, ORANGE)
    for h, kv in enumerate(kv_heads()):
        x = 1.35 + 0.66 * h
        box(axes, x, 0.5, 0.46, 0.36, colours[kv])
        word(axes, x + 0.23, 0.68, str(h), INK, 10, ha="center")
        arrow(axes, (x + 0.23, 0.88), (2.46 + 2.64 * kv, 1.28), colours[kv], linewidth=1.1)
    for kv in range(KV_HEADS):
        box(axes, 2.13 + 2.64 * kv, 1.3, 0.66, 0.36, colours[kv], facecolor=colours[kv])
        word(axes, 2.46 + 2.64 * kv, 1.48, str(kv), "#ffffff", 10, ha="center")
    word(axes, 0.3, 0.68, "query heads", QUIET, 9)
    word(axes, 0.3, 1.48, "kv heads", QUIET, 9)
    word(axes, 0.3, 1.98, "kept for every token:", INK, 9.5)
    for number, (count, name) in enumerate(
        ((QUERY_HEADS, "multi-head"), (KV_HEADS, "grouped"), (1, "multi-query"))
    ):
        y = 2.12 + 0.24 * number
        word(axes, 0.3, y + 0.12, f"Hkv = {count}, {name}", QUIET, 9)
        for one in range(count):
            box(axes, 2.13 + 0.3 * one, y + 0.03, 0.26, 0.17, TEAL, linewidth=1)
    return figure
