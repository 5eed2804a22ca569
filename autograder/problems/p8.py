"""p8: what counts in the backward pass of causal grouped-query attention."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

EDGE = "The last tiles are ragged: queries beyond N must add nothing to dk and dv."
GROUP = "Query head h reads key head h // (Hq // Hkv); dk and dv are sums over those query heads."
LSE = "L and the rebuilt scores must be in the same base: p = exp2(qk - lse), lse = m + log2(l)."
MASK = "Mask the recomputed scores as the forward pass did, before exp2."
STRIDES = "q, k, v, o and dO have strides of their own; autograd may hand over any dO."
DELTA = "delta is the float32 sum over D of dO * O, one number per query."


def graded(name, points, heads, kv_heads, n, dim, *, hint="", gpu=None, **more):
    """One case of p8; B = 1 unless said otherwise."""
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim}
    sizes |= {"is_causal": True, "softmax_scale": None}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, kv_heads, small, n):
    """One of the three public sizes, in small where there is no GPU."""
    small_heads, small_kv = small
    few = f"{small_heads} query heads, {small_kv} key heads, N={n}"
    case = graded(few, points, small_heads, small_kv, n, 16).case
    gpu = {"H": 16, "Hkv": kv_heads, "N": 4096}
    many = f"16 query heads, {kv_heads} key heads, N=4096"
    return GradedCase(case, points, gpu=gpu, gpu_name=many, public=True)


PROBLEM = GradedProblem(
    public=find_problem("p8"),
    cases=(
        original(15, 16, (2, 2), 64),
        original(15, 8, (4, 2), 96),
        original(15, 1, (3, 1), 128),
        graded(
            "ragged N",
            15,
            2,
            1,
            101,
            16,
            hint=EDGE,
            gpu={"N": 1009, "H": 8, "Hkv": 2},
        ),
        graded("one query more than a tile", 5, 1, 1, 65, 32, hint=EDGE, gpu={"N": 129}),
        graded("N shorter than a tile", 5, 2, 2, 5, 16, hint=EDGE),
        graded("a single query and key", 5, 2, 1, 1, 16, hint=DELTA),
        graded(
            "several batches, groups of three",
            10,
            6,
            2,
            40,
            16,
            B=2,
            hint=GROUP,
            gpu={"B": 3, "H": 12, "Hkv": 4, "N": 300},
        ),
        graded("every head its own keys", 5, 3, 3, 70, 16, hint=GROUP, gpu={"N": 500}),
        graded("one key head for all", 10, 5, 1, 50, 16, hint=GROUP, gpu={"N": 500, "H": 8}),
        graded("D=32", 5, 1, 1, 70, 32, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded("D=64", 5, 1, 1, 70, 64, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded("D=128", 5, 1, 1, 40, 128, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded("heads stored inside rows", 5, 2, 1, 70, 32, layout="heads_inside", hint=STRIDES),
        graded("rows with padding between", 5, 2, 1, 70, 32, layout="padded_rows", hint=STRIDES),
        graded("elements two apart", 5, 2, 1, 70, 32, layout="every_other", hint=STRIDES),
        graded("a scale of one half", 5, 2, 1, 70, 16, softmax_scale=0.5),
        graded("scores near +300", 5, 1, 1, 100, 32, scores="positive", hint=LSE),
        graded("scores near -300", 5, 1, 1, 100, 32, scores="negative", hint=LSE),
        graded("scores rising from tile to tile", 5, 1, 1, 130, 16, scores="rising", hint=LSE),
        graded("scores falling from tile to tile", 5, 1, 1, 130, 16, scores="falling", hint=LSE),
        graded("the masked future far above the past", 5, 2, 1, 130, 16, scores="steep", hint=MASK),
        graded("a softmax of few keys", 5, 1, 1, 100, 64, scores="large", hint=DELTA),
        graded("huge values", 5, 1, 1, 70, 16, v_scale=100.0, hint=DELTA),
        graded("float32 all the way", 5, 2, 1, 100, 32, dtype="float32"),
        graded("float16 all the way", 5, 2, 1, 100, 64, dtype="float16"),
    ),
    speed=SpeedCase(
        "speed at N=8192, forward and backward",
        {
            "B": 2,
            "H": 16,
            "Hkv": 8,
            "N": 8192,
            "D": 64,
            "is_causal": True,
            "softmax_scale": None,
        },
        tiers=((1.25, 20), (2, 15), (4, 10), (10, 5)),
        flops=32 * 12 * 64 * (8192 * 8193 // 2),  # heads x six products over D x visible pairs
        table=8192 * 8192,
    ),
)
