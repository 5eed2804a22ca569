"""Mistakes in p2, the weighted row sum: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import INERT, swap
from autograder.classroom.demo_model import Expected, Work, stray, wrong

# What lies beyond the end is read: garbage, and on a GPU what lies around it in memory, NaN.
# Harmless where no tile is ragged.
BEYOND = wrong(
    "Columns beyond cols must read as 0",
    kept=(
        "16 × 64",
        "64 × 512",
        "32 × 2048",
        "8 × 8192",
        "ragged rows",
        "one narrow column",
        "a single element",
        "stored by columns, w with gaps",
        "rows far apart, w with gaps",
        "long rows stored by columns",
        "huge values in x",
        "tiny values in x",
        "float32 from end to end",
        "float16 from end to end",
    ),
)

EDGE = Work(
    stray(BEYOND, "past the end of `w_ptr`"),
    (swap("offs_c * stride_w, mask=column_exists, other=0.0)", "offs_c * stride_w)"),),
    on_gpu=BEYOND,
)

LONG_ROWS = (
    "8 × 8192",
    "ragged columns",
    "one column more than a power of two",
    "one long row",
    "long rows stored by columns",
    "thousands of positive terms",
    "terms that cancel",
    "float32 from end to end",
)
# Each tile of columns replaces the sum of those before. A tile holds at most 4096 columns.
SUM = Work(
    wrong("Each tile replaces the sum", lost=LONG_ROWS),
    (swap("        acc += tl.sum(", "        acc = tl.sum("),),
    on_gpu=wrong("Each tile replaces the sum", lost=("32 × 2048", *LONG_ROWS)),
)

BY_COLUMNS = wrong(
    "The stride of the columns is taken for 1",
    lost=(
        "stored by columns, w with gaps",
        "every other element, of w too",
        "long rows stored by columns",
        "thousands of positive terms",
        "terms that cancel",
        "huge values in x",
        "float32 from end to end",
        "float16 from end to end",
    ),
)

STRIDES = Work(  # some lost cases read what is there, one what lies between
    stray(BY_COLUMNS, BY_COLUMNS.says, "several problems"),
    (swap("offs_c[None, :] * stride_xc", "offs_c[None, :]"),),
    on_gpu=BY_COLUMNS,
)

TYPO = Work(Expected("not allowed", says="tl.laod"), (swap("x = tl.load(", "x = tl.laod("),))

# Passes the interpreter, whose tiles are numpy arrays; no compiler takes such a range.
RANGE = Work(
    Expected("does not compile", says="compute capability"),
    (
        swap(
            "offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)",
            "offs_c = tl.arange(start, start + BLOCK_C).to(tl.int64)",
        ),
    ),
)

INSIDE = Work(
    Expected("not allowed", says="__class__"),
    (swap("acc += tl.sum(", "x_ptr.__class__.__init__ = None\n        acc += tl.sum("), *INERT),
)
