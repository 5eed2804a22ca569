"""p4: causal flash attention in Triton, in two phases. The public side."""

from __future__ import annotations

import torch

from ..attention import attention_reference, attention_yardstick, naive_attention
from ..attention_inputs import attention_inputs
from ..attention_suspects import attention_suspects
from ..problem import Call, Case, Output, Problem, Timing

P4_SEED = 45


def p4_case(name: str, heads: int, n: int, dim: int, **more) -> Case:
    """A public case of p4 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "N": n, "D": dim, "is_causal": True}
    return Case(name, {**sizes, **more}, P4_SEED, hint)


P4_AWKWARD = (
    p4_case(
        "N is no multiple of the tile",
        1,
        193,
        16,
        hint="In phase 2, keys at Nk or beyond must be read as 0.",
    ),
    p4_case(
        "Nq > Nk",
        1,
        190,
        32,
        Nq=190,
        Nk=100,
        hint="The last tile of keys may be ragged for queries far below the diagonal, too: phase 2 "
        "gives keys at Nk or beyond the score -inf.",
    ),
    p4_case(
        "stable on large scores",
        1,
        128,
        32,
        scores="positive",
        hint="Subtract the running maximum before exp2.",
    ),
    p4_case(
        "running maximum moves in every tile",
        1,
        256,
        16,
        scores="rising",
        hint="When the maximum moves, l and acc of the tiles before must be rescaled.",
    ),
    p4_case(
        "the hidden future scores far above the past",
        1,
        150,
        16,
        scores="steep",
        hint="Mask before taking the maximum, with -inf.",
    ),
    p4_case(
        "inputs that are not contiguous",
        2,
        100,
        64,
        layout="heads_inside",
        hint="Load through k_offs and v_offs: they hold the strides.",
    ),
    p4_case("float32", 1, 130, 16, dtype="float32"),
)

PROBLEM = Problem(
    id="p4",
    title="Causal flash attention in two phases",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=attention_suspects,
    cases=(
        p4_case("N=512", 8, 512, 16),
        p4_case("N=1024", 8, 1024, 16),
        p4_case("N=2048", 16, 2048, 16),
        p4_case("N=4096", 16, 4096, 16),
        *P4_AWKWARD,
    ),
    small_cases=(
        p4_case("N=64", 1, 64, 16),
        p4_case("N=256", 1, 256, 16),
        *P4_AWKWARD,
    ),
    timing=Timing(
        params={"B": 1, "H": 16, "N": 4096, "D": 16, "is_causal": True},
        seed=P4_SEED,
        warmup=5,
        calls=20,
        baselines={
            "naive PyTorch": lambda x, params: lambda: naive_attention(**x, is_causal=True),
            "torch SDPA": lambda x, params: (
                lambda: torch.nn.functional.scaled_dot_product_attention(
                    x["q"], x["k"], x["v"], is_causal=True
                )
            ),
        },
    ),
)
