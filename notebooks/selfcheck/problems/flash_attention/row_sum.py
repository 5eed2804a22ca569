"""The weighted row sum: inputs, float64 reference and precision yardstick.

Shapes throughout: x (rows, cols); w (cols,); out (rows,).
"""

from __future__ import annotations

import torch

SUM_PATTERNS = {
    "normal": "standard normal x and w",
    "positive": "all terms near 1: a 16-bit sum stops growing long before the end",
    "cancelling": "the second half of a row nearly undoes the first: the sum is small, its parts "
    "are not",
    "edges": "the first and the last column weigh far more than the others: leaving one out shows",
}
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
