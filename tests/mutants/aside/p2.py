"""p2: wrong weighted row sums, kept aside."""

from ..form import wrong

LOAD_X = "x = tl.load(x_ptrs, mask=row_exists[:, None] & column_exists[None, :], other=0.0)"
ADD = "acc += tl.sum(x * w[None, :], axis=1)"

MUTANTS = (
    wrong(
        "p2", "masking", "columns-not-masked", "p2.1 step 5", "one of the two masks is enough",
        "| for &", (LOAD_X, LOAD_X.replace(" & ", " | ")),
    ),
    wrong(
        "p2", "offsets and strides", "stride-assumed-1", "p2.1 step 4",
        "the tile's start is not multiplied by the stride",
        "multiplies the columns inside the tile alone",
        ("offs_c[None, :] * stride_xc", "start + tl.arange(0, BLOCK_C)[None, :] * stride_xc"),
    ),
    wrong(
        "p2", "sums", "weights-squared", "p2.1 step 7", "w is multiplied twice",
        "weighs in two places", (ADD, ADD.replace("x * w[None, :]", "x * w[None, :] * w[None, :]")),
    ),
)  # fmt: skip
