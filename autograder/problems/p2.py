"""p2: what counts in the weighted row sum."""

from autograder.registry import GradedCase, GradedProblem, SpeedCase
from autograder.selfcheck.problem import Case, find_problem

COLUMN_EDGE = "Columns beyond cols must read as 0, for x and for w."
ROW_EDGE = "Rows beyond rows must be masked, in the load and in the store."
STRIDES = "Compute addresses from the strides that the kernel is given, x's two and w's."
PRECISE = "Convert to float32 before multiplying, and keep the running sum in float32."


def graded(name, points, rows, cols, *, hint="", gpu=None, **more):
    """One case of p2."""
    return GradedCase(
        Case(name, {"rows": rows, "cols": cols, **more}, hint=hint), points, gpu or {}
    )


def original(points, rows, cols, small_rows, small_cols):
    """One of the four public sizes, in small where there is no GPU."""
    case = Case(f"{small_rows} × {small_cols}", {"rows": small_rows, "cols": small_cols})
    gpu = {"rows": rows, "cols": cols}
    return GradedCase(case, points, gpu=gpu, gpu_name=f"{rows} × {cols}", public=True)


PROBLEM = GradedProblem(
    public=find_problem("p2"),
    cases=(
        original(5, 512, 1024, 16, 64),
        original(5, 1024, 4096, 64, 512),
        original(5, 2048, 8192, 32, 2048),
        original(5, 4096, 8192, 8, 8192),
        graded(
            "ragged columns",
            8,
            40,
            777,
            values="edges",
            hint=COLUMN_EDGE,
            gpu={"rows": 500, "cols": 9001},
        ),
        graded("ragged rows", 8, 83, 128, hint=ROW_EDGE, gpu={"rows": 4099, "cols": 1024}),
        graded("one column more than a power of two", 4, 9, 4097, values="edges", hint=COLUMN_EDGE),
        graded("one long row", 5, 1, 9000, values="edges", hint=COLUMN_EDGE, gpu={"cols": 100_003}),
        graded("one narrow column", 5, 301, 1, hint=COLUMN_EDGE, gpu={"rows": 100_003}),
        graded("a single element", 4, 1, 1, hint=COLUMN_EDGE),
        graded("three columns", 3, 130, 3, hint=COLUMN_EDGE),
        graded("stored by columns", 6, 70, 200, layout="columns_first", hint=STRIDES),
        graded("rows far apart", 5, 70, 200, layout="padded_rows", hint=STRIDES),
        graded("every other element, of w too", 6, 70, 200, layout="every_other", hint=STRIDES),
        graded("thousands of positive terms", 4, 6, 10_000, values="positive", hint=PRECISE),
        graded("terms that cancel", 4, 30, 4096, values="cancelling", hint=PRECISE),
        graded("huge values in x", 2, 20, 300, x_scale=30.0, hint=PRECISE),
        graded("tiny values in x", 2, 20, 300, x_scale=1e-3, hint=PRECISE),
        graded("float32 from end to end", 2, 45, 700, dtype="float32"),
        graded("float16 from end to end", 2, 45, 700, dtype="float16"),
    ),
    speed=SpeedCase(
        "speed at 8192 × 8192",
        {"rows": 8192, "cols": 8192},
        tiers=((1.25, 10), (1.6, 8), (2.5, 5), (5, 2)),
    ),
)
