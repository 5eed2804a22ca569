"""Inputs that the problems of the warm-up share."""

from __future__ import annotations

import torch


def draw_rows(params, dtype: torch.dtype, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """x (rows, cols) and s (rows,), standard normal."""
    shape = params["rows"], params["cols"]
    x = torch.randn(shape, generator=generator, device=generator.device)
    s = torch.randn(shape[0], generator=generator, device=generator.device)
    return {"x": x.to(dtype), "s": s.to(dtype)}
