"""p2: the weighted row sum in Triton. The public side."""

from __future__ import annotations

from functools import partial

from ...problem import Call, Output, Problem, Timing, make_case
from .inside_columns import LOOK_2
from .row_sum import row_sum_inputs, row_sum_reference, row_sum_yardstick
from .sums import P2

SEED = 43
DOWN = {"x": "columns_first", "w": "every_other"}
case = partial(make_case, seed=SEED, rows=30, cols=300)

LARGE = (
    case("512 × 1024", rows=512, cols=1024),
    case("1024 × 4096", rows=1024, cols=4096),
    case("2048 × 8192", rows=2048, cols=8192),
    case("4096 × 8192", rows=4096, cols=8192),
)
SMALL = (
    case("16 × 64", rows=16, cols=64),
    case("64 × 512", rows=64, cols=512),
)
AWKWARD = (
    case("cols is no multiple of the tile", rows=64, cols=1000, values="edges"),
    case("rows is no multiple of the block", rows=77, cols=256),
    case("a single row", rows=1, cols=5000),
    case("a single column", rows=300, cols=1),
    case("x stored by columns, w with gaps", rows=50, layout=DOWN),
    case("a long sum of positive terms", rows=4, cols=8192, values="positive"),
    case("two halves of a row that nearly cancel", cols=2048, values="cancelling"),
    case("float32", rows=33, dtype="float32"),
)

PROBLEM = Problem(
    id="p2",
    title="Weighted row sum, a first Triton kernel",
    entry="weighted_row_sum_forward",
    call=Call(args=("x", "w"), outputs=(Output("out", "elements"),)),
    uses_triton=True,
    graded_on="other sizes, layouts and values",
    make_inputs=row_sum_inputs,
    reference=lambda inputs, params: {"out": row_sum_reference(**inputs)},
    yardstick=lambda inputs, params, tf32: {"out": row_sum_yardstick(**inputs)},
    witnesses=P2,
    look=LOOK_2,
    axes=("row",),
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={
            "torch (x * w).sum": lambda inputs, params: lambda: (inputs["x"] * inputs["w"]).sum(-1),
            "torch x @ w": lambda inputs, params: lambda: inputs["x"] @ inputs["w"],
        },
    ),
)
