"""p3: what counts in flash attention in Triton, not causal."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p3
from autograder.selfcheck.problems.flash_attention.inputs import LEADER, THREE_WAYS

graded = partial(make_graded, shorthand={"N": "Nq Nk"}, B=1, H=1, N=257, D=16, is_causal=False)
n150 = partial(graded, N=150, D=32, gpu=dict(N=450))
n100 = partial(graded, N=100, gpu=dict(N=300))  # on a GPU several tiles of any usual length
n128 = partial(graded, N=128, gpu=dict(N=384), layout=THREE_WAYS[0])  # no tile is ragged
batches = partial(n128, B=2, H=2, gpu=dict(B=4, H=8, N=512))
strided = partial(n128, H=2, D=32)

CASES = (
    graded(4, "N=64", N=64, public=p3.LARGE[0]),
    graded(4, "N=128", N=128, public=p3.LARGE[1]),
    graded(4, "N=192", N=192, public=p3.LARGE[2]),
    graded(4, "N=256", N=256, public=p3.LARGE[3]),
    graded(12, "ragged N", N=203, gpu=dict(N=1025, H=4)),
    graded(4, "N shorter than a tile", N=5),
    graded(4, "a single query and key", N=1),
    graded(7, "more keys than queries", Nq=33, Nk=193, D=32),
    graded(7, "more queries than keys", Nq=190, Nk=33, scores="abyss"),
    graded(6, "few queries, a thousand keys", Nq=3, Nk=1000, D=64, **LEADER, rounding=True),
    batches(12, "several batches and heads", scores="uneven"),
    n128(5, "D=32", D=32, scores="uneven"),
    n128(5, "D=64", D=64, scores="falling"),
    n128(5, "D=128", N=64, D=128, scores="rising"),
    strided(5, "q, k, v stored in three ways"),
    strided(5, "q, k, v stored in three other ways", layout=THREE_WAYS[1]),
    strided(5, "q, k, v stored once more in three ways", layout=THREE_WAYS[2]),
    n128(10, "scores near +300", D=32, scores="positive"),
    n150(8, "scores near -300", Nq=70, scores="negative", gpu=dict(Nq=450, Nk=300)),
    n150(9, "scores near -12000", Nk=90, scores="abyss", gpu=dict(Nq=300, Nk=450)),
    n128(12, "scores rising from tile to tile", N=256, scores="rising"),
    graded(10, "scores falling from tile to tile", scores="falling"),
    n128(10, "from query to query other scores", N=192, scores="uneven"),
    n128(5, "a softmax of few keys", N=192, D=64, scores="large", rounding=True),
    n100(5, "tiny values", v_scale=1e-3, dtype="float32", rounding=True),
    n100(5, "huge values", v_scale=1e3, rounding=True),
    n128(5, "float32 all the way", D=32, dtype="float32", rounding=True),
    n128(3, "float16 all the way", D=64, dtype="float16", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=16384",
    dict(B=1, H=16, Nq=16384, Nk=16384, D=16, is_causal=False),
    tiers=((1.25, 20), (2, 15), (4, 10), (10, 5)),
    flops=16 * 4 * 16 * 16384 * 16384,  # heads x two products over D x pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p3.PROBLEM, CASES, SPEED)
