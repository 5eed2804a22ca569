"""p4: what counts in causal flash attention in two phases."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p4
from autograder.selfcheck.problems.flash_attention.inputs import LEADER, THREE_WAYS

graded = partial(make_graded, shorthand={"N": "Nq Nk"}, B=1, H=1, D=16, is_causal=True)
n128 = partial(graded, N=128, gpu=dict(N=384), layout=THREE_WAYS[0])  # no tile is ragged
n256 = partial(n128, N=256, gpu=dict(N=768))
uneven = partial(graded, D=32)  # more keys than queries, or fewer
strided = partial(n128, H=2, D=32)

CASES = (
    graded(3, "N=64", N=64, public=p4.LARGE[0]),
    graded(3, "N=128", N=128, public=p4.LARGE[1]),
    graded(3, "N=192", N=192, public=p4.LARGE[2]),
    graded(3, "N=256", N=256, public=p4.LARGE[3]),
    graded(5, "ragged N", N=203, gpu=dict(N=1009, H=4)),
    graded(4, "one query more than whole tiles", N=129, D=32, gpu=dict(H=3)),
    graded(2, "N shorter than a tile", N=5),
    graded(2, "a single query and key", N=1),
    uneven(4, "more keys than queries", Nq=70, Nk=190, gpu=dict(Nq=210, Nk=570)),
    uneven(6, "many more queries than keys", Nq=210, Nk=75, gpu=dict(Nq=630, Nk=225)),
    uneven(5, "queries far beyond a few keys", Nq=190, Nk=9, scores="abyss"),
    uneven(5, "scores near -300", Nq=150, Nk=70, scores="negative"),
    uneven(5, "scores near -12000", Nq=150, Nk=100, scores="abyss"),
    n128(6, "several batches and heads", B=2, H=2, gpu=dict(B=4, H=8, N=512)),
    n128(2, "D=32", D=32, scores="uneven"),
    n128(3, "a 16-bit sum loses the small shares", N=256, D=64, **LEADER, rounding=True),
    n128(2, "D=128", D=128),
    strided(3, "q, k, v stored in three ways"),
    strided(2, "q, k, v stored in three other ways", layout=THREE_WAYS[1]),
    strided(2, "q, k, v stored once more in three ways", layout=THREE_WAYS[2]),
    n128(4, "scores near +300", D=32, scores="positive"),
    n256(4, "scores rising from tile to tile", scores="rising"),
    n256(3, "scores falling from tile to tile", scores="falling"),
    n256(4, "a steep masked future", scores="steep"),
    n128(2, "a softmax of few keys", N=192, D=64, scores="large", rounding=True),
    n128(1, "huge values", v_scale=1e3, rounding=True),
    n128(1, "float32 all the way", D=32, dtype="float32", rounding=True),
    n128(1, "float16 all the way", D=64, dtype="float16", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=16384",
    dict(B=2, H=16, Nq=16384, Nk=16384, D=16, is_causal=True),
    tiers=((1.25, 10), (1.75, 8), (4, 5), (10, 2)),  # no tile skipped: about twice as long
    flops=32 * 4 * 16 * (16384 * 16385 // 2),  # heads x two products over D x visible pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p4.PROBLEM, CASES, SPEED)
