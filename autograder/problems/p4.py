"""p4: what counts in causal flash attention in two phases."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

TILE_EDGE = "Phase 2 meets keys that do not exist: read them as 0 and give them the score -inf."
ALIGNED = "The mask is top-left aligned: key j is visible to query i when j <= i."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
SUBTRACT = "Subtract the running maximum before exp2."
MASK_FIRST = "Mask before taking the maximum, with -inf: a finite stand-in is not small enough."
STRIDES = "Load through k_offs and v_offs: they hold the strides."


def graded(name, points, n, dim, *, hint="", gpu=None, **more):
    """One case of p4; B = H = 1 unless said otherwise."""
    sizes = {"B": 1, "H": 1, "Nq": n, "Nk": n, "D": dim, "is_causal": True}
    if gpu is None and n >= 70:  # several tiles of any usual length
        gpu = {"Nq": 3 * n, "Nk": 3 * more.get("Nk", n)}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, heads, n, small_n):
    """One of the four public sizes, in small where there is no GPU."""
    case = Case(
        f"N={small_n}",
        {"B": 1, "H": 1, "Nq": small_n, "Nk": small_n, "D": 16, "is_causal": True},
    )
    gpu = {"H": heads, "Nq": n, "Nk": n}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"N={n}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p4"),
    cases=(
        original(5, 8, 512, 64),
        original(5, 8, 1024, 128),
        original(5, 16, 2048, 192),
        original(5, 16, 4096, 256),
        graded("ragged N", 6, 203, 16, hint=TILE_EDGE, gpu={"Nq": 1009, "Nk": 1009, "H": 4}),
        graded("one query more than whole tiles", 5, 129, 32, hint=TILE_EDGE, gpu={"H": 3}),
        graded("N shorter than a tile", 3, 5, 16, hint=TILE_EDGE),
        graded("a single query and key", 2, 1, 16, hint=TILE_EDGE),
        graded("more keys than queries", 4, 70, 32, Nk=190, hint=ALIGNED),
        graded("many more queries than keys", 4, 210, 32, Nk=75, hint=TILE_EDGE),
        graded(
            "several batches and heads",
            6,
            70,
            16,
            B=2,
            H=2,
            gpu={"B": 4, "H": 8, "Nq": 500, "Nk": 500},
            hint="Each program works on one (batch, head): k_base and v_base point there.",
        ),
        graded("D=32", 3, 100, 32, gpu={"Nq": 300, "Nk": 300}),
        graded("D=64", 3, 100, 64, gpu={"Nq": 300, "Nk": 300}),
        graded("D=128", 3, 100, 128, gpu={"Nq": 300, "Nk": 300}),
        graded("heads stored inside rows", 2, 100, 32, H=2, layout="heads_inside", hint=STRIDES),
        graded("rows with padding between", 2, 100, 32, H=2, layout="padded_rows", hint=STRIDES),
        graded("elements two apart", 3, 100, 32, H=2, layout="every_other", hint=STRIDES),
        graded("scores near +300", 4, 150, 32, scores="positive", hint=SUBTRACT),
        graded("scores near -300", 4, 150, 32, scores="negative", hint=SUBTRACT),
        graded("scores rising from tile to tile", 4, 257, 16, scores="rising", hint=RESCALE),
        graded("scores falling from tile to tile", 3, 257, 16, scores="falling", hint=RESCALE),
        graded("a steep masked future", 3, 257, 32, scores="steep", hint=MASK_FIRST),
        graded("a softmax of few keys", 2, 200, 64, scores="large", hint=RESCALE),
        graded("huge values", 2, 100, 16, v_scale=1e3),
        graded("float32 all the way", 1, 150, 32, dtype="float32"),
        graded("float16 all the way", 1, 150, 64, dtype="float16"),
    ),
    speed=SpeedCase(
        "speed at N=16384",
        {"B": 2, "H": 16, "Nq": 16384, "Nk": 16384, "D": 16, "is_causal": True},
        tiers=((1.25, 10), (1.75, 8), (4, 5), (10, 2)),  # no tile skipped: about twice as long
        flops=32 * 4 * 16 * (16384 * 16385 // 2),  # heads x two products over D x visible pairs
        table=16384 * 16384,
    ),
)
