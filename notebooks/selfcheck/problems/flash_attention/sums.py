"""The weighted row sum watched: its output held against what each mistake would give."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

from ...witness import Finding, Reason, Run, Scene, Witnesses
from .row_sum import row_sum_inputs

TILE, WIDEST = 8192, 4096  # as in the given code


def tile_of(cols: int) -> tuple[int, int]:
    """Rows per program and columns per tile, as the given `choose_tile` chooses them."""
    wide = min(WIDEST, 1 << max(cols - 1, 0).bit_length())
    return min(128, TILE // wide), wide


def guesses(run: Run) -> Iterator[tuple[str, torch.Tensor]]:
    """What each mistake gives in a scene, (rows,), float64; the right sums first. NaN stands for a
    row that is never written.
    """
    x, w = run.inputs["x"].double(), run.inputs["w"].double()
    rows, cols = x.shape
    many, wide = tile_of(cols)
    c, r = torch.arange(cols), torch.arange(rows)
    products = x * w
    right = products.sum(1)
    tiles = products.split(wide, 1)
    yield "", right
    yield "column-bound-wrong", products[:, : cols - 1].sum(1)
    yield "row-bound-wrong", torch.where(r < rows - 1, right, math.nan)
    yield "row-bound-wrong", torch.where(r < cols, right, math.nan)
    yield "rows-offset-wrong", torch.where(r < many, right, math.nan)
    yield "rows-offset-wrong", torch.where(r < many + (rows - 1) // many, right, math.nan)
    yield "first-tile-only", tiles[0].sum(1)
    yield "last-tile-missing", products[:, : cols // wide * wide].sum(1)
    yield "last-tile-missing", products[:, : (cols - 1) // wide * wide].sum(1)
    yield "tiles-skipped", sum(tile.sum(1) for tile in tiles[::2])
    yield "first-tile-missing", products[:, wide:].sum(1)
    yield "x-stays-at-first-tile", (x[:, c % wide] * w).sum(1)
    yield "w-stays-at-first-tile", (x * w[c % wide]).sum(1)
    yield "sum-replaced", tiles[-1].sum(1)
    moved = torch.stack([products[:, n : n + wide].sum(1) for n in range(len(tiles))])
    yield "tiles-overlap", moved.sum(0)
    yield "weights-added", (x + w).sum(1)
    yield "weights-unused", x.sum(1)
    yield "weights-squared", (products * w).sum(1)
    yield (
        "sums-multiplied",
        sum(a.sum(1) * b.sum() for a, b in zip(x.split(wide, 1), w.split(wide), strict=True)),
    )
    yield "x-unused", w.sum().expand(rows)
    yield "pads-read-as-one", right + (-cols) % wide
    yield "mean-not-sum", right / cols
    yield "weights-normalised", right / w.sum()
    ragged = cols % wide > 0
    peaks = [tile.amax(1) for tile in tiles]
    peaks[-1] = peaks[-1].clamp_min(0) if ragged else peaks[-1]
    yield "maximum-not-sum", sum(peaks)
    half = run.inputs["x"].dtype == torch.float16
    yield "products-16-bit", products.half().double().sum(1) if half else right
    rounded = sum(tile.half().sum(1).double() for tile in tiles)
    yield "products-16-bit", rounded if half else right
    for whole in (False, True):
        total = torch.zeros(rows, dtype=torch.float64)
        for tile in tiles:
            total = total + tile.sum(1).half().double()
            total = total if whole else total.half().double()
        yield "acc-16-bit", total
    if "layout" in run.scene.params:
        yield (
            "stride-assumed-1",
            (x.T.reshape(-1)[(r[:, None] + c).clamp_max(x.numel() - 1)] * w).sum(1),
        )
    else:
        yield "stride-assumed-1", right


def read_p2(runs: Sequence[Run]) -> list[Finding]:
    """The first mistake that gives every row of every scene."""
    fits: list[bool] = []
    kinds: list[str] = []
    for run in runs:
        found = run.observed.outputs.get("out")
        if found is None:
            continue
        made = list(guesses(run))
        near = [close(found.double(), guess, run.inputs["x"].dtype) for _, guess in made]
        kinds = [kind for kind, _ in made]
        fits = [a and b for a, b in zip(fits or near, near, strict=True)]
    named = [kind for kind, fit in zip(kinds, fits, strict=True) if fit]
    if not named or "" in named:
        return []
    kind = named[0]
    if kind == "tiles-skipped" and loop_is_whole(runs):
        kind = "tile-advanced-twice"
    return [Finding(kind, "p2.1", "", VARIABLES.get(kind, ("acc",)))]


def loop_is_whole(runs: Sequence[Run]) -> bool:
    """Whether `start` ends at the last tile in every scene, so that the loop leaves out none."""
    ends = []
    for run in runs:
        cols = run.inputs["x"].shape[1]
        wide = tile_of(cols)[1]
        for moment in run.observed.moments:
            ends.append(float(moment.after.get("start", -1)) == (cols - 1) // wide * wide)
    return bool(ends) and all(ends)


def close(found: torch.Tensor, wanted: torch.Tensor, dtype: torch.dtype) -> bool:
    """Whether two results agree, unwritten rows (NaN) included."""
    size = float(torch.nan_to_num(wanted).abs().max())
    allowed = (2e-3 if dtype == torch.float16 else 2e-5) * size + 1e-6
    both = torch.isnan(found) & torch.isnan(wanted)
    return bool((both | ((found - wanted).abs() <= allowed)).all())


VARIABLES = {
    "column-bound-wrong": ("column_exists", "offs_c"),
    "row-bound-wrong": ("row_exists", "offs_r"),
    "rows-offset-wrong": ("offs_r",),
    "tile-advanced-twice": ("x_ptrs", "x"),
    "tiles-overlap": ("start", "offs_c"),
    "x-stays-at-first-tile": ("x_ptrs", "x"),
    "w-stays-at-first-tile": ("w",),
    "stride-assumed-1": ("x_ptrs", "x"),
    "products-16-bit": ("x", "w"),
}
LOOP = "Which columns does each turn of the loop meet, and which does the last turn meet?"
REASONS = {
    "column-bound-wrong": Reason(
        "loop",
        "The last column is left out.",
        "With N columns, which number has the last one?",
        "all columns that exist count.",
    ),
    "row-bound-wrong": Reason(
        "rows",
        "Some rows are taken for rows that do not exist.",
        "With N rows, which number has the last one?",
        "all rows that exist are written.",
    ),
    "rows-offset-wrong": Reason(
        "rows",
        "Only the first program's rows are right; the others' are never written.",
        "Which rows belong to program 1?",
        "each program has BLOCK_R rows of its own.",
    ),
    "first-tile-only": Reason(
        "loop",
        "Only the first tile of columns counts.",
        LOOP,
        "the loop goes on up to the last column.",
    ),
    "last-tile-missing": Reason(
        "loop",
        "The last, shorter tile of columns is left out.",
        LOOP,
        "the loop goes on up to the last column.",
    ),
    "tiles-skipped": Reason(
        "loop",
        "Every second tile of columns is left out.",
        LOOP,
        "the next tile begins where this one ends.",
    ),
    "tile-advanced-twice": Reason(
        "addresses",
        "The tile is moved on twice from turn to turn, so every second one is left out.",
        "Pointer and offsets: which of the two moves from tile to tile?",
        "the addresses of this turn's columns.",
    ),
    "first-tile-missing": Reason(
        "loop", "The first tile of columns is left out.", LOOP, "the loop begins at column 0."
    ),
    "x-stays-at-first-tile": Reason(
        "addresses",
        "x is read from the first tile again and again.",
        "In the second turn, at which address does the tile begin?",
        "the addresses of this turn's columns.",
    ),
    "w-stays-at-first-tile": Reason(
        "load",
        "w is read from the first tile again and again.",
        "In the second turn, which weights belong to the columns?",
        "the weights of this turn's columns.",
    ),
    "tiles-overlap": Reason(
        "loop",
        "The tiles overlap: each begins one column after the one before.",
        LOOP,
        "the next tile begins where this one ends.",
    ),
    "sum-replaced": Reason(
        "add",
        "Each tile replaces the sum; only the last one is left.",
        "What must acc hold after the second tile?",
        "this tile is added to what is there.",
    ),
    "weights-added": Reason(
        "add",
        "The weights are added to x, not multiplied.",
        "What is the weighted sum of one column?",
        "the sum of x times w.",
    ),
    "weights-unused": Reason(
        "add", "The weights are not used.", "What does w do to a column?", "the sum of x times w."
    ),
    "weights-squared": Reason(
        "add",
        "Each weight counts twice over: x is multiplied by w times w.",
        "What is the weighted sum of one column?",
        "the sum of x times w.",
    ),
    "sums-multiplied": Reason(
        "add",
        "x and w are summed by themselves, and the sums are multiplied.",
        "Two columns, x = (1, 0), w = (0, 1): what must come out?",
        "the sum of x times w.",
    ),
    "x-unused": Reason(
        "add", "x is not used.", "What does x do to a column?", "the sum of x times w."
    ),
    "pads-read-as-one": Reason(
        "load",
        "Columns that do not exist are read as 1, and their products count.",
        "Which number adds nothing to a sum of products?",
        "what does not exist adds nothing.",
    ),
    "mean-not-sum": Reason(
        "store",
        "The sum is divided by the number of columns.",
        "Is a mean asked for?",
        "the sum as it is.",
    ),
    "weights-normalised": Reason(
        "store",
        "The sum is divided by the sum of the weights.",
        "Is a mean asked for?",
        "the sum as it is.",
    ),
    "maximum-not-sum": Reason(
        "add",
        "The largest product of each tile is added, not the sum.",
        "If all products were 1, what must acc grow by?",
        "the sum of the tile's products.",
    ),
    "products-16-bit": Reason(
        "convert",
        "The products are made in 16 bits.",
        "How many digits of a product does a 16-bit number keep?",
        "float32 before x and w meet.",
    ),
    "acc-16-bit": Reason(
        "zero",
        "The running sum is rounded to 16 bits.",
        "How many digits does a 16-bit number keep, and how many terms are added?",
        "a sum in float32 up to the end.",
    ),
    "stride-assumed-1": Reason(
        "addresses",
        "The stride of the columns is taken for 1.",
        "How far apart are two columns where x is stored column after column?",
        "row and column each times their own stride.",
    ),
}


def make(params) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return row_sum_inputs(params, getattr(torch, params["dtype"]), generator)


def scene(rows: int, cols: int, dtype: str = "float32", **more) -> Scene:
    return Scene("a small table", {"rows": rows, "cols": cols, "dtype": dtype, **more}, make)


P2 = Witnesses(
    scenes=(
        scene(21, 300),
        scene(3, 9000),
        scene(50, 20),
        scene(21, 300, layout={"x": "columns_first", "w": "every_other"}),
        scene(4, 8192, "float16", values="cancelling"),
    ),
    names={"p2.1": ("start",)},
    read=read_p2,
    steps={
        "p2.1": dict(rows=1, zero=2, loop=3, addresses=4, load=5, convert=6, add=7, store=8),
    },
    reasons=REASONS,
)
