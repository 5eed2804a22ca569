"""p8: forward and backward of causal grouped-query attention in Triton. The public side."""

from __future__ import annotations

import torch

from ..attention import naive_attention
from ..attention_grads import (
    GRADIENT_OUTPUTS,
    differentiated,
    gradient_inputs,
    gradient_reference,
    gradient_yardstick,
)
from ..gradient_suspects import gradient_suspects
from ..problem import Call, Case, Problem, Timing

P8_SEED = 49


def p8_case(name: str, heads: int, kv_heads: int, n: int, dim: int, **more) -> Case:
    """A public case of p8 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim}
    sizes |= {"is_causal": True, "softmax_scale": None}
    return Case(name, {**sizes, **more}, P8_SEED, hint)


P8_AWKWARD = (
    p8_case(
        "N is no multiple of the tile",
        2,
        1,
        130,
        16,
        hint="Queries beyond N must leave no trace in dk and dv, and nothing beyond N is written.",
    ),
    p8_case(
        "two batches, three query heads per key head",
        6,
        2,
        40,
        32,
        B=2,
        hint="dk and dv of a key head are sums over the query heads that read it.",
    ),
    p8_case(
        "a softmax scale of its own",
        1,
        1,
        70,
        16,
        softmax_scale=0.1,
        hint="Three places need the scale: the scores, dq and dk.",
    ),
    p8_case(
        "stable on large scores",
        1,
        1,
        100,
        32,
        scores="positive",
        hint="Rebuild P as exp2(score - L), never as exp2(score) / exp2(L).",
    ),
    p8_case(
        "hidden scores far above the visible ones",
        1,
        1,
        100,
        16,
        scores="steep",
        hint="Mask P when it is rebuilt: exp2 of a hidden score may be anything, even inf.",
    ),
    p8_case(
        "inputs that are not contiguous",
        2,
        1,
        70,
        64,
        layout="heads_inside",
        hint="Compute addresses from the strides that the kernel is given, those of dO too.",
    ),
    p8_case("float32", 2, 1, 70, 16, dtype="float32"),
)

PROBLEM = Problem(
    id="p8",
    title="Backward pass of causal grouped-query attention",
    entry="flash_attention_gqa",
    call=Call(
        args=("q", "k", "v"),
        kwargs=("is_causal", "softmax_scale"),
        outputs=GRADIENT_OUTPUTS,
        grads=("q", "k", "v"),
    ),
    uses_triton=True,
    make_inputs=gradient_inputs,
    reference=gradient_reference,
    yardstick=gradient_yardstick,
    suspects=gradient_suspects,
    axes=("batch", "head", "row"),
    cases=(
        p8_case("16 query heads, 16 key heads, N=4096", 16, 16, 4096, 16),
        p8_case("16 query heads, 8 key heads, N=4096", 16, 8, 4096, 16),
        p8_case("16 query heads, 1 key head, N=4096", 16, 1, 4096, 16),
        *P8_AWKWARD,
    ),
    small_cases=(
        p8_case("1 query head, 1 key head, N=64", 1, 1, 64, 16),
        p8_case("2 query heads, 1 key head, N=128", 2, 1, 128, 16),
        *P8_AWKWARD,
    ),
    timing=Timing(
        params={
            "B": 1,
            "H": 16,
            "Hkv": 8,
            "N": 4096,
            "D": 16,
            "is_causal": True,
            "softmax_scale": None,
        },
        seed=P8_SEED,
        warmup=5,
        calls=20,
        baselines={
            "naive PyTorch": lambda x, params: differentiated(
                lambda q, k, v: naive_attention(q, k, v, is_causal=True), x
            ),
            "torch SDPA": lambda x, params: differentiated(
                lambda q, k, v: torch.nn.functional.scaled_dot_product_attention(
                    q, k, v, is_causal=True, enable_gqa=True
                ),
                x,
            ),
        },
    ),
)
