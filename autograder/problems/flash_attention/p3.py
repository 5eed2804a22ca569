"""p3: what counts in flash attention in Triton, not causal."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p3

EDGE = "Keys beyond N must get the score -inf; loads and stores beyond N must be masked."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
BATCH = "Each program works on one (batch, head): check its offset."

graded = partial(make_graded, shorthand={"N": "Nq Nk"}, B=1, H=1, N=257, D=16, is_causal=False)
n100 = partial(graded, N=100, gpu=dict(N=300))  # on a GPU several tiles of any usual length
n150 = partial(graded, N=150, D=32, gpu=dict(N=450))
strided = partial(n100, H=2, D=32, hint=p3.STRIDES)

CASES = (
    graded(10, "N=64", N=64, public=p3.LARGE[0]),
    graded(10, "N=128", N=128, public=p3.LARGE[1]),
    graded(10, "N=192", N=192, public=p3.LARGE[2]),
    graded(10, "N=256", N=256, public=p3.LARGE[3]),
    graded(15, "ragged N", N=203, hint=EDGE, gpu=dict(N=1025, H=4)),
    graded(5, "N shorter than a tile", N=5, hint=EDGE),
    graded(5, "a single query and key", N=1, hint=EDGE),
    graded(5, "more keys than queries", Nq=33, Nk=193, D=32, hint=EDGE),
    graded(5, "more queries than keys", Nq=190, Nk=33, D=32, hint=EDGE),
    graded(15, "several batches and heads", B=2, H=2, N=70, hint=BATCH, gpu=dict(B=4, H=8, N=500)),
    n100(5, "D=32", D=32),
    n100(5, "D=64", D=64),
    n100(5, "D=128", D=128),
    strided(5, "heads stored inside rows", layout="heads_inside"),
    strided(5, "rows with padding between", layout="padded_rows"),
    strided(5, "elements two apart", layout="every_other"),
    n150(10, "scores near +300", scores="positive", hint=p3.SUBTRACT),
    n150(10, "scores near -300", scores="negative", hint=p3.SUBTRACT),
    graded(10, "scores rising from tile to tile", scores="rising", hint=RESCALE),
    graded(5, "scores falling from tile to tile", scores="falling", hint=RESCALE),
    graded(5, "a softmax of few keys", N=200, D=64, scores="large", hint=RESCALE),
    n100(5, "tiny values", v_scale=1e-3),
    n100(5, "huge values", v_scale=1e3),
    n150(5, "float32 all the way", dtype="float32"),
    n150(5, "float16 all the way", D=64, dtype="float16"),
)
SPEED = SpeedCase(
    "speed at N=16384",
    dict(B=1, H=16, Nq=16384, Nk=16384, D=16, is_causal=False),
    tiers=((1.25, 20), (2, 15), (4, 10), (10, 5)),
    flops=16 * 4 * 16 * 16384 * 16384,  # heads x two products over D x pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p3.PROBLEM, CASES, SPEED)
