"""p9: what counts in the backward pass of attention with a window and sinks."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problem import Numbers
from autograder.selfcheck.problems.flash_attention import p9
from autograder.selfcheck.problems.flash_attention.inputs import THREE_WAYS

USUAL: Numbers = dict(B=1, H=1, Hkv=1, N=130, D=16, window=40, sinks=4, is_causal=True, scale=None)
graded = partial(make_graded, shorthand=p9.SHORTHAND, **USUAL)
shared = partial(graded, H=2)  # two query heads share a key head
grouped = partial(graded, B=2, H=6, Hkv=2, N=40, window=13, sinks=3)
whole = partial(graded, N=64, D=32, window=24, layout=THREE_WAYS[0])  # no tile is ragged
strided = partial(whole, H=2)

CASES = (
    graded(9, "2 query heads, 2 key heads, N=64", H=2, Hkv=2, N=64, window=48, public=p9.LARGE[0]),
    graded(9, "4 query heads, 2 key heads, N=96", H=4, Hkv=2, N=96, window=48, public=p9.LARGE[1]),
    graded(9, "3 query heads, 1 key head, N=128", H=3, N=128, window=48, public=p9.LARGE[2]),
    shared(10, "ragged N", N=101, D=64, window=34, gpu=dict(N=1009, H=8, Hkv=2)),
    graded(5, "N shorter than a tile", H=2, Hkv=2, N=5, window=3, sinks=1),
    shared(5, "a single query and key", N=1, window=4, sinks=2),
    grouped(10, "several batches, groups of three", gpu=dict(B=3, H=12, Hkv=4, N=300, window=70)),
    graded(5, "one key head for all", H=5, N=50, window=20, gpu=dict(N=500, H=8)),
    graded(10, "a window, but no sinks", N=96, D=64, window=34, sinks=0),
    graded(5, "a window that is a whole tile", D=32, window=64),
    graded(5, "a window one longer than a tile", D=32, window=65, sinks=1),
    graded(5, "a window two longer than a tile", D=32, window=66, sinks=1),
    graded(5, "W=1, each query sees itself and the sinks", N=100, window=1, sinks=3),
    graded(5, "a window as long as the sequence", N=90, window=90, scores="abyss"),
    graded(10, "sinks in several tiles", window=20, sinks=70, gpu=dict(N=700, sinks=150)),
    shared(5, "as many sinks as one tile holds", N=100, window=25, sinks=16),
    graded(5, "every key a sink", N=100, window=10, sinks=100),
    whole(5, "D=32", gpu=dict(N=256, H=4, Hkv=2)),
    whole(5, "D=64", N=96, D=64, window=34, gpu=dict(N=256, H=4, Hkv=2)),
    whole(5, "D=128", D=128, window=34, sinks=0, gpu=dict(N=256, H=4, Hkv=2)),
    strided(5, "q, k, v, dO stored in three ways"),
    strided(5, "q, k, v, dO stored in three other ways", layout=THREE_WAYS[1]),
    strided(5, "q, k, v, dO stored once more in three ways", layout=THREE_WAYS[2]),
    graded(8, "a scale of one half", N=96, D=64, window=35, scale=0.5),
    whole(5, "scores near +300", scores="positive"),
    graded(5, "scores near -12000", N=100, D=32, scores="abyss"),
    graded(5, "scores falling from tile to tile", scores="falling"),
    graded(5, "the masked future far above the past", N=96, D=64, scores="steep"),
    strided(5, "float32 all the way", dtype="float32", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=8192, window 512, forward and backward",
    dict(B=2, H=16, Hkv=8, N=8192, D=128)
    | dict(window_size=512, sink_size=4, is_causal=True, scale=None),
    # A kernel that skips no tile outside the window takes some 6 times as long.
    tiers=((1.25, 20), (1.75, 15), (3, 5)),
    flops=32 * 12 * 128 * (8192 - 512) * 512,  # heads x six products over D x visible pairs
    table=8192 * 8192,
)
PROBLEM = GradedProblem(p9.PROBLEM, CASES, SPEED)
