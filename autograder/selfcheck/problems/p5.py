"""p5: causal grouped-query attention in Triton. The public side."""

from __future__ import annotations

import torch

from ..attention import attention_reference, attention_yardstick, naive_attention
from ..attention_inputs import attention_inputs
from ..attention_suspects import attention_suspects
from ..problem import Call, Case, Output, Problem, Timing

P5_SEED = 46


def p5_case(name: str, heads: int, kv_heads: int, n: int, dim: int, **more) -> Case:
    """A public case of p5 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim, "is_causal": True}
    return Case(name, {**sizes, **more}, P5_SEED, hint)


P5_AWKWARD = (
    p5_case(
        "one kv head for all query heads",
        4,
        1,
        70,
        16,
        hint="Hkv = 1: every query head reads kv head 0.",
    ),
    p5_case(
        "as many kv heads as query heads",
        3,
        3,
        70,
        16,
        hint="Hkv = Hq is ordinary attention: query head h reads kv head h.",
    ),
    p5_case(
        "two sequences at once",
        4,
        2,
        70,
        16,
        B=2,
        hint="pid_bh counts query heads, H for each sequence; k and v have a batch stride too.",
    ),
    p5_case(
        "N is no multiple of the tile",
        2,
        1,
        193,
        16,
        hint="In phase 2, keys at Nk or beyond must be read as 0.",
    ),
    p5_case(
        "running maximum moves in every tile",
        2,
        1,
        256,
        16,
        scores="rising",
    ),
    p5_case(
        "inputs that are not contiguous",
        4,
        2,
        100,
        64,
        layout="heads_inside",
        hint="q, k and v have strides of their own: use each with its own tensor.",
    ),
    p5_case("float32", 4, 2, 70, 16, dtype="float32"),
)

PROBLEM = Problem(
    id="p5",
    title="Causal grouped-query attention",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=attention_suspects,
    cases=(
        p5_case("N=512", 8, 2, 512, 16),
        p5_case("N=1024", 8, 2, 1024, 16),
        p5_case("N=2048", 16, 2, 2048, 16),
        p5_case("N=4096", 16, 2, 4096, 16),
        *P5_AWKWARD,
    ),
    small_cases=(
        p5_case("N=64", 4, 2, 64, 16),
        p5_case("N=130", 4, 2, 130, 16),
        *P5_AWKWARD,
    ),
    timing=Timing(
        params={"B": 1, "H": 16, "Hkv": 2, "N": 4096, "D": 16, "is_causal": True},
        seed=P5_SEED,
        warmup=5,
        calls=20,
        baselines={
            "naive PyTorch": lambda x, params: lambda: naive_attention(**x, is_causal=True),
            "torch SDPA": lambda x, params: (
                lambda: torch.nn.functional.scaled_dot_product_attention(
                    x["q"], x["k"], x["v"], is_causal=True, enable_gqa=True
                )
            ),
        },
    ),
)
