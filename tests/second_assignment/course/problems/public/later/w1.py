"""w1 of another assignment: centred rows in PyTorch. The public side."""

from __future__ import annotations

import torch

from ...problem import Call, Output, Problem, make_case


def draw(params, dtype: torch.dtype, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """x (rows, cols), standard normal."""
    shape = params["rows"], params["cols"]
    return {"x": torch.randn(shape, generator=generator, device=generator.device).to(dtype)}


def centred(x: torch.Tensor) -> torch.Tensor:
    """Each row without its mean."""
    return x - x.mean(dim=-1, keepdim=True)


CASES = (make_case("3 × 16", seed=5, rows=3, cols=16),)

PROBLEM = Problem(
    id="w1",
    title="Centred rows",
    entry="centre_rows",
    call=Call(args=("x",), outputs=(Output("y"),)),
    uses_triton=False,
    make_inputs=draw,
    reference=lambda inputs, params: {"y": centred(inputs["x"].double())},
    yardstick=lambda inputs, params, tf32: {
        "y": centred(inputs["x"].float()).to(inputs["x"].dtype)
    },
    axes=("row",),
    cases=CASES,
    small_cases=CASES,
)
