"""p1: what counts in tiled attention in PyTorch."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p1
from autograder.selfcheck.problems.flash_attention.inputs import LEADER, THREE_WAYS

full = partial(make_graded, shorthand=p1.SHORTHAND, B=1, H=2, N=300, D=16, is_causal=False)
causal = partial(full, is_causal=True)
strided = partial(causal, N=100, D=32)

CASES = (
    full(5, "N=128", N=128, public=p1.LARGE[0]),
    causal(5, "N=192, causal", N=192, public=p1.LARGE[1]),
    causal(5, "N=256, causal", N=256, public=p1.LARGE[2]),
    causal(5, "N=320, causal", N=320, public=p1.LARGE[3]),
    full(10, "ragged N, not causal", N=203, gpu=dict(N=1025)),
    causal(10, "ragged N, causal", Nq=203, Nk=177, gpu=dict(Nq=1025, Nk=905)),
    causal(4, "N shorter than a tile", N=5),
    causal(4, "a single query and key", N=1),
    causal(10, "more queries than keys, causal", Nq=190, Nk=70, scores="abyss"),
    causal(10, "more keys than queries, causal", Nq=100, Nk=190, scores="steep"),
    full(6, "more keys than queries, not causal", Nq=33, Nk=257),
    full(8, "few queries, thousands of keys", Nq=4, Nk=2100, D=64, **LEADER, rounding=True),
    full(8, "several batches", B=3, N=100, scores="uneven", gpu=dict(B=4, N=500)),
    causal(5, "D=64", N=128, D=64, scores="rising"),
    full(5, "D=128", N=128, D=128, scores="falling"),
    strided(4, "q, k, v stored in three ways", layout=THREE_WAYS[0]),
    strided(4, "q, k, v stored in three other ways", layout=THREE_WAYS[1], is_causal=False),
    strided(4, "q, k, v stored once more in three ways", layout=THREE_WAYS[2]),
    full(8, "scores near +300", N=150, D=32, scores="positive"),
    causal(8, "scores near -300", Nq=150, Nk=110, D=32, scores="negative"),
    causal(8, "scores near -12000", Nq=130, Nk=170, scores="abyss"),
    full(8, "scores rising from tile to tile", scores="rising"),
    causal(6, "scores falling from tile to tile", scores="falling"),
    full(8, "from query to query other scores", N=200, scores="uneven"),
    causal(8, "the masked future far above the past", scores="steep"),
    causal(4, "a softmax of few keys", Nq=150, Nk=200, D=64, scores="large", rounding=True),
    full(3, "tiny values", N=100, v_scale=1e-3, dtype="float32", rounding=True),
    causal(3, "huge values", N=100, v_scale=1e3, rounding=True),
    causal(4, "float32", N=128, dtype="float32", rounding=True),
)
SPEED = SpeedCase(
    "speed at N=2048, causal",
    dict(B=1, H=16, Nq=2048, Nk=2048, D=16, is_causal=True),
    tiers=((1.5, 20), (3, 15), (6, 10), (15, 5)),
    flops=16 * 4 * 16 * (2048 * 2049 // 2),  # heads x two products over D x visible pairs
    table=2048 * 2048,
)
PROBLEM = GradedProblem(p1.PROBLEM, CASES, SPEED)
