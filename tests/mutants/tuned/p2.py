"""p2: wrong weighted row sums."""

from functools import partial

from ..form import wrong

edge = partial(wrong, "p2", "masking")
where = partial(wrong, "p2", "offsets and strides")
loop = partial(wrong, "p2", "loop bounds")
total = partial(wrong, "p2", "sums")
precision = partial(wrong, "p2", "precision")

LOAD_X = "x = tl.load(x_ptrs, mask=row_exists[:, None] & column_exists[None, :], other=0.0)"
LOAD_W = "w = tl.load(w_ptr + offs_c * stride_w, mask=column_exists, other=0.0)"
LOOP = "for start in range(0, cols, BLOCK_C):"
ADD = "acc += tl.sum(x * w[None, :], axis=1)"
CAST_X, CAST_W = "x = x.to(tl.float32)\n", "w = w.to(tl.float32)\n"
OFFS_C = "offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)"
OFFS_R = "offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)"
ZERO = "acc = tl.zeros([BLOCK_R], dtype=tl.float32)"

MUTANTS = (
    edge(
        "w-not-masked", "p2.1 step 5", "w is loaded without a mask",
        "masks the table, not the vector", (LOAD_W, "w = tl.load(w_ptr + offs_c * stride_w)"),
    ),
    edge(
        "columns-not-masked", "p2.1 step 5", "x is masked by rows only",
        "thinks of one edge", (LOAD_X, "x = tl.load(x_ptrs, mask=row_exists[:, None], other=0.0)"),
    ),
    edge(
        "rows-not-masked", "p2.1 step 5", "x is masked by columns only",
        "thinks of one edge",
        (LOAD_X, "x = tl.load(x_ptrs, mask=column_exists[None, :], other=0.0)"),
    ),
    edge(
        "store-not-masked", "p2.1 step 8", "the store has no mask",
        "masks what it reads only", (", mask=row_exists)", ")"),
    ),
    edge(
        "column-bound-wrong", "p2.1 step 3", "the last column is masked away",
        "off by one", ("column_exists = offs_c < cols", "column_exists = offs_c < cols - 1"),
    ),
    edge(
        "column-bound-wrong", "p2.1 step 3", "one column more than there is",
        "<= for <", ("column_exists = offs_c < cols", "column_exists = offs_c <= cols"),
    ),
    edge(
        "row-bound-wrong", "p2.1 step 1", "the last row is masked away",
        "off by one", ("row_exists = offs_r < rows", "row_exists = offs_r < rows - 1"),
    ),
    edge(
        "row-bound-wrong", "p2.1 step 1", "rows are counted against cols",
        "takes the other bound", ("row_exists = offs_r < rows", "row_exists = offs_r < cols"),
    ),
    where(
        "stride-assumed-1", "p2.1 step 4", "the column stride is left out",
        "knows that rows are contiguous", ("offs_c[None, :] * stride_xc", "offs_c[None, :]"),
    ),
    where(
        "stride-assumed-cols", "p2.1 step 4", "rows are cols apart",
        "knows that tables are contiguous",
        ("offs_r[:, None] * stride_xr", "offs_r[:, None] * cols"),
    ),
    where(
        "stride-assumed-1", "p2.1 step 5", "w's stride is left out",
        "knows that vectors are contiguous", ("w_ptr + offs_c * stride_w", "w_ptr + offs_c"),
    ),
    where(
        "stride-of-another", "p2.1 step 5", "w is read with x's column stride",
        "one column stride for both", ("offs_c * stride_w", "offs_c * stride_xc"),
    ),
    where(
        "strides-swapped", "p2.1 step 4", "row and column stride are swapped",
        "mixes up the two axes",
        ("offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc",
         "offs_r[:, None] * stride_xc + offs_c[None, :] * stride_xr"),
    ),
    where(
        "x-stays-at-first-tile", "p2.1 step 4", "x is read from the first tile again and again",
        "forgets that the address moves",
        ("offs_c[None, :] * stride_xc", "tl.arange(0, BLOCK_C)[None, :] * stride_xc"),
    ),
    where(
        "w-stays-at-first-tile", "p2.1 step 5", "w is read from the first tile again and again",
        "forgets that w moves as well",
        ("w_ptr + offs_c * stride_w", "w_ptr + tl.arange(0, BLOCK_C) * stride_w"),
    ),
    where(
        "rows-offset-wrong", "p2.1 step 1", "every program does the first rows",
        "leaves out program_id", (OFFS_R, "offs_r = tl.arange(0, BLOCK_R).to(tl.int64)"),
    ),
    where(
        "rows-offset-wrong", "p2.1 step 1", "programs are BLOCK_C rows apart",
        "takes the other block size", (OFFS_R, OFFS_R.replace("* BLOCK_R", "* BLOCK_C")),
    ),
    loop(
        "first-tile-only", "p2.1 step 3", "one tile of columns and no more",
        "tries it on small matrices only",
        (LOOP, "for start in range(0, min(cols, BLOCK_C), BLOCK_C):"),
    ),
    loop(
        "last-tile-missing", "p2.1 step 3", "whole tiles only",
        "rounds the number of tiles down",
        (LOOP, "for start in range(0, cols // BLOCK_C * BLOCK_C, BLOCK_C):"),
    ),
    loop(
        "tiles-skipped", "p2.1 step 3", "every second tile",
        "steps by two blocks", (LOOP, "for start in range(0, cols, 2 * BLOCK_C):"),
    ),
    loop(
        "first-tile-missing", "p2.1 step 3", "the loop starts at the second tile",
        "means to start with acc from the first",
        (LOOP, "for start in range(BLOCK_C, cols, BLOCK_C):"),
    ),
    total(
        "sum-replaced", "p2.1 step 7", "each tile replaces the sum",
        "= for +=", (ADD, ADD.replace("+=", "=")),
    ),
    total(
        "weights-added", "p2.1 step 7", "the weights are added, not multiplied",
        "slips",
        (ADD,
         ADD.replace("x * w[None, :]", "tl.where(column_exists[None, :], x + w[None, :], 0.0)")),
    ),
    total(
        "weights-unused", "p2.1 step 7", "the weights are not used",
        "begins with the plain row sum", (ADD, "acc += tl.sum(x, axis=1)"),
    ),
    total(
        "mean-not-sum", "p2.1 step 8", "the sum is divided by cols",
        "thinks of a weighted mean", ("acc.to(out_ptr", "(acc / cols).to(out_ptr"),
    ),
    total(
        "maximum-not-sum", "p2.1 step 7", "the largest product instead of the sum",
        "copies the reduction of a softmax", (ADD, "acc += tl.max(x * w[None, :], axis=1)"),
    ),
    precision(
        "products-16-bit", "p2.1 step 6", "products in the inputs' dtype",
        "leaves the conversion out", (CAST_X, ""), (CAST_W, ""),
    ),
    precision(
        "products-16-bit", "p2.1 step 6", "converted after the product",
        "converts too late", (CAST_X, ""), (CAST_W, ""),
        (ADD, "acc += tl.sum((x * w[None, :]).to(tl.float32), axis=1)"),
    ),
    precision(
        "acc-16-bit", "p2.1 step 2", "the running sum is float16",
        "makes acc what the output is",
        (ZERO, ZERO.replace("float32", "float16")),
        (ADD, ADD.replace("axis=1)", "axis=1).to(tl.float16)")),
    ),
    precision(
        "acc-16-bit", "p2.1 step 7", "each tile's sum is rounded to 16 bits",
        "casts a little early",
        (ADD, ADD.replace("axis=1)", "axis=1).to(tl.float16).to(tl.float32)")),
    ),
)  # fmt: skip
