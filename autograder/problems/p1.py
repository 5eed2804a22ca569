"""p1: what counts in tiled attention in PyTorch."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

TILE_EDGE = "Look at the last, shorter tile, of the queries and of the keys."
ALIGNED = "The causal mask is top-left aligned: key j is visible to query i when j <= i."
RESCALE = "When the running maximum moves, l and acc of the tiles before must be rescaled."
SUBTRACT = "Subtract the running maximum before exp."
MASK_FIRST = "Mask before taking the maximum, with -inf: a finite stand-in is not small enough."


def graded(name, points, n_q, n_k, dim, is_causal, *, hint="", gpu=None, public=False, **more):
    """One case of p1; B = 1 and H = 2 unless said otherwise."""
    sizes = {"B": 1, "H": 2, "Nq": n_q, "Nk": n_k, "D": dim, "is_causal": is_causal}
    case = Case(name, {**sizes, **more}, hint=hint)
    return GradedCase(case, points, gpu=gpu or {}, public=public)


def original(points, heads, n, small_n, is_causal):
    """One of the four public sizes, in small where there is no GPU."""
    kind = ", causal" if is_causal else ""
    case = Case(
        f"N={small_n}{kind}",
        {"B": 1, "H": 2, "Nq": small_n, "Nk": small_n, "D": 16, "is_causal": is_causal},
    )
    gpu = {"H": heads, "Nq": n, "Nk": n}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"N={n}{kind}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p1"),
    cases=(
        original(10, 8, 512, 128, False),
        original(10, 8, 1024, 192, True),
        original(10, 16, 2048, 256, True),
        original(10, 16, 4096, 320, True),
        graded(
            "ragged N, not causal",
            10,
            203,
            203,
            16,
            False,
            hint=TILE_EDGE,
            gpu={"Nq": 1025, "Nk": 1025},
        ),
        graded(
            "ragged N, causal", 10, 203, 203, 16, True, hint=TILE_EDGE, gpu={"Nq": 1025, "Nk": 1025}
        ),
        graded("N shorter than a tile", 5, 5, 5, 16, True, hint=TILE_EDGE),
        graded("a single query and key", 5, 1, 1, 16, True, hint=TILE_EDGE),
        graded("more queries than keys, causal", 10, 190, 70, 32, True, hint=ALIGNED),
        graded("more keys than queries, causal", 10, 100, 190, 32, True, hint=ALIGNED),
        graded("more keys than queries, not causal", 5, 33, 257, 16, False, hint=TILE_EDGE),
        graded(
            "several batches",
            10,
            100,
            100,
            16,
            True,
            B=3,
            gpu={"B": 4, "Nq": 500, "Nk": 500},
            hint="Batch and head are separate dimensions: nothing may mix them.",
        ),
        graded("D=64", 5, 130, 130, 64, True),
        graded("D=128", 5, 130, 130, 128, False),
        graded("heads stored inside rows", 5, 100, 100, 32, True, layout="heads_inside"),
        graded("rows with padding between", 5, 100, 100, 32, False, layout="padded_rows"),
        graded("elements two apart", 5, 100, 100, 32, True, layout="every_other"),
        graded("scores near +300", 5, 150, 150, 32, False, scores="positive", hint=SUBTRACT),
        graded("scores near -300", 5, 150, 150, 32, True, scores="negative", hint=SUBTRACT),
        graded(
            "scores rising from tile to tile",
            10,
            300,
            300,
            16,
            False,
            scores="rising",
            hint=RESCALE,
        ),
        graded(
            "scores falling from tile to tile",
            5,
            300,
            300,
            16,
            True,
            scores="falling",
            hint=RESCALE,
        ),
        graded(
            "the masked future far above the past",
            10,
            300,
            300,
            16,
            True,
            scores="steep",
            hint=MASK_FIRST,
        ),
        graded("a softmax of few keys", 5, 200, 200, 64, True, scores="large", hint=RESCALE),
        graded("tiny values", 5, 100, 100, 16, False, v_scale=1e-3),
        graded("huge values", 5, 100, 100, 16, True, v_scale=1e3),
    ),
    speed=SpeedCase(
        "speed at N=2048, causal",
        {"B": 1, "H": 16, "Nq": 2048, "Nk": 2048, "D": 16, "is_causal": True},
        tiers=((1.5, 20), (3, 15), (6, 10), (15, 5)),
        flops=16 * 4 * 16 * (2048 * 2049 // 2),  # heads x two products over D x visible pairs
        table=2048 * 2048,
    ),
)
