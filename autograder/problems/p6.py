"""p6: what counts in sliding-window attention."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

EDGE = "`first` rounds down to a key tile, `inside` rounds up; neither is ever negative."
DIAGONAL = "In the tiles on the diagonal, keys can be too old as well as in the future."
MASK_FIRST = "Hidden keys get -inf before the maximum is taken, the future and the old ones alike."
ROWS = "A tile's rows are several heads at the same positions: take positions from offs_m."
GIVEN = "If other cases fail too, start with those: loads, heads and strides are given code."


def graded(name, points, heads, kv_heads, n, dim, window, *, hint=EDGE, gpu=None, **more):
    """One case of p6; B = 1 unless said otherwise."""
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim, "is_causal": True}
    case = Case(name, {**sizes, "window_size": window, **more}, hint=hint)
    return GradedCase(case, points, gpu=gpu or {})


def original(points, heads, n, small_n, small_window):
    """One of the four public sizes, in small where there is no GPU."""
    sizes = {"B": 1, "H": 4, "Hkv": 2, "N": small_n, "D": 16, "is_causal": True}
    case = Case(
        f"N={small_n}, window {small_window}", {**sizes, "window_size": small_window}, hint=EDGE
    )
    gpu = {"H": heads, "N": n, "window_size": 128}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"N={n}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p6"),
    cases=(
        original(1, 8, 512, 64, 32),
        original(1, 8, 1024, 96, 32),
        original(1, 16, 2048, 160, 64),
        original(1, 16, 4096, 192, 64),
        graded("one more than a tile", 3, 2, 1, 193, 16, 65, gpu={"N": 1009, "window_size": 129}),
        graded("one less than a tile", 2, 2, 1, 193, 16, 63, gpu={"N": 1009, "window_size": 127}),
        graded("a tile and a half", 2, 2, 1, 200, 32, 100, gpu={"N": 1000, "window_size": 200}),
        graded("a very narrow window", 3, 2, 1, 130, 16, 7, hint=DIAGONAL, gpu={"N": 1009}),
        graded("two keys for each query", 2, 4, 2, 70, 16, 2, hint=DIAGONAL, gpu={"N": 500}),
        graded("each query alone", 1, 2, 1, 70, 32, 1, hint=DIAGONAL, gpu={"N": 500}),
        graded("the window is the sequence", 1, 2, 1, 130, 16, 130, gpu={"N": 777}),
        graded("far more window than text", 2, 2, 1, 100, 16, 100000, gpu={"N": 777}),
        graded("ragged N in a window", 2, 2, 1, 203, 16, 50, gpu={"N": 1009, "window_size": 333}),
        graded("N below a tile, window below N", 1, 4, 2, 13, 16, 5, hint=DIAGONAL),
        graded("a single token in a window", 1, 4, 2, 1, 16, 128),
        graded("window, one kv head for all", 2, 8, 1, 70, 16, 20, hint=ROWS, gpu={"N": 500}),
        graded("window, no sharing", 2, 3, 3, 70, 16, 20, hint=ROWS, gpu={"H": 8, "Hkv": 8}),
        graded("window, groups of three", 1, 6, 2, 70, 32, 20, hint=ROWS, gpu={"N": 500}),
        graded(
            "window, several batches",
            2,
            4,
            2,
            70,
            16,
            40,
            B=2,
            hint=ROWS,
            gpu={"B": 4, "H": 16, "Hkv": 4, "N": 500},
        ),
        graded("window at D=32", 1, 2, 1, 100, 32, 48, gpu={"N": 600, "window_size": 128}),
        graded("window at D=64", 1, 2, 1, 100, 64, 48, gpu={"N": 600, "window_size": 128}),
        graded("window at D=128", 1, 4, 1, 70, 128, 48, gpu={"N": 600, "window_size": 128}),
        graded("window, heads in rows", 1, 4, 2, 70, 32, 20, layout="heads_inside", hint=GIVEN),
        graded("window, padded rows", 1, 4, 2, 70, 32, 20, layout="padded_rows", hint=GIVEN),
        graded("window, elements apart", 1, 4, 2, 70, 32, 20, layout="every_other", hint=GIVEN),
        graded("a steep hidden past", 2, 2, 1, 200, 16, 50, scores="bygone", hint=MASK_FIRST),
        graded("a steep hidden future", 2, 2, 1, 200, 16, 50, scores="steep", hint=MASK_FIRST),
        graded("rising scores in a window", 1, 2, 1, 200, 16, 80, scores="rising"),
        graded("scores near -300 in a window", 1, 2, 1, 130, 16, 50, scores="negative"),
        graded("few keys of a window", 0.5, 2, 1, 130, 64, 50, scores="large"),
        graded("tiny values in a window", 0.5, 2, 1, 70, 16, 20, v_scale=1e-3, hint=GIVEN),
        graded("huge values in a window", 0.5, 2, 1, 70, 16, 20, v_scale=1e3, hint=GIVEN),
        graded("window in float32", 0.5, 4, 2, 100, 32, 40, dtype="float32", hint=GIVEN),
    ),
    speed=SpeedCase(
        "speed at N=16384, window 1024",
        {
            "B": 1,
            "H": 32,
            "Hkv": 4,
            "N": 16384,
            "D": 128,
            "window_size": 1024,
            "is_causal": True,
        },
        # A kernel that skips no tile outside the window takes some 8 times as long.
        tiers=((1.25, 5), (1.75, 3), (3, 1)),
        flops=32 * 4 * 128 * (16384 - 1024) * 1024,  # heads x two products over D x visible pairs
        table=16384 * 16384,
    ),
)
