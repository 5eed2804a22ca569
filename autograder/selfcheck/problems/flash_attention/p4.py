"""p4: causal flash attention in Triton, in two phases. The public side."""

from __future__ import annotations

from functools import partial

from torch.nn.functional import scaled_dot_product_attention as sdpa

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick, naive_attention
from .inputs import LEADER, THREE_WAYS, attention_inputs
from .online import P4

EDGE = "In phase 2, keys at Nk or beyond must be read as 0."
FAR_BELOW = (
    "The last tile of keys may be ragged for queries far below the diagonal, too: phase 2 "
    "gives keys at Nk or beyond the score -inf."
)
SUBTRACT = "Subtract the running maximum before exp2."
RESCALE = "When the maximum moves, l and acc of the tiles before must be rescaled."
MASK_FIRST = "Mask before taking the maximum, with -inf."
SUM = "l and acc are float32 sums of all keys."
STRIDES = "Load through k_offs and v_offs: they hold the strides."

SEED = 45
case = partial(make_case, seed=SEED, B=1, H=1, N=256, D=16, is_causal=True)

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
    case("N is no multiple of the tile", N=193, hint=EDGE),
    case("Nq > Nk", N=190, Nq=190, Nk=100, D=32, hint=FAR_BELOW),
    case("stable on large scores", N=128, D=32, scores="positive", hint=SUBTRACT),
    case("running maximum moves in every tile", scores="rising", hint=RESCALE),
    case("the hidden future scores far above the past", N=150, scores="steep", hint=MASK_FIRST),
    case("all scores near -12000", N=130, scores="abyss", hint=MASK_FIRST),
    case("a 16-bit sum loses the small shares", N=256, D=64, **LEADER, hint=SUM),
    case("q, k, v stored in three ways", H=2, N=128, D=32, layout=THREE_WAYS[0], hint=STRIDES),
    case("float32", N=130, dtype="float32"),
)

PROBLEM = Problem(
    id="p4",
    title="Causal flash attention in two phases",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    graded_on="other lengths, head dimensions, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P4,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={
            "naive PyTorch": lambda x, params: partial(naive_attention, **x, is_causal=True),
            "torch SDPA": lambda x, params: partial(sdpa, x["q"], x["k"], x["v"], is_causal=True),
        },
    ),
)
