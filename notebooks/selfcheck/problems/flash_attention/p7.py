"""p7: causal grouped-query attention in a sliding window with sinks, in Triton. The public side."""

from __future__ import annotations

from functools import partial

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick
from .inputs import THREE_WAYS, attention_inputs
from .inside import LOOK_7
from .sinks import P7
from .window import naive_in_window, sdpa_in_window

SEED = 48
SHORTHAND = {"window": "window_size", "sinks": "sink_size"}
USUAL = dict(B=1, H=2, Hkv=1, N=193, D=16, is_causal=True, window=64, sinks=4)
case = partial(make_case, seed=SEED, shorthand=SHORTHAND, **USUAL)
paired = partial(case, H=4, Hkv=2)  # two kv heads, each shared by two query heads
large = partial(case, H=16, Hkv=2, window=128, sinks=8)

LARGE = (
    large("N=512", H=8, N=512, D=32),
    large("N=1024", H=8, N=1024, D=32),
    large("N=2048", N=2048),
    large("N=4096", N=4096),
)
SMALL = (
    paired("N=64, window 16, 4 sinks", N=64, D=32, window=16, sinks=4),
    paired("N=192, window 64, 8 sinks", N=192, window=64, sinks=8),
)
AWKWARD = (
    case("no sinks", N=150, window=40, sinks=0),
    case("more sinks than window", window=10, sinks=40),
    case("sinks of more than a tile", N=200, window=50, sinks=100),
    case("sinks beyond the last key", N=130, window=16, sinks=500),
    case("window of one key", Hkv=2, N=70, window=1, sinks=3),
    case("window longer than the sequence", N=70, window=500),
    case("one kv head for all query heads, two sequences", B=2, H=4, N=130, window=40),
    case("what the mask hides scores highest", scores="steep"),
    case("the sinks score highest", scores="bygone"),
    case("all scores near -12000", N=200, window=20, sinks=100, scores="abyss"),
    case("q, k, v stored in three ways", N=160, D=64, window=90, sinks=20, layout=THREE_WAYS[0]),
    case("float32", N=130, window=48, dtype="float32"),
)

PROBLEM = Problem(
    id="p7",
    title="Sliding-window attention with sinks",
    entry="flash_attention_forward",
    call=Call(
        args=("q", "k", "v"),
        kwargs=("is_causal", "window_size", "sink_size"),
        outputs=(Output("O"),),
    ),
    uses_triton=True,
    graded_on="other lengths, windows, sinks, head counts, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P7,
    look=LOOK_7,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={"naive PyTorch": naive_in_window, "torch SDPA with a mask": sdpa_in_window},
    ),
)
