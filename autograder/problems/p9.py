"""p9: what counts in the backward pass of attention with a window and sinks."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

EDGE = "The last tiles are ragged: queries beyond N must add nothing to dk and dv."
GROUP = "Query head h reads key head h // (Hq // Hkv); dk and dv are sums over those query heads."
WINDOW = "A window of W shows W keys: key j to the queries j, j + 1, and so on up to j + W - 1."
SINKS = "Each pair of query and sink counts once: through the window or beyond it, never both."
MASK = "Mask the recomputed scores as the forward pass did, before exp2."
STRIDES = "q, k, v, o and dO have strides of their own; autograd may hand over any dO."


def graded(name, points, heads, kv_heads, n, dim, window, sink, *, hint="", gpu=None, **more):
    """One case of p9; B = 1 unless said otherwise."""
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim}
    sizes |= {"window_size": window, "sink_size": sink, "is_causal": True, "scale": None}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, kv_heads, small, n):
    """One of the three public sizes, in small where there is no GPU."""
    small_heads, small_kv = small
    few = f"{small_heads} query heads, {small_kv} key heads, N={n}"
    case = graded(few, points, small_heads, small_kv, n, 16, 48, 4).case
    gpu = {"H": 16, "Hkv": kv_heads, "N": 4096, "window_size": 256}
    many = f"16 query heads, {kv_heads} key heads, N=4096"
    return GradedCase(case, points, gpu=gpu, gpu_name=many, public=True)


PROBLEM = GradedProblem(
    public=find_problem("p9"),
    cases=(
        original(15, 16, (2, 2), 64),
        original(15, 8, (4, 2), 96),
        original(15, 1, (3, 1), 128),
        graded("ragged N", 10, 2, 1, 101, 16, 30, 4, hint=EDGE, gpu={"N": 1009, "H": 8, "Hkv": 2}),
        graded("N shorter than a tile", 5, 2, 2, 5, 16, 3, 1, hint=EDGE),
        graded("a single query and key", 5, 2, 1, 1, 16, 4, 2, hint=EDGE),
        graded(
            "several batches, groups of three",
            10,
            6,
            2,
            40,
            16,
            13,
            3,
            B=2,
            hint=GROUP,
            gpu={"B": 3, "H": 12, "Hkv": 4, "N": 300, "window_size": 70},
        ),
        graded("one key head for all", 5, 5, 1, 50, 16, 20, 4, hint=GROUP, gpu={"N": 500, "H": 8}),
        graded("a window, but no sinks", 10, 1, 1, 130, 16, 33, 0, hint=WINDOW, gpu={"N": 600}),
        graded("a window that is a whole tile", 5, 1, 1, 130, 32, 64, 4, hint=WINDOW),
        graded("a window one longer than a tile", 5, 1, 1, 130, 32, 65, 1, hint=WINDOW),
        graded("W=1, each query sees itself and the sinks", 5, 1, 1, 100, 16, 1, 3, hint=WINDOW),
        graded("a window as long as the sequence", 5, 1, 1, 90, 16, 90, 7, hint=WINDOW),
        graded(
            "sinks in several tiles",
            10,
            1,
            1,
            130,
            16,
            20,
            70,
            hint=SINKS,
            gpu={"N": 700, "sink_size": 150},
        ),
        graded("as many sinks as one tile holds", 5, 2, 1, 100, 16, 25, 16, hint=SINKS),
        graded("every key a sink", 5, 1, 1, 100, 16, 10, 100, hint=SINKS),
        graded("D=32", 5, 1, 1, 100, 32, 40, 4, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded("D=64", 5, 1, 1, 100, 64, 40, 4, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded("D=128", 5, 1, 1, 60, 128, 20, 4, gpu={"N": 300, "H": 4, "Hkv": 2}),
        graded(
            "rows with padding between", 5, 2, 1, 70, 32, 24, 4, layout="padded_rows", hint=STRIDES
        ),
        graded("elements two apart", 5, 2, 1, 70, 32, 24, 4, layout="every_other", hint=STRIDES),
        graded("a scale of one half", 5, 2, 1, 70, 16, 24, 4, scale=0.5),
        graded("scores near +300", 5, 1, 1, 100, 32, 40, 4, scores="positive", hint=MASK),
        graded(
            "scores falling from tile to tile", 5, 1, 1, 130, 16, 40, 4, scores="falling", hint=MASK
        ),
        graded(
            "the masked future far above the past",
            5,
            2,
            1,
            130,
            16,
            40,
            4,
            scores="steep",
            hint=MASK,
        ),
        graded("float32 all the way", 5, 2, 1, 100, 32, 40, 4, dtype="float32"),
    ),
    speed=SpeedCase(
        "speed at N=8192, window 512, forward and backward",
        {
            "B": 2,
            "H": 16,
            "Hkv": 8,
            "N": 8192,
            "D": 128,
            "window_size": 512,
            "sink_size": 4,
            "is_causal": True,
            "scale": None,
        },
        # A kernel that skips no tile outside the window takes some 6 times as long.
        tiers=((1.25, 20), (1.75, 15), (3, 5)),
        flops=32 * 12 * 128 * (8192 - 512) * 512,  # heads x six products over D x visible pairs
        table=8192 * 8192,
    ),
)
