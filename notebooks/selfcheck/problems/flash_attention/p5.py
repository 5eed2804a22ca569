"""p5: causal grouped-query attention in Triton. The public side."""

from __future__ import annotations

from functools import partial

from torch.nn.functional import scaled_dot_product_attention

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick, naive_attention
from .heads import P5
from .inputs import THREE_WAYS, attention_inputs
from .inside import LOOK_5

SEED = 46
case = partial(make_case, seed=SEED, B=1, H=4, Hkv=2, N=70, D=16, is_causal=True)

LARGE = (
    case("N=512", H=8, N=512),
    case("N=1024", H=8, N=1024),
    case("N=2048", H=16, N=2048),
    case("N=4096", H=16, N=4096),
)
SMALL = (
    case("N=64", N=64),
    case("N=130", N=130),
)
AWKWARD = (
    case("one kv head for all query heads", Hkv=1),
    case("as many kv heads as query heads", H=3, Hkv=3),
    case("two sequences at once", B=2),
    case("N is no multiple of the tile", H=2, Hkv=1, N=193),
    case("running maximum moves in every tile", H=2, Hkv=1, N=256, scores="rising"),
    case("more queries than keys", H=2, Hkv=1, Nq=100, Nk=40, D=32),
    case("two sequences, stored in three ways", B=2, N=128, layout=THREE_WAYS[0]),
    case("two sequences, stored in three other ways", B=2, layout=THREE_WAYS[2]),
    case("float32", dtype="float32"),
)

naive = partial(naive_attention, is_causal=True)
sdpa = partial(scaled_dot_product_attention, is_causal=True, enable_gqa=True)

PROBLEM = Problem(
    id="p5",
    title="Causal grouped-query attention",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal",), outputs=(Output("O"),)),
    uses_triton=True,
    graded_on="other lengths, head counts and dimensions, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P5,
    look=LOOK_5,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={
            "naive PyTorch": lambda x, params: partial(naive, **x),
            "torch SDPA": lambda x, params: partial(sdpa, x["q"], x["k"], x["v"]),
        },
    ),
)
