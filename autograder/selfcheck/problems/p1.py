"""p1: tiled attention in PyTorch, forward, causal or not. The public side."""

from __future__ import annotations

import torch

from ..attention import attention_reference, attention_yardstick, naive_attention
from ..attention_inputs import attention_inputs
from ..attention_suspects import attention_suspects
from ..problem import Call, Case, MemoryCase, Output, Problem, Timing

P1_SEED = 42


def p1_case(name: str, heads: int, n_q: int, n_k: int, dim: int, is_causal: bool, **more) -> Case:
    """A public case of p1 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Nq": n_q, "Nk": n_k, "D": dim, "is_causal": is_causal}
    return Case(name, {**sizes, **more}, P1_SEED, hint)


P1_AWKWARD = (
    p1_case(
        "N is no multiple of the tile",
        2,
        193,
        193,
        16,
        False,
        hint="Look at the last, shorter tile.",
    ),
    p1_case(
        "causal, fewer queries than keys",
        2,
        100,
        257,
        16,
        True,
        hint="The mask is top-left aligned: j <= i.",
    ),
    p1_case(
        "stable on large scores",
        2,
        128,
        128,
        32,
        False,
        scores="positive",
        hint="Subtract the running maximum before exp.",
    ),
    p1_case(
        "running maximum moves in every tile",
        2,
        257,
        257,
        16,
        True,
        scores="rising",
        hint="When the maximum moves, l and acc of the tiles before must be rescaled.",
    ),
    p1_case(
        "running maximum set by the first tile",
        2,
        257,
        257,
        16,
        False,
        scores="falling",
        hint="The maximum of the tiles before must be carried over.",
    ),
    p1_case("inputs that are not contiguous", 2, 100, 100, 64, True, layout="heads_inside"),
    p1_case("float32", 2, 130, 130, 16, True, dtype="float32"),
)


def p1_outputs(o: torch.Tensor, logsumexp: torch.Tensor) -> dict:
    """Name the two outputs."""
    return {"O": o, "L": logsumexp}


PROBLEM = Problem(
    id="p1",
    title="Tiled attention in PyTorch",
    entry="FlashAttention2Function",
    call=Call(
        args=("q", "k", "v", "is_causal"),
        outputs=(Output("O"), Output("L", "logsumexp", torch.float32)),
        method="apply",
    ),
    uses_triton=False,
    make_inputs=attention_inputs,
    reference=lambda x, params: p1_outputs(*attention_reference(**x, params=params)),
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=attention_suspects,
    cases=(
        p1_case("N=512", 8, 512, 512, 16, False),
        p1_case("N=1024, causal", 8, 1024, 1024, 16, True),
        p1_case("N=2048, causal", 16, 2048, 2048, 16, True),
        p1_case("N=4096, causal", 16, 4096, 4096, 16, True),
        *P1_AWKWARD,
    ),
    small_cases=(
        p1_case("N=128", 2, 128, 128, 16, False),
        p1_case("N=256, causal", 2, 256, 256, 16, True),
        *P1_AWKWARD,
    ),
    # All scores of this head are 1024 * 1024 elements; a tile of 512 * 512 is still a tile.
    memory=MemoryCase(
        {"B": 1, "H": 1, "Nq": 1024, "Nk": 1024, "D": 16, "is_causal": False},
        largest=512 * 512,
    ),
    timing=Timing(
        params={"B": 1, "H": 16, "N": 2048, "D": 16, "is_causal": True},
        seed=P1_SEED,
        warmup=3,
        calls=10,
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
