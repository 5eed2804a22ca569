"""p3: what counts in flash attention in Triton, not causal."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

TILE_EDGE = "Keys beyond N must get the score -inf; loads and stores beyond N must be masked."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
SUBTRACT = "Subtract the running maximum before exp2."
STRIDES = "Compute addresses from the strides that the kernel is given."


def graded(name, points, n, dim, *, hint="", gpu=None, **more):
    """One case of p3; B = H = 1 unless said otherwise."""
    sizes = {"B": 1, "H": 1, "Nq": n, "Nk": n, "D": dim, "is_causal": False}
    if gpu is None and n in (100, 150):  # several tiles of any usual length
        gpu = {"Nq": 3 * n, "Nk": 3 * n}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, heads, n, small_n):
    """One of the four public sizes, in small where there is no GPU."""
    case = Case(
        f"N={small_n}",
        {"B": 1, "H": 1, "Nq": small_n, "Nk": small_n, "D": 16, "is_causal": False},
    )
    gpu = {"H": heads, "Nq": n, "Nk": n}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"N={n}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p3"),
    cases=(
        original(10, 8, 512, 64),
        original(10, 8, 1024, 128),
        original(10, 16, 2048, 192),
        original(10, 16, 4096, 256),
        graded("ragged N", 15, 203, 16, hint=TILE_EDGE, gpu={"Nq": 1025, "Nk": 1025, "H": 4}),
        graded("N shorter than a tile", 5, 5, 16, hint=TILE_EDGE),
        graded("a single query and key", 5, 1, 16, hint=TILE_EDGE),
        graded("more keys than queries", 5, 33, 32, Nk=193, hint=TILE_EDGE),
        graded("more queries than keys", 5, 190, 32, Nk=33, hint=TILE_EDGE),
        graded(
            "several batches and heads",
            15,
            70,
            16,
            B=2,
            H=2,
            gpu={"B": 4, "H": 8, "Nq": 500, "Nk": 500},
            hint="Each program works on one (batch, head): check its offset.",
        ),
        graded("D=32", 5, 100, 32, gpu={"Nq": 300, "Nk": 300}),
        graded("D=64", 5, 100, 64, gpu={"Nq": 300, "Nk": 300}),
        graded("D=128", 5, 100, 128, gpu={"Nq": 300, "Nk": 300}),
        graded("heads stored inside rows", 5, 100, 32, H=2, layout="heads_inside", hint=STRIDES),
        graded("rows with padding between", 5, 100, 32, H=2, layout="padded_rows", hint=STRIDES),
        graded("elements two apart", 5, 100, 32, H=2, layout="every_other", hint=STRIDES),
        graded("scores near +300", 10, 150, 32, scores="positive", hint=SUBTRACT),
        graded("scores near -300", 10, 150, 32, scores="negative", hint=SUBTRACT),
        graded("scores rising from tile to tile", 10, 257, 16, scores="rising", hint=RESCALE),
        graded("scores falling from tile to tile", 5, 257, 16, scores="falling", hint=RESCALE),
        graded("a softmax of few keys", 5, 200, 64, scores="large", hint=RESCALE),
        graded("tiny values", 5, 100, 16, v_scale=1e-3),
        graded("huge values", 5, 100, 16, v_scale=1e3),
        graded("float32 all the way", 5, 150, 32, dtype="float32"),
        graded("float16 all the way", 5, 150, 64, dtype="float16"),
    ),
    speed=SpeedCase(
        "speed at N=16384",
        {"B": 1, "H": 16, "Nq": 16384, "Nk": 16384, "D": 16, "is_causal": False},
        tiers=((1.25, 20), (2, 15), (4, 10), (10, 5)),
        flops=16 * 4 * 16 * 16384 * 16384,  # heads x two products over D x pairs
        table=16384 * 16384,
    ),
)
