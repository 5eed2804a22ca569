"""p1: what counts in tiled attention in PyTorch."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p1

EDGE = "Look at the last, shorter tile, of the queries and of the keys."
ALIGNED = "The causal mask is top-left aligned: key j is visible to query i when j <= i."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
MASK_FIRST = "Mask before taking the maximum, with -inf: a finite stand-in is not small enough."
BATCHES = "Batch and head are separate dimensions: nothing may mix them."

full = partial(make_graded, shorthand=p1.SHORTHAND, B=1, H=2, N=300, D=16, is_causal=False)
causal = partial(full, is_causal=True)

CASES = (
    full(10, "N=128", N=128, public=p1.LARGE[0]),
    causal(10, "N=192, causal", N=192, public=p1.LARGE[1]),
    causal(10, "N=256, causal", N=256, public=p1.LARGE[2]),
    causal(10, "N=320, causal", N=320, public=p1.LARGE[3]),
    full(10, "ragged N, not causal", N=203, hint=EDGE, gpu=dict(N=1025)),
    causal(10, "ragged N, causal", N=203, hint=EDGE, gpu=dict(N=1025)),
    causal(5, "N shorter than a tile", N=5, hint=EDGE),
    causal(5, "a single query and key", N=1, hint=EDGE),
    causal(10, "more queries than keys, causal", Nq=190, Nk=70, D=32, hint=ALIGNED),
    causal(10, "more keys than queries, causal", Nq=100, Nk=190, D=32, hint=ALIGNED),
    full(5, "more keys than queries, not causal", Nq=33, Nk=257, hint=EDGE),
    causal(10, "several batches", B=3, N=100, hint=BATCHES, gpu=dict(B=4, N=500)),
    causal(5, "D=64", N=130, D=64),
    full(5, "D=128", N=130, D=128),
    causal(5, "heads stored inside rows", N=100, D=32, layout="heads_inside"),
    full(5, "rows with padding between", N=100, D=32, layout="padded_rows"),
    causal(5, "elements two apart", N=100, D=32, layout="every_other"),
    full(5, "scores near +300", N=150, D=32, scores="positive", hint=p1.SUBTRACT),
    causal(5, "scores near -300", N=150, D=32, scores="negative", hint=p1.SUBTRACT),
    full(10, "scores rising from tile to tile", scores="rising", hint=RESCALE),
    causal(5, "scores falling from tile to tile", scores="falling", hint=RESCALE),
    causal(10, "the masked future far above the past", scores="steep", hint=MASK_FIRST),
    causal(5, "a softmax of few keys", N=200, D=64, scores="large", hint=RESCALE),
    full(5, "tiny values", N=100, v_scale=1e-3),
    causal(5, "huge values", N=100, v_scale=1e3),
)
SPEED = SpeedCase(
    "speed at N=2048, causal",
    dict(B=1, H=16, Nq=2048, Nk=2048, D=16, is_causal=True),
    tiers=((1.5, 20), (3, 15), (6, 10), (15, 5)),
    flops=16 * 4 * 16 * (2048 * 2049 // 2),  # heads x two products over D x visible pairs
    table=2048 * 2048,
)
PROBLEM = GradedProblem(p1.PROBLEM, CASES, SPEED)
