"""p2: wrong weighted row sums, for measuring."""

from functools import partial

from ..form import free, wrong

tiles = partial(wrong, "p2", "tiles and bounds")
address = partial(wrong, "p2", "addresses")
sums = partial(wrong, "p2", "sums")
precision = partial(wrong, "p2", "precision")
rewritten = partial(free, "p2", "written anew")

MUTANTS = (
    tiles(
        "last-tile-missing",
        "p2.1 step 3",
        "only whole tiles of columns",
        "counts tiles by cols // BLOCK_C",
        ("range(0, cols, BLOCK_C)", "range(0, cols // BLOCK_C * BLOCK_C, BLOCK_C)"),
    ),
    tiles(
        "tiles-skipped",
        "p2.1 step 3",
        "every second tile",
        "advances by two tiles",
        ("range(0, cols, BLOCK_C)", "range(0, cols, 2 * BLOCK_C)"),
    ),
    tiles(
        "column-bound-wrong",
        "p2.1 step 5",
        "one column beyond the end",
        "writes <= for <",
        ("offs_c < cols", "offs_c <= cols"),
    ),
    tiles(
        "column-bound-wrong",
        "p2.1 step 5",
        "columns are held against rows",
        "mixes up the two sizes",
        ("offs_c < cols", "offs_c < rows"),
    ),
    tiles(
        "row-bound-wrong",
        "p2.1 step 1",
        "rows are held against cols",
        "mixes up the two sizes",
        ("offs_r < rows", "offs_r < cols"),
    ),
    tiles(
        "rows-offset-wrong",
        "p2.1 step 1",
        "programs overlap",
        "adds the program's number without its block",
        ("tl.program_id(0) * BLOCK_R + tl", "tl.program_id(0) + tl"),
    ),
    address(
        "strides-swapped",
        "p2.1 step 4",
        "row and column strides swapped",
        "thinks stride_xr is the step inside a row",
        (
            "offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc",
            "offs_r[:, None] * stride_xc + offs_c[None, :] * stride_xr",
        ),
    ),
    address(
        "stride-assumed-1",
        "p2.1 step 5",
        "weights lie side by side",
        "a vector is contiguous, isn't it",
        ("w_ptr + offs_c * stride_w", "w_ptr + offs_c"),
    ),
    sums(
        "mean-not-sum",
        "p2.1 step 8",
        "divided by the number of columns",
        "reads 'weighted' as 'weighted mean'",
        ("acc.to(out_ptr.dtype.element_ty)", "(acc / cols).to(out_ptr.dtype.element_ty)"),
    ),
    sums(
        "product-of-sums",
        "p2.1 step 7",
        "sum of x times sum of w",
        "pulls the weights out of the sum",
        ("tl.sum(x * w[None, :], axis=1)", "tl.sum(x, axis=1) * tl.sum(w, axis=0)"),
    ),
    precision(
        "acc-16-bit",
        "p2.1 step 7",
        "the running sum in x's dtype",
        "stores the answer in 16 bits anyway",
        (
            "acc += tl.sum(x * w[None, :], axis=1)",
            "acc += tl.sum(x * w[None, :], axis=1)\n"
            "    acc = acc.to(x_ptr.dtype.element_ty).to(tl.float32)",
        ),
    ),
    rewritten(
        "products-16-bit",
        "p2.1 step 6",
        "converted after the product",
        "converts once instead of twice",
        """
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    mask = (offs_r < rows)[:, None] & (offs_c < cols)[None, :]
    x = tl.load(x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc, mask, 0.0)
    w = tl.load(w_ptr + offs_c * stride_w, offs_c < cols, 0.0)
    acc += tl.sum((x * w[None, :]).to(tl.float32), axis=1)
tl.store(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), offs_r < rows)
""",
    ),
    rewritten(
        "w-stays-at-first-tile",
        "p2.1 step 5",
        "only x's pointers move",
        "advances the matrix and forgets the vector",
        """
r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
c = tl.arange(0, BLOCK_C).to(tl.int64)
x_ptrs = x_ptr + r[:, None] * stride_xr + c[None, :] * stride_xc
w_ptrs = w_ptr + c * stride_w
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    left = cols - start
    x = tl.load(x_ptrs, mask=(r[:, None] < rows) & (c[None, :] < left), other=0.0)
    w = tl.load(w_ptrs, mask=c < left, other=0.0)
    acc += tl.sum(x.to(tl.float32) * w.to(tl.float32)[None, :], axis=1)
    x_ptrs += BLOCK_C * stride_xc
tl.store(out_ptr + r * stride_out, acc.to(out_ptr.dtype.element_ty), mask=r < rows)
""",
    ),
    rewritten(
        "stride-assumed-1",
        "p2.1 step 4",
        "x's pointers move by elements",
        "moves on by BLOCK_C, whatever the stride",
        """
r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
c = tl.arange(0, BLOCK_C).to(tl.int64)
x_ptrs = x_ptr + r[:, None] * stride_xr + c[None, :]
w_ptrs = w_ptr + c * stride_w
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    x = tl.load(x_ptrs, mask=(r[:, None] < rows) & (start + c[None, :] < cols), other=0.0)
    w = tl.load(w_ptrs, mask=start + c < cols, other=0.0)
    acc += tl.sum(x.to(tl.float32) * w.to(tl.float32)[None, :], axis=1)
    x_ptrs += BLOCK_C
    w_ptrs += BLOCK_C * stride_w
tl.store(out_ptr + r * stride_out, acc.to(out_ptr.dtype.element_ty), mask=r < rows)
""",
    ),
)
