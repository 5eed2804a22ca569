"""p2: what counts in the weighted row sum."""

from functools import partial

from autograder.registry import GradedProblem, SpeedCase, make_graded
from autograder.selfcheck.problems.flash_attention import p2

graded = partial(make_graded, rows=70, cols=200)
WIDE = dict(x="padded_rows", w="every_other")
DOWN = dict(x="columns_first", w="every_other")
precise = partial(graded, layout=DOWN, rounding=True)
edges = partial(graded, values="edges")

CASES = (
    graded(3, "16 × 64", rows=16, cols=64, public=p2.LARGE[0]),
    graded(3, "64 × 512", rows=64, cols=512, public=p2.LARGE[1]),
    graded(3, "32 × 2048", rows=32, cols=2048, public=p2.LARGE[2]),
    graded(3, "8 × 8192", rows=8, cols=8192, public=p2.LARGE[3]),
    edges(8, "ragged columns", rows=21, cols=4777, gpu=dict(rows=500, cols=9001)),
    graded(6, "ragged rows", rows=83, cols=128, gpu=dict(rows=4099, cols=1024)),
    edges(6, "one column more than a power of two", rows=9, cols=4097),
    edges(6, "one long row", rows=1, cols=9000, gpu=dict(cols=100_003)),
    graded(4, "one narrow column", rows=301, cols=1, gpu=dict(rows=100_003)),
    graded(3, "a single element", rows=1, cols=1),
    graded(3, "three columns", rows=130, cols=3),
    graded(8, "stored by columns, w with gaps", rows=64, cols=256, layout=DOWN),
    graded(7, "rows far apart, w with gaps", rows=64, cols=256, layout=WIDE),
    graded(7, "every other element, of w too", rows=64, layout="every_other"),
    graded(6, "long rows stored by columns", rows=4, cols=8192, layout=DOWN),
    precise(5, "thousands of positive terms", rows=6, cols=10_000, values="positive"),
    precise(4, "terms that cancel", rows=30, cols=5000, values="cancelling"),
    precise(1, "huge values in x", rows=20, cols=256, x_scale=30.0),
    precise(1, "tiny values in x", rows=20, cols=256, x_scale=1e-3, layout=WIDE),
    precise(2, "float32 from end to end", rows=8, cols=8192, dtype="float32"),
    precise(1, "float16 from end to end", cols=512, values="cancelling", dtype="float16"),
)
SPEED = SpeedCase(
    "speed at 8192 × 8192",
    dict(rows=8192, cols=8192),
    tiers=((1.25, 10), (1.6, 8), (2.5, 5), (5, 2)),
)
PROBLEM = GradedProblem(p2.PROBLEM, CASES, SPEED)
