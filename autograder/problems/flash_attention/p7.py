"""p7: what counts in sliding-window attention with sinks."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problem import Numbers
from autograder.selfcheck.problems.flash_attention import p7
from autograder.selfcheck.problems.flash_attention.inputs import THREE_WAYS

USUAL: Numbers = dict(B=1, H=2, Hkv=1, N=70, D=16, is_causal=True, window=20, sinks=4)
graded = partial(make_graded, shorthand=p7.SHORTHAND, **USUAL)
paired = partial(graded, H=4, Hkv=2)  # two kv heads, each shared by two query heads
rows = partial(paired, gpu=dict(N=500))
MANY = dict(N=96, D=64, window=30, sinks=20)  # several tiles of sinks, and on the diagonal
given = partial(paired, layout=THREE_WAYS[0], **MANY)

CASES = (
    paired(0.5, "N=64, window 16, 4 sinks", N=64, D=32, window=16, public=p7.LARGE[0]),
    paired(0.5, "N=96, window 32, 8 sinks", N=96, D=32, window=32, sinks=8, public=p7.LARGE[1]),
    paired(0.5, "N=160, window 64, 8 sinks", N=160, window=64, sinks=8, public=p7.LARGE[2]),
    paired(0.5, "N=192, window 64, 8 sinks", N=192, window=64, sinks=8, public=p7.LARGE[3]),
    graded(2, "no sinks at all", N=193, window=65, sinks=0, gpu=dict(N=1009)),
    graded(1.5, "a single sink", N=193, window=50, sinks=1, gpu=dict(N=1009, window=200)),
    graded(1.5, "sinks beyond the window", N=193, window=7, sinks=60, gpu=dict(N=1009)),
    graded(2, "as many sinks as window", N=150, window=32, sinks=32, scores="abyss"),
    graded(1, "sinks of a tile exactly", N=200, window=30, sinks=64, gpu=dict(N=1009)),
    graded(3, "sinks of several tiles", N=257, window=40, sinks=150, gpu=dict(N=1009, sinks=300)),
    graded(2, "more sinks than tokens", N=200, sinks=100000, gpu=dict(N=777)),
    graded(2, "sinks inside a long window", N=150, window=140, sinks=20, gpu=dict(N=900)),
    graded(1, "window and sinks beyond N", N=100, window=1000, sinks=1000, scores="abyss"),
    graded(1.5, "each query alone, with sinks", N=130, D=32, window=1, gpu=dict(N=500)),
    graded(1, "a window just past a tile", N=193, window=66, gpu=dict(N=1009)),
    graded(1.5, "a narrow window, few sinks", N=130, window=5, sinks=3, gpu=dict(N=1009)),
    paired(1, "N below a tile, with sinks", N=13, window=4, sinks=2),
    paired(1, "a single token, with sinks", N=1, window=128),
    rows(2, "sinks, one kv head for all", H=8, Hkv=1),
    rows(1, "sinks, no sharing", H=3, Hkv=3, gpu=dict(H=8, Hkv=8)),
    rows(1, "sinks, groups of three", H=6, D=32),
    rows(2, "sinks, several batches", B=2, window=30, gpu=dict(B=4, H=16, Hkv=4, N=500)),
    given(2, "sinks at D=64", gpu=dict(N=640, window=130)),
    given(1, "sinks at D=128", N=64, D=128, window=20, gpu=dict(N=640, window=130)),
    given(1.5, "sinks, stored in three ways", H=2, Hkv=1),
    given(1.5, "sinks, stored in three other ways", H=2, Hkv=1, layout=THREE_WAYS[1]),
    given(1.5, "sinks, stored once more in three ways", H=2, Hkv=1, layout=THREE_WAYS[2]),
    graded(1, "sinks far above the rest", N=200, window=50, scores="bygone"),
    graded(1, "a steep future, with sinks", N=200, sinks=100, scores="steep"),
    graded(2, "scores near -12000, with sinks", N=200, sinks=100, scores="abyss"),
    graded(1, "rising scores, with sinks", N=200, sinks=100, scores="rising"),
    graded(0.5, "scores near -300, with sinks", N=130, window=50, scores="negative"),
    given(0.5, "tiny values, with sinks", H=2, Hkv=1, v_scale=1e-3, rounding=True),
    given(0.5, "huge values, with sinks", H=2, Hkv=1, v_scale=1e3, rounding=True),
    given(1, "sinks in float32", H=2, Hkv=1, dtype="float32", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=16384, window 1024, 8 sinks",
    dict(B=1, H=32, Hkv=4, N=16384, D=128, window_size=1024, sink_size=8, is_causal=True),
    # A kernel that skips no tile outside the window takes some 8 times as long.
    tiers=((1.25, 5), (1.75, 3), (3, 1)),
    flops=32 * 4 * 128 * (16384 - 1024) * 1024,  # heads x two products over D x visible pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p7.PROBLEM, CASES, SPEED)
