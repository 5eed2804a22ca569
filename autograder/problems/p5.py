"""p5: what counts in causal grouped-query attention."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

MAPPING = "Query head h reads kv head h // (Hq // Hkv): neighbouring query heads share one."
BATCHES = "pid_bh counts query heads: sequence pid_bh // H, head pid_bh % H, for k and v too."
TILE_EDGE = "In phase 2, keys at Nk or beyond must be read as 0."
STRIDES = "q, k and v have strides of their own: use each with its own tensor."


def graded(name, points, heads, kv_heads, n, dim, *, hint=MAPPING, gpu=None, **more):
    """One case of p5; B = 1 unless said otherwise."""
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "Nq": n, "Nk": n, "D": dim, "is_causal": True}
    if gpu is None and n >= 70:  # several tiles of any usual length
        gpu = {"Nq": 3 * n, "Nk": 3 * more.get("Nk", n)}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, heads, n, small_n):
    """One of the four public sizes, in small where there is no GPU."""
    sizes = {"B": 1, "H": 4, "Hkv": 2, "Nq": small_n, "Nk": small_n, "D": 16, "is_causal": True}
    gpu = {"H": heads, "Nq": n, "Nk": n}
    return GradedCase(
        Case(f"N={small_n}", sizes, hint=MAPPING), points, gpu=gpu, gpu_name=f"N={n}", public=True
    )


PROBLEM = GradedProblem(
    public=find_problem("p5"),
    cases=(
        original(2, 8, 512, 64),
        original(2, 8, 1024, 80),
        original(2, 16, 2048, 96),
        original(2, 16, 4096, 128),
        graded("a single kv head, shared", 4, 6, 1, 70, 16, gpu={"H": 16, "Nq": 500, "Nk": 500}),
        graded("no sharing at all", 3, 3, 3, 70, 16, gpu={"H": 8, "Hkv": 8}),
        graded("groups of three", 3, 6, 2, 70, 32, gpu={"H": 24, "Hkv": 8}),
        graded("eight heads in groups of four", 3, 8, 2, 40, 16, gpu={"H": 32, "Hkv": 8}),
        graded(
            "several batches",
            4,
            4,
            2,
            70,
            16,
            B=2,
            hint=BATCHES,
            gpu={"B": 4, "H": 16, "Hkv": 4, "Nq": 500, "Nk": 500},
        ),
        graded(
            "ragged N in groups", 3, 2, 1, 203, 16, hint=TILE_EDGE, gpu={"Nq": 1009, "Nk": 1009}
        ),
        graded("a single token", 1, 4, 2, 1, 16, hint=TILE_EDGE),
        graded("fewer keys than queries", 2, 4, 2, 150, 32, Nk=70, hint=TILE_EDGE),
        graded("D=32 in groups", 1, 4, 2, 100, 32, gpu={"Nq": 300, "Nk": 300}),
        graded("D=64 in groups", 1, 4, 2, 100, 64, gpu={"Nq": 300, "Nk": 300}),
        graded("D=128 in groups", 1, 4, 2, 70, 128, gpu={"Nq": 300, "Nk": 300}),
        graded(
            "heads inside rows, in groups", 2, 4, 2, 70, 32, layout="heads_inside", hint=STRIDES
        ),
        graded("padded rows, in groups", 1, 4, 2, 70, 32, layout="padded_rows", hint=STRIDES),
        graded(
            "every other element, in groups", 2, 4, 2, 70, 32, layout="every_other", hint=STRIDES
        ),
        graded("scores rising, in groups", 2, 2, 1, 257, 16, scores="rising"),
        graded("scores near -300, in groups", 1, 2, 1, 150, 16, scores="negative"),
        graded("a steep future, in groups", 1, 2, 1, 200, 16, scores="steep"),
        graded("huge values in groups", 1, 4, 2, 70, 16, v_scale=1e3),
        graded("float32 in groups", 1, 4, 2, 100, 32, dtype="float32"),
    ),
    speed=SpeedCase(
        "speed at N=16384, 16 query heads and 2 kv heads",
        {"B": 2, "H": 16, "Hkv": 2, "Nq": 16384, "Nk": 16384, "D": 16, "is_causal": True},
        tiers=((1.25, 5), (2, 4), (4, 2), (10, 1)),
        flops=32 * 4 * 16 * (16384 * 16385 // 2),  # heads x two products over D x visible pairs
        table=16384 * 16384,
    ),
)
