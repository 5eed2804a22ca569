"""p8: forward and backward of causal grouped-query attention in Triton. The public side."""

from __future__ import annotations

from functools import partial

from torch.nn.functional import scaled_dot_product_attention

from ...problem import Call, Numbers, Problem, Timing, make_case
from .attention import naive_attention
from .backward import P8
from .gradients import (
    GRADIENT_OUTPUTS,
    differentiated,
    gradient_inputs,
    gradient_reference,
    gradient_yardstick,
)
from .inputs import THREE_WAYS
from .inside_backward import LOOK_8

SEED = 49
USUAL: Numbers = dict(B=1, H=1, Hkv=1, N=100, D=16, is_causal=True, softmax_scale=None)
case = partial(make_case, seed=SEED, **USUAL)
shared = partial(case, H=2)  # two query heads share a key head
three_share = partial(case, H=6, Hkv=2)
large = partial(case, H=16, N=4096)

LARGE = (
    large("16 query heads, 16 key heads, N=4096", Hkv=16),
    large("16 query heads, 8 key heads, N=4096", Hkv=8),
    large("16 query heads, 1 key head, N=4096", Hkv=1),
)
SMALL = (
    case("1 query head, 1 key head, N=64", N=64),
    shared("2 query heads, 1 key head, N=128", N=128),
)
AWKWARD = (
    shared("N is no multiple of the tile", N=130),
    three_share("two batches, three query heads per key head", B=2, N=40, D=32),
    case("a softmax scale of its own", N=70, softmax_scale=0.1),
    case("stable on large scores", D=32, scores="positive"),
    case("hidden scores far above the visible ones", scores="steep"),
    case("all scores near -12000", D=32, scores="abyss"),
    shared("q, k, v, dO stored in three ways", N=128, D=32, layout=THREE_WAYS[0]),
    shared("float32", N=70, dtype="float32"),
)

naive = partial(naive_attention, is_causal=True)
sdpa = partial(scaled_dot_product_attention, is_causal=True, enable_gqa=True)

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
    graded_on="other lengths, head counts and dimensions, layouts and score patterns",
    make_inputs=gradient_inputs,
    reference=gradient_reference,
    yardstick=gradient_yardstick,
    witnesses=P8,
    look=LOOK_8,
    axes=("batch", "head", "row"),
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[1].params,
        SEED,
        baselines={
            "naive PyTorch": lambda x, params: differentiated(naive, x),
            "torch SDPA": lambda x, params: differentiated(sdpa, x),
        },
    ),
)
