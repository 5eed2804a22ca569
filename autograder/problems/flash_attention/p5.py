"""p5: what counts in causal grouped-query attention."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problem import Numbers
from autograder.selfcheck.problems.flash_attention import p5
from autograder.selfcheck.problems.flash_attention.inputs import THREE_WAYS

USUAL: Numbers = dict(B=1, H=4, Hkv=2, N=70, D=16, is_causal=True)
graded = partial(make_graded, shorthand={"N": "Nq Nk"}, **USUAL)
batches = partial(graded, B=2, N=128, layout=THREE_WAYS[0])  # no tile is ragged
strided = partial(batches, gpu=dict(N=256))
shared = partial(graded, H=2, Hkv=1)  # two query heads share one kv head

CASES = (
    graded(1, "N=64", N=64, public=p5.LARGE[0]),
    graded(1, "N=80", N=80, public=p5.LARGE[1]),
    graded(1, "N=96", N=96, public=p5.LARGE[2]),
    graded(1, "N=128", N=128, public=p5.LARGE[3]),
    graded(3, "a single kv head, shared", H=6, Hkv=1, gpu=dict(H=16, N=500)),
    graded(3, "no sharing at all", H=3, Hkv=3, gpu=dict(H=8, Hkv=8)),
    graded(3, "groups of three", B=2, H=6, Hkv=2, D=32, N=40, gpu=dict(H=24, Hkv=8)),
    graded(3, "eight heads in groups of four", H=8, N=40, gpu=dict(H=32, Hkv=8)),
    batches(4, "several batches", gpu=dict(B=4, H=16, Hkv=4, N=512)),
    batches(3, "batches of six heads", H=6, N=64, gpu=dict(B=3, N=256)),
    shared(3, "ragged N in groups", Nq=203, Nk=170, gpu=dict(Nq=1009, Nk=905)),
    graded(1, "a single token", N=1),
    graded(2, "fewer keys than queries", Nq=150, Nk=70, D=32, gpu=dict(Nq=450, Nk=210)),
    graded(2, "many queries, a few keys", Nq=130, Nk=9, D=32, gpu=dict(Nq=390, Nk=40)),
    batches(1, "D=32 in groups", H=2, Hkv=1, D=32, gpu=dict(N=256)),
    batches(1, "D=64 in groups", H=2, Hkv=1, D=64, gpu=dict(N=256)),
    batches(1, "D=128 in groups", N=64, H=2, Hkv=1, D=128, gpu=dict(N=256)),
    strided(2, "in groups, stored in three ways"),
    strided(2, "in groups, stored in three other ways", layout=THREE_WAYS[1]),
    strided(2, "in groups, stored once more in three ways", B=1, layout=THREE_WAYS[2]),
    batches(2, "scores rising, in groups", H=2, Hkv=1, scores="rising", gpu=dict(N=768)),
    shared(1, "scores near -300, in groups", Nq=150, Nk=100, scores="negative"),
    shared(1, "a steep future, in groups", Nq=200, Nk=150, scores="steep"),
    batches(0.5, "huge values in groups", v_scale=1e3, gpu=dict(N=256), rounding=True),
    batches(
        0.5, "float32 in groups", H=2, Hkv=1, D=32, dtype="float32", gpu=dict(N=256), rounding=True
    ),
)
SPEED = SpeedCase(
    "speed at N=16384, 16 query heads and 2 kv heads",
    dict(B=2, H=16, Hkv=2, Nq=16384, Nk=16384, D=16, is_causal=True),
    tiers=((1.25, 5), (2, 4), (4, 2), (10, 1)),
    flops=32 * 4 * 16 * (16384 * 16385 // 2),  # heads x two products over D x visible pairs
    table=16384 * 16384,
)
PROBLEM = GradedProblem(p5.PROBLEM, CASES, SPEED)
