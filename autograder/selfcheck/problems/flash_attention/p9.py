"""p9: forward and backward of attention with a window and sinks in Triton. The public side."""

from __future__ import annotations

from functools import partial

import torch
from torch.nn.functional import scaled_dot_product_attention

from ...problem import Call, Problem, Timing, make_case
from .attention import mask_arguments, visible
from .backward_windows import P9
from .gradients import (
    GRADIENT_OUTPUTS,
    differentiated,
    gradient_inputs,
    gradient_reference,
    gradient_yardstick,
    scale_of,
)
from .inputs import THREE_WAYS
from .inside_backward import LOOK_9

SEED = 50
SHORTHAND = {"window": "window_size", "sinks": "sink_size"}
USUAL = dict(B=1, H=1, Hkv=1, N=70, D=16, window=32, sinks=4, is_causal=True, scale=None)
case = partial(make_case, seed=SEED, shorthand=SHORTHAND, **USUAL)
shared = partial(case, H=2)  # two query heads share a key head
three_share = partial(case, B=2, H=6, Hkv=2, N=40, D=32)
large = partial(case, H=16, N=4096, window=256)

LARGE = (
    large("16 query heads, 16 key heads, N=4096", Hkv=16),
    large("16 query heads, 8 key heads, N=4096", Hkv=8),
    large("16 query heads, 1 key head, N=4096", Hkv=1),
)
SMALL = (
    case("1 query head, 1 key head, N=64", N=64, window=16),
    shared("2 query heads, 1 key head, N=128", N=128),
)
AWKWARD = (
    shared("N is no multiple of the tile", N=130),
    three_share("two batches, three query heads per key head", window=17, sinks=2),
    case("a window of one tile and two keys", N=100, D=64, window=34),
    case("a window of one key, and no sinks", window=1, sinks=0),
    case("more sinks than the window is long", N=120, window=20, sinks=40),
    case("a window longer than the sequence", D=32, window=1000),
    case("hidden scores far above the visible ones", N=100, scores="steep"),
    case("all scores near -12000", N=100, scores="abyss"),
    shared("q, k, v, dO stored in three ways", N=64, D=64, layout=THREE_WAYS[0]),
    case("a scale of one half", scale=0.5),
    shared("float32", dtype="float32"),
)


def windowed_sdpa(inputs, params):
    """PyTorch's fused attention with a mask that is made once, outside the timed calls."""
    n = torch.arange(params["N"], device=inputs["q"].device)
    mask = visible(n[:, None], n[None], **mask_arguments(params))
    sdpa = partial(scaled_dot_product_attention, attn_mask=mask, enable_gqa=True)
    return differentiated(sdpa, inputs)


def windowed_naive(inputs, params):
    """The textbook version, with its mask made once."""
    n = torch.arange(params["N"], device=inputs["q"].device)
    hidden = ~visible(n[:, None], n[None], **mask_arguments(params))
    group = params["H"] // params["Hkv"]
    scale = scale_of(params, params["D"])

    def attention(q, k, v):
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        scores = (q @ k.transpose(-1, -2) * scale).masked_fill(hidden, float("-inf"))
        return torch.softmax(scores, -1) @ v

    return differentiated(attention, inputs)


PROBLEM = Problem(
    id="p9",
    title="Backward pass with a sliding window and sinks",
    entry="flash_swda_with_sink",
    call=Call(
        args=("q", "k", "v", "window_size"),
        kwargs=("sink_size", "is_causal", "scale"),
        outputs=GRADIENT_OUTPUTS,
        grads=("q", "k", "v"),
    ),
    uses_triton=True,
    graded_on="other lengths, windows and sinks of every awkward size, head counts and layouts",
    make_inputs=gradient_inputs,
    reference=gradient_reference,
    yardstick=gradient_yardstick,
    witnesses=P9,
    look=LOOK_9,
    axes=("batch", "head", "row"),
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[1].params,
        SEED,
        baselines={"naive PyTorch": windowed_naive, "torch SDPA with a mask": windowed_sdpa},
    ),
)
