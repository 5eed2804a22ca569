"""p8: what counts in the backward pass of causal grouped-query attention."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problem import Numbers
from autograder.selfcheck.problems.flash_attention import p8
from autograder.selfcheck.problems.flash_attention.inputs import THREE_WAYS

USUAL: Numbers = dict(B=1, H=1, Hkv=1, N=70, D=16, is_causal=True, softmax_scale=None)
graded = partial(make_graded, **USUAL)
shared = partial(graded, H=2)  # two query heads share a key head
grouped = partial(graded, H=6, Hkv=2)
whole = partial(graded, N=128, D=32, layout=THREE_WAYS[0])  # no tile is ragged
strided = partial(whole, H=2)

CASES = (
    graded(10, "2 query heads, 2 key heads, N=64", H=2, Hkv=2, N=64, public=p8.LARGE[0]),
    graded(10, "4 query heads, 2 key heads, N=96", H=4, Hkv=2, N=96, public=p8.LARGE[1]),
    graded(10, "3 query heads, 1 key head, N=160", H=3, N=160, public=p8.LARGE[2]),
    shared(15, "ragged N", N=150, gpu=dict(N=1009, H=8, Hkv=2)),
    graded(5, "one query more than a tile", N=65, scores="abyss", gpu=dict(N=129)),
    graded(5, "N shorter than a tile", H=2, Hkv=2, N=5),
    shared(5, "a single query and key", N=1),
    grouped(10, "several batches, groups of three", B=2, N=40, gpu=dict(B=3, H=12, Hkv=4, N=300)),
    graded(5, "every head its own keys", H=3, Hkv=3, gpu=dict(N=500)),
    graded(10, "one key head for all", H=5, N=50, gpu=dict(N=500, H=8)),
    strided(7, "q, k, v, dO stored in three ways"),
    strided(7, "q, k, v, dO stored in three other ways", layout=THREE_WAYS[1]),
    strided(6, "q, k, v, dO stored once more in three ways", layout=THREE_WAYS[2]),
    whole(5, "D=64", N=64, D=64, gpu=dict(N=256, H=4, Hkv=2)),
    whole(8, "D=128", N=64, D=128, gpu=dict(N=256, H=4, Hkv=2)),
    shared(6, "a scale of one half", softmax_scale=0.5),
    whole(8, "scores near +300", scores="positive"),
    graded(6, "scores near -300", N=100, D=32, scores="negative"),
    graded(8, "scores near -12000", N=100, D=32, scores="abyss"),
    graded(6, "scores rising from tile to tile", N=150, scores="rising"),
    graded(5, "scores falling from tile to tile", N=150, scores="falling"),
    shared(8, "the masked future far above the past", N=130, scores="steep"),
    graded(5, "a softmax of few keys", N=100, D=64, scores="large", rounding=True),
    graded(3, "huge values", v_scale=100.0, rounding=True),
    strided(5, "float32 all the way", dtype="float32", rounding=True),
    whole(2, "float16 all the way", N=64, D=64, dtype="float16", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=8192, forward and backward",
    dict(B=2, H=16, Hkv=8, N=8192, D=64, is_causal=True, softmax_scale=None),
    tiers=((1.25, 20), (2, 15), (4, 10), (10, 5)),
    flops=32 * 12 * 64 * (8192 * 8193 // 2),  # heads x six products over D x visible pairs
    table=8192 * 8192,
)
PROBLEM = GradedProblem(p8.PROBLEM, CASES, SPEED)
