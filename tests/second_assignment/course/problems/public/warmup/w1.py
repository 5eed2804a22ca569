"""w1: scaled rows in PyTorch. The public side."""

from __future__ import annotations

from functools import partial

from ...problem import Call, Output, Problem, make_case
from .rows import draw_rows

case = partial(make_case, seed=3, rows=4, cols=8)
CASES = (case("4 × 8"), case("a single row", rows=1))

PROBLEM = Problem(
    id="w1",
    title="Scaled rows",
    entry="scale_rows",
    call=Call(args=("x", "s"), outputs=(Output("y"),)),
    uses_triton=False,
    make_inputs=draw_rows,
    reference=lambda inputs, params: {"y": inputs["x"].double() * inputs["s"].double()[:, None]},
    yardstick=lambda inputs, params, tf32: {"y": inputs["x"] * inputs["s"][:, None]},
    axes=("row",),
    cases=CASES,
    small_cases=CASES,
)
