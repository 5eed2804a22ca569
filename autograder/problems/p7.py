"""p7: what counts in sliding-window attention with sinks."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

ONCE = "Each key belongs to one phase: the sinks before `first` to phase 1, the others to 2 and 3."
STAYS = "A sink stays visible wherever it lies, also on the window's edge and on the diagonal."
TILES = "Phase 1 goes on, tile by tile, until the sinks or the keys before `first` are used up."
WINDOW = "A window of W holds W keys, the query's own included."
MASK_FIRST = "Hidden keys get -inf before the maximum is taken, the future and the old ones alike."
ROWS = "A tile's rows are several heads at the same positions: take positions from offs_m."
GIVEN = "Each load needs the base and the strides of its own tensor, and in phase 3 also N."


def graded(name, points, heads, kv_heads, n, dim, window, sink, *, hint=ONCE, gpu=None, **more):
    """One case of p7; B = 1 unless said otherwise."""
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim, "is_causal": True}
    sizes |= {"window_size": window, "sink_size": sink}
    return GradedCase(Case(name, {**sizes, **more}, hint=hint), points, gpu=gpu or {})


def original(points, heads, n, dim, small):
    """One of the four public sizes; `small` is (N, window, sinks) where there is no GPU."""
    small_n, window, sink = small
    sizes = {"B": 1, "H": 4, "Hkv": 2, "N": small_n, "D": dim, "is_causal": True}
    case = Case(
        f"N={small_n}, window {window}, {sink} sinks",
        {**sizes, "window_size": window, "sink_size": sink},
        hint=ONCE,
    )
    gpu = {"H": heads, "N": n, "window_size": 128, "sink_size": 8}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"N={n}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p7"),
    cases=(
        original(1, 8, 512, 32, (64, 16, 4)),
        original(1, 8, 1024, 32, (96, 32, 8)),
        original(1, 16, 2048, 16, (160, 64, 8)),
        original(1, 16, 4096, 16, (192, 64, 8)),
        graded("no sinks at all", 2, 2, 1, 193, 16, 65, 0, hint=WINDOW, gpu={"N": 1009}),
        graded("a single sink", 2, 2, 1, 193, 16, 50, 1, gpu={"N": 1009, "window_size": 200}),
        graded("sinks beyond the window", 2, 2, 1, 193, 16, 7, 60, hint=STAYS, gpu={"N": 1009}),
        graded("as many sinks as window", 2, 2, 1, 150, 16, 32, 32, gpu={"N": 1009}),
        graded("sinks of a tile exactly", 1, 2, 1, 200, 16, 30, 64, hint=TILES, gpu={"N": 1009}),
        graded(
            "sinks of several tiles",
            3,
            2,
            1,
            257,
            16,
            40,
            150,
            hint=TILES,
            gpu={"N": 1009, "sink_size": 300},
        ),
        graded("more sinks than tokens", 2, 2, 1, 150, 16, 20, 100000, hint=TILES, gpu={"N": 777}),
        graded("sinks inside a long window", 3, 2, 1, 150, 16, 140, 20, gpu={"N": 900}),
        graded("window and sinks beyond N", 1, 2, 1, 100, 16, 1000, 1000, gpu={"N": 500}),
        graded("each query alone, with sinks", 2, 2, 1, 130, 32, 1, 4, hint=STAYS, gpu={"N": 500}),
        graded("a window just past a tile", 1, 2, 1, 193, 16, 65, 4, hint=WINDOW, gpu={"N": 1009}),
        graded("a narrow window, few sinks", 2, 2, 1, 130, 16, 5, 3, hint=STAYS, gpu={"N": 1009}),
        graded("N below a tile, with sinks", 1, 4, 2, 13, 16, 4, 2, hint=STAYS),
        graded("a single token, with sinks", 1, 4, 2, 1, 16, 128, 4),
        graded("sinks, one kv head for all", 2, 8, 1, 70, 16, 20, 4, hint=ROWS, gpu={"N": 500}),
        graded("sinks, no sharing", 1, 3, 3, 70, 16, 20, 4, hint=ROWS, gpu={"H": 8, "Hkv": 8}),
        graded("sinks, groups of three", 1, 6, 2, 70, 32, 20, 4, hint=ROWS, gpu={"N": 500}),
        graded(
            "sinks, several batches",
            2,
            4,
            2,
            70,
            16,
            30,
            4,
            B=2,
            hint=ROWS,
            gpu={"B": 4, "H": 16, "Hkv": 4, "N": 500},
        ),
        graded("sinks at D=64", 1, 2, 1, 100, 64, 30, 4, gpu={"N": 600, "window_size": 128}),
        graded("sinks at D=128", 1, 4, 1, 70, 128, 30, 4, gpu={"N": 600, "window_size": 128}),
        graded("sinks, heads in rows", 1, 4, 2, 70, 32, 20, 4, layout="heads_inside", hint=GIVEN),
        graded("sinks, padded rows", 0.5, 4, 2, 70, 32, 20, 4, layout="padded_rows", hint=GIVEN),
        graded("sinks, elements apart", 1, 4, 2, 70, 32, 20, 4, layout="every_other", hint=GIVEN),
        graded("sinks far above the rest", 1, 2, 1, 200, 16, 50, 4, scores="bygone", hint=ONCE),
        graded(
            "a steep future, with sinks", 1, 2, 1, 200, 16, 50, 20, scores="steep", hint=MASK_FIRST
        ),
        graded("rising scores, with sinks", 1, 2, 1, 200, 16, 50, 4, scores="rising"),
        graded("scores near -300, with sinks", 0.5, 2, 1, 130, 16, 50, 4, scores="negative"),
        graded("tiny values, with sinks", 0.5, 2, 1, 70, 16, 20, 4, v_scale=1e-3),
        graded("huge values, with sinks", 0.5, 2, 1, 70, 16, 20, 4, v_scale=1e3),
        graded("sinks in float32", 1, 4, 2, 100, 32, 30, 4, dtype="float32", hint=GIVEN),
    ),
    speed=SpeedCase(
        "speed at N=16384, window 1024, 8 sinks",
        {
            "B": 1,
            "H": 32,
            "Hkv": 4,
            "N": 16384,
            "D": 128,
            "window_size": 1024,
            "sink_size": 8,
            "is_causal": True,
        },
        # A kernel that skips no tile outside the window takes some 8 times as long.
        tiers=((1.25, 5), (1.75, 3), (3, 1)),
        flops=32 * 4 * 128 * (16384 - 1024) * 1024,  # heads x two products over D x visible pairs
        table=16384 * 16384,
    ),
)
