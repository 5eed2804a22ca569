"""p3: flash attention in Triton, forward, not causal. The public side."""

from __future__ import annotations

from functools import partial

from torch.nn.functional import scaled_dot_product_attention as sdpa

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick, naive_attention
from .inputs import LEADER, THREE_WAYS, attention_inputs
from .inside import LOOK_3
from .online import P3

SEED = 44
case = partial(make_case, seed=SEED, B=1, H=1, N=256, D=16, is_causal=False)

LARGE = (
    case("N=512", H=8, N=512),
    case("N=1024", H=8, N=1024),
    case("N=2048", H=16, N=2048),
    case("N=4096", H=16, N=4096),
)
SMALL = (
    case("N=64", N=64),
    case("N=256", N=256),
)
AWKWARD = (
    case("N is no multiple of the tile", N=193),
    case("stable on large scores", N=128, D=32, scores="positive"),
    case("running maximum moves in every tile", scores="rising"),
    case("running maximum set by the first tile", scores="falling"),
    case("all scores near -12000", Nq=70, Nk=150, scores="abyss"),
    case("from query to query other scores", N=130, scores="uneven"),
    case("few queries, a thousand keys", Nq=3, Nk=1000, D=64, **LEADER),
    case("q, k, v stored in three ways", H=2, N=128, D=32, layout=THREE_WAYS[0]),
    case("float32", N=130, scores="large", dtype="float32"),
)

PROBLEM = Problem(
    id="p3",
    title="Flash attention in Triton, not causal",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    graded_on="other lengths, head dimensions, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P3,
    look=LOOK_3,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={
            "naive PyTorch": lambda x, params: partial(naive_attention, x["q"], x["k"], x["v"]),
            "torch SDPA": lambda x, params: partial(sdpa, x["q"], x["k"], x["v"]),
        },
    ),
)
