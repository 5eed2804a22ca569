"""The weighted row sum: inputs, float64 reference, precision yardstick and typical mistakes.

Shapes throughout: x (rows, cols); w (cols,); out (rows,).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

SUM_PATTERNS = {
    "normal": "standard normal x and w",
    "positive": "all terms near 1: a 16-bit sum stops growing long before the end",
    "cancelling": "the second half of a row nearly undoes the first: the sum is small, its parts "
    "are not",
    "edges": "the first and the last column weigh far more than the others: leaving one out shows",
}
SUM_TILES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
YARD_TILE = 16  # columns that the yardstick sums at a time: short, so that no order is punished


def row_sum_inputs(params, dtype: torch.dtype, generator: torch.Generator) -> dict:
    """x (rows, cols) and w (cols,), drawn on the generator's device.

    Parameters: rows, cols, values (a key of SUM_PATTERNS), x_scale (default 1).
    """
    rows, cols, pattern = params["rows"], params["cols"], params.get("values", "normal")

    def normal(*shape):
        return torch.randn(shape, generator=generator, device=generator.device)

    x, w = normal(rows, cols), normal(cols)
    if pattern == "positive":
        x, w = 1 + x.clamp(-2, 2) / 4, 1 + w.clamp(-2, 2) / 4
    elif pattern == "cancelling":
        half = cols // 2
        x[:, half : 2 * half] = 0.01 * x[:, half : 2 * half] - x[:, :half]
        w[half : 2 * half] = w[:half]
    elif pattern == "edges":
        w[0], w[-1] = 30.0, -30.0
    elif pattern != "normal":
        raise ValueError(f"Unknown pattern {pattern!r}. Known: {', '.join(SUM_PATTERNS)}.")
    return {"x": (x * params.get("x_scale", 1.0)).to(dtype), "w": w.to(dtype)}


def row_sum_reference(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """The sums in float64."""
    return x.double() @ w.double()


def row_sum_yardstick(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """The sums as a correct kernel of the inputs' precision gives them: float32 products, added to
    a float32 sum tile after tile, the output rounded.
    """
    total = torch.zeros(x.shape[0], device=x.device)
    for part, weights in zip(x.split(YARD_TILE, 1), w.split(YARD_TILE), strict=True):
        total = total + (part.float() * weights.float()).sum(1)
    return total.to(x.dtype)


def row_sum_suspects(inputs, params, index) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (sentence, sum): what each mistake would give for the row `index`."""
    (row,) = index
    x, w = inputs["x"][row].double(), inputs["w"].double()
    cols = len(w)
    yield "This is what comes out when the weights are not used.", x.sum()
    yield "This is what comes out when the weights are added, not multiplied.", (x + w).sum()
    yield "This is what comes out when the sum is divided by the number of columns.", (x * w).mean()
    for tile in SUM_TILES:
        if tile < cols:
            yield from _tiled_sums(x, w, tile)


def _tiled_sums(x, w, tile: int) -> Iterator[tuple[str, torch.Tensor]]:
    """Mistakes in the loop over column tiles, for one guess of the tile's length."""
    cols = len(w)
    last = (cols - 1) // tile * tile  # where the last tile begins
    yield (
        f"This is what comes out when only the first tile counts ({tile} columns).",
        (x * w)[:tile].sum(),
    )
    yield (
        "This is what comes out when each tile replaces the running sum instead of adding to it: "
        "only the last tile is left.",
        (x * w)[last:].sum(),
    )
    yield (
        f"This is what comes out when the last tile is left out (tiles of {tile} columns).",
        (x * w)[:last].sum(),
    )
    yield (
        "This is what comes out when every tile meets the weights of the first one: the column "
        "offset of w does not move with the loop.",
        (x * w[torch.arange(cols, device=w.device) % tile]).sum(),
    )
    yield (
        "This is what comes out when every tile reads the columns of the first one: the column "
        "offset of x does not move with the loop.",
        (x[torch.arange(cols, device=x.device) % tile] * w).sum(),
    )
    yield (
        "This is what comes out when the running sum is kept in the inputs' 16-bit dtype; it must "
        "be float32.",
        _low_sum(x, w, tile, torch.float16),
    )
    yield (
        "This is what comes out when the running sum is kept in bfloat16; it must be float32.",
        _low_sum(x, w, tile, torch.bfloat16),
    )


def _low_sum(x, w, tile: int, dtype: torch.dtype) -> torch.Tensor:
    """The sum with its running value rounded to `dtype` after every tile."""
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for part in (x * w).split(tile):
        total = (total + part.sum()).to(dtype).double()
    return total
