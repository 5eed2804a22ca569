"""p6: what counts in sliding-window attention."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problem import Numbers
from autograder.selfcheck.problems.flash_attention import p6
from autograder.selfcheck.problems.flash_attention.inputs import THREE_WAYS

USUAL: Numbers = dict(B=1, H=2, Hkv=1, N=70, D=16, is_causal=True, window=20)
graded = partial(make_graded, shorthand=p6.SHORTHAND, **USUAL)
paired = partial(graded, H=4, Hkv=2)  # two kv heads, each shared by two query heads
rows = partial(paired, gpu=dict(N=500))
given = partial(graded, N=96, D=32, layout=THREE_WAYS[0])

CASES = (
    paired(0.5, "N=64, window 32", N=64, window=32, public=p6.LARGE[0]),
    paired(0.5, "N=96, window 32", N=96, window=32, public=p6.LARGE[1]),
    paired(0.5, "N=160, window 64", N=160, window=64, public=p6.LARGE[2]),
    paired(0.5, "N=192, window 64", N=192, window=64, public=p6.LARGE[3]),
    graded(3, "one more than a tile", N=193, window=65, gpu=dict(N=1009, window=129)),
    graded(1, "one less than a tile", N=193, window=63, gpu=dict(N=1009, window=127)),
    graded(3, "two more than a tile", N=193, window=66, gpu=dict(N=1009, window=130)),
    graded(2, "a tile and a half", N=200, D=32, window=100, gpu=dict(N=1000, window=200)),
    graded(1.5, "a very narrow window", N=130, window=7, gpu=dict(N=1009)),
    paired(1.5, "two keys for each query", window=2, gpu=dict(N=500)),
    graded(1, "each query alone", D=32, window=1, gpu=dict(N=500)),
    graded(1, "the window is the sequence", N=130, window=130, gpu=dict(N=777)),
    graded(2, "far more window than text", N=100, window=100000, scores="abyss"),
    graded(2, "ragged N in a window", N=203, window=82, gpu=dict(N=1009, window=333)),
    paired(1, "N below a tile, window below N", N=13, window=5),
    paired(1, "a single token in a window", N=1, window=128),
    rows(2, "window, one kv head for all", H=8, Hkv=1, N=96, window=50),
    rows(2, "window, no sharing", H=3, Hkv=3, window=34, gpu=dict(H=8, Hkv=8)),
    rows(1, "window, groups of three", H=6, D=32, window=34),
    rows(2, "window, several batches", B=2, N=96, window=66, gpu=dict(B=4, H=16, Hkv=4, N=500)),
    given(1, "window at D=32", N=128, window=66, gpu=dict(N=640, window=130)),
    given(1, "window at D=64", D=64, window=50, gpu=dict(N=640, window=130)),
    given(1, "window at D=128", N=64, D=128, window=34, gpu=dict(N=640, window=130)),
    given(1, "window, stored in three ways"),
    given(1, "window, stored in three other ways", layout=THREE_WAYS[1]),
    given(1, "window, stored once more in three ways", layout=THREE_WAYS[2]),
    graded(1.5, "a steep hidden past", N=200, window=50, scores="bygone"),
    graded(1.5, "a steep hidden future", N=200, window=50, scores="steep"),
    graded(2, "scores near -12000 in a window", N=130, window=82, scores="abyss"),
    graded(1, "rising scores in a window", N=200, window=80, scores="rising"),
    graded(1, "scores near -300 in a window", N=130, window=50, scores="negative"),
    graded(1, "few keys of a window", N=130, D=64, window=50, scores="large", rounding=True),
    given(0.5, "tiny values in a window", v_scale=1e-3, rounding=True),
    given(0.5, "huge values in a window", v_scale=1e3, rounding=True),
    given(1, "window in float32", window=40, dtype="float32", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=16384, window 1024",
    dict(B=1, H=32, Hkv=4, N=16384, D=128, window_size=1024, is_causal=True),
    # A kernel that skips no tile outside the window takes some 8 times as long.
    tiers=((1.25, 5), (1.75, 3), (3, 1)),
    flops=32 * 4 * 128 * (16384 - 1024) * 1024,  # heads x two products over D x visible pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p6.PROBLEM, CASES, SPEED)
