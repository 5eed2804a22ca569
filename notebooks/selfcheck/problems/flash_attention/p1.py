"""p1: tiled attention in PyTorch, forward, causal or not. The public side."""

from __future__ import annotations

from functools import partial

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick, naive_attention
from .inputs import LEADER, THREE_WAYS, attention_inputs
from .inside import LOOK_1
from .online import P1

SEED = 42
SHORTHAND = {"N": "Nq Nk"}
case = partial(make_case, seed=SEED, shorthand=SHORTHAND, B=1, H=2, N=257, D=16, is_causal=False)

LARGE = (
    case("N=512", H=8, N=512),
    case("N=1024, causal", H=8, N=1024, is_causal=True),
    case("N=2048, causal", H=16, N=2048, is_causal=True),
    case("N=4096, causal", H=16, N=4096, is_causal=True),
)
SMALL = (
    case("N=128", N=128),
    case("N=256, causal", N=256, is_causal=True),
)
AWKWARD = (
    case("N is no multiple of the tile", N=193),
    case("causal, fewer queries than keys", Nq=100, Nk=257, is_causal=True),
    case("stable on large scores", N=128, D=32, scores="positive"),
    case("running maximum moves in every tile", is_causal=True, scores="rising"),
    case("running maximum set by the first tile", scores="falling"),
    case("the hidden future scores far above the past", is_causal=True, scores="steep"),
    case("all scores near -12000", N=130, is_causal=True, scores="abyss"),
    case("from query to query other scores", N=130, scores="uneven"),
    case("few queries, thousands of keys", Nq=4, Nk=2100, D=64, **LEADER),
    case("q, k, v stored in three ways", N=100, D=64, is_causal=True, layout=THREE_WAYS[0]),
    case("float32", N=130, is_causal=True, dtype="float32"),
)


def reference(inputs, params) -> dict:
    """Both outputs in float64."""
    return dict(zip("OL", attention_reference(**inputs, params=params), strict=True))


TILE = 128 * 64  # scores that the given code computes at a time, per head


def largest(params) -> int | None:
    """Half as many elements again as a tile of scores, or as all queries or keys, has; None where
    a table of all scores is no larger.
    """
    n_q, n_k = params["Nq"], params["Nk"]
    most = max(TILE, max(n_q, n_k) * params["D"]) * 3 // 2
    return params["B"] * params["H"] * most if n_q * n_k > most else None


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
    graded_on="other lengths, head dimensions, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=reference,
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P1,
    look=LOOK_1,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    largest=largest,
    timing=Timing(
        dict(B=1, H=16, N=2048, D=16, is_causal=True),
        SEED,
        baselines={
            "naive PyTorch": lambda x, params: partial(naive_attention, **x, is_causal=True),
            "torch SDPA": lambda x, params: partial(sdpa, x["q"], x["k"], x["v"], is_causal=True),
        },
        warmup=3,
        calls=10,
    ),
)
