"""p4: what counts in causal flash attention in two phases."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p4

EDGE = "Phase 2 meets keys that do not exist: read them as 0 and give them the score -inf."
ALIGNED = "The mask is top-left aligned: key j is visible to query i when j <= i."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
MASK_FIRST = "Mask before taking the maximum, with -inf: a finite stand-in is not small enough."
BATCHES = "Each program works on one (batch, head): k_base and v_base point there."

graded = partial(make_graded, shorthand={"N": "Nq Nk"}, B=1, H=1, D=16, is_causal=True)
n100 = partial(graded, N=100, gpu=dict(N=300))  # on a GPU several tiles of any usual length
n150 = partial(graded, N=150, D=32, gpu=dict(N=450))
n257 = partial(graded, N=257, gpu=dict(N=771))
uneven = partial(graded, D=32)  # more keys than queries, or fewer
strided = partial(n100, H=2, D=32, hint=p4.STRIDES)

CASES = (
    graded(5, "N=64", N=64, public=p4.LARGE[0]),
    graded(5, "N=128", N=128, public=p4.LARGE[1]),
    graded(5, "N=192", N=192, public=p4.LARGE[2]),
    graded(5, "N=256", N=256, public=p4.LARGE[3]),
    graded(6, "ragged N", N=203, hint=EDGE, gpu=dict(N=1009, H=4)),
    graded(5, "one query more than whole tiles", N=129, D=32, hint=EDGE, gpu=dict(H=3)),
    graded(3, "N shorter than a tile", N=5, hint=EDGE),
    graded(2, "a single query and key", N=1, hint=EDGE),
    uneven(4, "more keys than queries", Nq=70, Nk=190, hint=ALIGNED, gpu=dict(Nq=210, Nk=570)),
    uneven(4, "many more queries than keys", Nq=210, Nk=75, hint=EDGE, gpu=dict(Nq=630, Nk=225)),
    graded(6, "several batches and heads", B=2, H=2, N=70, hint=BATCHES, gpu=dict(B=4, H=8, N=500)),
    n100(3, "D=32", D=32),
    n100(3, "D=64", D=64),
    n100(3, "D=128", D=128),
    strided(2, "heads stored inside rows", layout="heads_inside"),
    strided(2, "rows with padding between", layout="padded_rows"),
    strided(3, "elements two apart", layout="every_other"),
    n150(4, "scores near +300", scores="positive", hint=p4.SUBTRACT),
    n150(4, "scores near -300", scores="negative", hint=p4.SUBTRACT),
    n257(4, "scores rising from tile to tile", scores="rising", hint=RESCALE),
    n257(3, "scores falling from tile to tile", scores="falling", hint=RESCALE),
    n257(3, "a steep masked future", D=32, scores="steep", hint=MASK_FIRST),
    graded(2, "a softmax of few keys", N=200, D=64, scores="large", hint=RESCALE, gpu=dict(N=600)),
    n100(2, "huge values", v_scale=1e3),
    n150(1, "float32 all the way", dtype="float32"),
    n150(1, "float16 all the way", D=64, dtype="float16"),
)
SPEED = SpeedCase(
    "speed at N=16384",
    dict(B=2, H=16, Nq=16384, Nk=16384, D=16, is_causal=True),
    tiers=((1.25, 10), (1.75, 8), (4, 5), (10, 2)),  # no tile skipped: about twice as long
    flops=32 * 4 * 16 * (16384 * 16385 // 2),  # heads x two products over D x visible pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p4.PROBLEM, CASES, SPEED)
