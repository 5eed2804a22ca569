"""p9: forward and backward of attention with a window and sinks in Triton. The public side."""

from __future__ import annotations

import torch

from ..attention import mask_arguments, visible
from ..attention_grads import (
    GRADIENT_OUTPUTS,
    differentiated,
    gradient_inputs,
    gradient_reference,
    gradient_yardstick,
    scale_of,
)
from ..gradient_suspects import gradient_suspects
from ..problem import Call, Case, Problem, Timing

P9_SEED = 50


def p9_case(name: str, heads: int, kv_heads: int, n: int, dim: int, **more) -> Case:
    """A public case of p9 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim}
    sizes |= {"window_size": 32, "sink_size": 4, "is_causal": True, "scale": None}
    return Case(name, {**sizes, **more}, P9_SEED, hint)


P9_AWKWARD = (
    p9_case(
        "N is no multiple of the tile",
        2,
        1,
        130,
        16,
        hint="Queries beyond N must leave no trace in dk and dv, and nothing beyond N is written.",
    ),
    p9_case(
        "two batches, three query heads per key head",
        6,
        2,
        40,
        32,
        B=2,
        window_size=17,
        sink_size=2,
        hint="dk and dv of a key head are sums over the query heads that read it.",
    ),
    p9_case(
        "a window of one tile and a half",
        1,
        1,
        190,
        16,
        window_size=100,
        hint="Tiles without a mask must be seen in full, by their first query and by their last.",
    ),
    p9_case(
        "a window of one key, and no sinks",
        1,
        1,
        70,
        16,
        window_size=1,
        sink_size=0,
        hint="A window of W keeps W keys, the query's own included.",
    ),
    p9_case(
        "more sinks than the window is long",
        1,
        1,
        120,
        16,
        window_size=20,
        sink_size=40,
        hint="A pair that the window shows must not be counted a second time as a sink.",
    ),
    p9_case(
        "a window longer than the sequence",
        1,
        1,
        70,
        32,
        window_size=1000,
        hint="Then no key is hidden but those in the future.",
    ),
    p9_case(
        "hidden scores far above the visible ones",
        1,
        1,
        100,
        16,
        scores="steep",
        hint="Mask the recomputed scores just as the forward pass does.",
    ),
    p9_case(
        "inputs that are not contiguous",
        2,
        1,
        70,
        64,
        layout="heads_inside",
        hint="Compute addresses from the strides that the kernel is given, those of dO too.",
    ),
    p9_case("float32", 2, 1, 70, 16, dtype="float32"),
)


def windowed_sdpa(inputs, params):
    """PyTorch's fused attention with a mask that is made once, outside the timed calls."""
    n = torch.arange(params["N"], device=inputs["q"].device)
    mask = visible(n[:, None], n[None], **mask_arguments(params))
    return differentiated(
        lambda q, k, v: torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, enable_gqa=True
        ),
        inputs,
    )


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
    make_inputs=gradient_inputs,
    reference=gradient_reference,
    yardstick=gradient_yardstick,
    suspects=gradient_suspects,
    axes=("batch", "head", "row"),
    cases=(
        p9_case("16 query heads, 16 key heads, N=4096", 16, 16, 4096, 16, window_size=256),
        p9_case("16 query heads, 8 key heads, N=4096", 16, 8, 4096, 16, window_size=256),
        p9_case("16 query heads, 1 key head, N=4096", 16, 1, 4096, 16, window_size=256),
        *P9_AWKWARD,
    ),
    small_cases=(
        p9_case("1 query head, 1 key head, N=64", 1, 1, 64, 16, window_size=16),
        p9_case("2 query heads, 1 key head, N=128", 2, 1, 128, 16),
        *P9_AWKWARD,
    ),
    timing=Timing(
        params={
            "B": 1,
            "H": 16,
            "Hkv": 8,
            "N": 4096,
            "D": 16,
            "window_size": 256,
            "sink_size": 4,
            "is_causal": True,
            "scale": None,
        },
        seed=P9_SEED,
        warmup=5,
        calls=20,
        baselines={"naive PyTorch": windowed_naive, "torch SDPA with a mask": windowed_sdpa},
    ),
)
