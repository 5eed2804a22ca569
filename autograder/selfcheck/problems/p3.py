"""p3: flash attention in Triton, forward, not causal. The public side."""

from __future__ import annotations

import torch

from ..attention import attention_reference, attention_yardstick, naive_attention
from ..attention_inputs import attention_inputs
from ..attention_suspects import attention_suspects
from ..problem import Call, Case, Output, Problem, Timing

P3_SEED = 44


def p3_case(name: str, heads: int, n: int, dim: int, **more) -> Case:
    """A public case of p3 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "N": n, "D": dim, "is_causal": False}
    return Case(name, {**sizes, **more}, P3_SEED, hint)


P3_AWKWARD = (
    p3_case(
        "N is no multiple of the tile",
        1,
        193,
        16,
        hint="Keys beyond N need the score -inf, so that their weight is 0.",
    ),
    p3_case(
        "stable on large scores",
        1,
        128,
        32,
        scores="positive",
        hint="Subtract the running maximum before exp2.",
    ),
    p3_case(
        "running maximum moves in every tile",
        1,
        256,
        16,
        scores="rising",
        hint="When the maximum moves, l and acc of the tiles before must be rescaled.",
    ),
    p3_case(
        "running maximum set by the first tile",
        1,
        256,
        16,
        scores="falling",
        hint="The maximum of the tiles before must be carried over.",
    ),
    p3_case(
        "inputs that are not contiguous",
        2,
        100,
        64,
        layout="heads_inside",
        hint="Compute addresses from the strides that the kernel is given.",
    ),
    p3_case("float32", 1, 130, 16, dtype="float32"),
)

PROBLEM = Problem(
    id="p3",
    title="Flash attention in Triton, not causal",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=attention_suspects,
    cases=(
        p3_case("N=512", 8, 512, 16),
        p3_case("N=1024", 8, 1024, 16),
        p3_case("N=2048", 16, 2048, 16),
        p3_case("N=4096", 16, 4096, 16),
        *P3_AWKWARD,
    ),
    small_cases=(
        p3_case("N=64", 1, 64, 16),
        p3_case("N=256", 1, 256, 16),
        *P3_AWKWARD,
    ),
    timing=Timing(
        params={"B": 1, "H": 16, "N": 4096, "D": 16, "is_causal": False},
        seed=P3_SEED,
        warmup=5,
        calls=20,
        baselines={
            "naive PyTorch": lambda x, params: lambda: naive_attention(**x),
            "torch SDPA": lambda x, params: (
                lambda: torch.nn.functional.scaled_dot_product_attention(x["q"], x["k"], x["v"])
            ),
        },
    ),
)
