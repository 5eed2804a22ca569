"""p2: the weighted row sum in Triton. The public side."""

from __future__ import annotations

from ..problem import Call, Case, Output, Problem, Timing
from ..row_sum import row_sum_inputs, row_sum_reference, row_sum_suspects, row_sum_yardstick

P2_SEED = 43


def p2_case(name: str, rows: int, cols: int, **more) -> Case:
    """A public case of p2."""
    hint = more.pop("hint", "")
    return Case(name, {"rows": rows, "cols": cols, **more}, P2_SEED, hint)


P2_AWKWARD = (
    p2_case(
        "cols is no multiple of the tile",
        64,
        1000,
        values="edges",
        hint="Columns beyond cols must be masked, for x and for w.",
    ),
    p2_case(
        "rows is no multiple of the block",
        77,
        256,
        hint="Rows beyond rows must be masked, in the load and in the store.",
    ),
    p2_case("a single row", 1, 5000, hint="More columns than a tile holds: the loop must go on."),
    p2_case("a single column", 300, 1, hint="A tile may be wider than the whole of x."),
    p2_case(
        "x stored column after column",
        50,
        300,
        layout="columns_first",
        hint="Compute addresses from both strides of x.",
    ),
    p2_case(
        "a long sum of positive terms",
        4,
        8192,
        values="positive",
        hint="The running sum must be float32.",
    ),
    p2_case(
        "two halves of a row that nearly cancel",
        30,
        2048,
        values="cancelling",
        hint="Convert to float32 before multiplying: products in 16 bits lose what is left.",
    ),
    p2_case("float32", 33, 300, dtype="float32"),
)

PROBLEM = Problem(
    id="p2",
    title="Weighted row sum, a first Triton kernel",
    entry="weighted_row_sum_forward",
    call=Call(args=("x", "w"), outputs=(Output("O", "elements"),)),
    uses_triton=True,
    make_inputs=row_sum_inputs,
    reference=lambda inputs, params: {"O": row_sum_reference(**inputs)},
    yardstick=lambda inputs, params, tf32: {"O": row_sum_yardstick(**inputs)},
    suspects=row_sum_suspects,
    axes=("row",),
    cases=(
        p2_case("512 × 1024", 512, 1024),
        p2_case("1024 × 4096", 1024, 4096),
        p2_case("2048 × 8192", 2048, 8192),
        p2_case("4096 × 8192", 4096, 8192),
        *P2_AWKWARD,
    ),
    small_cases=(
        p2_case("16 × 64", 16, 64),
        p2_case("64 × 512", 64, 512),
        *P2_AWKWARD,
    ),
    timing=Timing(
        params={"rows": 4096, "cols": 8192},
        seed=P2_SEED,
        warmup=5,
        calls=20,
        baselines={
            "torch (x * w).sum": lambda inputs, params: lambda: (inputs["x"] * inputs["w"]).sum(-1),
            "torch x @ w": lambda inputs, params: lambda: inputs["x"] @ inputs["w"],
        },
    ),
)
