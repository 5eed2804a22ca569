"""p6: causal grouped-query attention in a sliding window, in Triton. The public side."""

from __future__ import annotations

from functools import partial

from ...problem import Call, Output, Problem, Timing, make_case
from .attention import attention_reference, attention_yardstick
from .inputs import THREE_WAYS, attention_inputs
from .inside import LOOK_6
from .window import naive_in_window, sdpa_in_window
from .windows import P6

SEED = 47
SHORTHAND = {"window": "window_size"}
USUAL = dict(B=1, H=2, Hkv=1, N=193, D=16, is_causal=True, window=64)
case = partial(make_case, seed=SEED, shorthand=SHORTHAND, **USUAL)
paired = partial(case, H=4, Hkv=2)  # two kv heads, each shared by two query heads
large = partial(case, H=16, Hkv=2, window=128)

LARGE = (
    large("N=512", H=8, N=512),
    large("N=1024", H=8, N=1024),
    large("N=2048", N=2048),
    large("N=4096", N=4096),
)
SMALL = (
    paired("N=64, window 32", N=64, window=32),
    paired("N=192, window 64", N=192, window=64),
)
AWKWARD = (
    case("window is no multiple of the tile", N=200, window=100),
    case("window of a tile and two keys", window=66),
    case("window narrower than a tile", N=130, window=10),
    case("window of one key", Hkv=2, N=70, window=1),
    case("window longer than the sequence", N=70, window=500),
    case("one kv head for all query heads, two sequences", B=2, H=4, N=150, window=40),
    case("what the window hides scores highest", scores="bygone"),
    case("running maximum moves in every tile", scores="rising"),
    case("all scores near -12000", N=130, window=50, scores="abyss"),
    paired("q, k, v stored in three ways", N=64, D=64, window=34, layout=THREE_WAYS[0]),
    case("float32", N=130, window=48, dtype="float32"),
)

PROBLEM = Problem(
    id="p6",
    title="Sliding-window attention",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal", "window_size"), outputs=(Output("O"),)),
    uses_triton=True,
    graded_on="other lengths, windows, head counts, layouts and score patterns",
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    witnesses=P6,
    look=LOOK_6,
    cases=LARGE + AWKWARD,
    small_cases=SMALL + AWKWARD,
    timing=Timing(
        LARGE[-1].params,
        SEED,
        baselines={"naive PyTorch": naive_in_window, "torch SDPA with a mask": sdpa_in_window},
    ),
)
