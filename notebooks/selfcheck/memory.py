"""Inputs are placed in guarded memory: NaN all around, and any layout the case asks for."""

from __future__ import annotations

from collections.abc import Mapping

import torch

GUARD = 256  # elements of NaN before and after; a multiple of 16 bytes keeps tensors aligned

LAYOUTS = {
    "contiguous": "stored row after row",
    "heads_inside": "stored as (B, N, H, D): the head stride is smaller than the row stride",
    "padded_rows": "rows are further apart than D elements",
    "columns_first": "a matrix stored column after column",
    "every_other": "neighbouring elements of a row are 2 apart (last stride is 2)",
}

Layout = str | Mapping[str, str]  # one for all inputs, or each by its name ("q": "padded_rows")


def layout_of(layout: Layout, name: str) -> str:
    """The layout of one input; those that are not named are contiguous."""
    return layout if isinstance(layout, str) else layout.get(name, "contiguous")


def place_all(inputs: Mapping[str, torch.Tensor], layout: Layout) -> dict[str, tuple]:
    """Every input as `place` puts it in its layout."""
    return {name: place(x, layout_of(layout, name)) for name, x in inputs.items()}


def place(x: torch.Tensor, layout: str = "contiguous") -> tuple[torch.Tensor, torch.Tensor]:
    """Copy `x` into a fresh buffer filled with NaN.

    Returns `(view, buffer)`: `view` equals `x` in values and shape and has the strides of `layout`;
    `buffer` is the 1-D memory around it. Reading outside `view` reads NaN; writing anywhere shows.
    """
    if layout == "contiguous" or (x.dim() < 2 and layout != "every_other"):
        buffer, view = _guarded(x, x.shape)
    elif layout == "heads_inside":
        stored = x.transpose(-3, -2).shape
        buffer, view = _guarded(x, stored)
        view = view.transpose(-3, -2)
    elif layout == "columns_first":
        buffer, view = _guarded(x, x.mT.shape)
        view = view.mT
    elif layout == "padded_rows":
        buffer, view = _guarded(x, (*x.shape[:-1], x.shape[-1] + 8))
        view = view[..., : x.shape[-1]]
    elif layout == "every_other":
        buffer, view = _guarded(x, (*x.shape, 2))
        view = view[..., 0]
    else:
        raise ValueError(f"Unknown layout {layout!r}. Known: {', '.join(LAYOUTS)}.")
    view.copy_(x)
    return view, buffer


def _guarded(x: torch.Tensor, shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """A NaN buffer with guards, and the part of it between the guards in the given shape."""
    count = 1
    for n in shape:
        count *= n
    buffer = torch.full((count + 2 * GUARD,), float("nan"), dtype=x.dtype, device=x.device)
    return buffer, buffer[GUARD : GUARD + count].view(shape)


def same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors hold exactly the same bits (NaN equals NaN)."""
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    kind = whole[a.element_size()]
    return a.shape == b.shape and torch.equal(
        a.contiguous().view(kind), b.to(a.device).contiguous().view(kind)
    )
