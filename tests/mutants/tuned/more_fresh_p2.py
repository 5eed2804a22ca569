"""More wrong answers to p2, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p2",
        "loop",
        "sum-replaced",
        "p2.1 step 7",
        "keeps a tile of products, the last one",
        "I keep the products as a tile and sum it once, after the loop.",
        """
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
products = tl.zeros([BLOCK_R, BLOCK_C], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    mask = (offs_r[:, None] < rows) & (offs_c[None, :] < cols)
    x_ptrs = x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc
    x = tl.load(x_ptrs, mask=mask, other=0.0).to(tl.float32)
    w = tl.load(w_ptr + offs_c * stride_w, mask=offs_c < cols, other=0.0).to(tl.float32)
    products = x * w[None, :]
acc = tl.sum(products, axis=1)
tl.store(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), mask=offs_r < rows)
""",
    ),
    free(
        "p2",
        "loop",
        "tile-advanced-twice",
        "p2.1 step 4",
        "pointers move and offsets too",
        "The pointers go on by a tile after each passage.",
        """
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
x_rows = x_ptr + offs_r[:, None] * stride_xr
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    here = 2 * start + tl.arange(0, BLOCK_C) < cols
    mask = (offs_r[:, None] < rows) & here[None, :]
    x = tl.load(x_rows + offs_c[None, :] * stride_xc, mask=mask, other=0.0)
    w = tl.load(w_ptr + offs_c * stride_w, mask=here, other=0.0)
    acc += tl.sum(x.to(tl.float32) * w.to(tl.float32)[None, :], axis=1)
    x_rows += BLOCK_C * stride_xc
    w_ptr += BLOCK_C * stride_w
tl.store(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), mask=offs_r < rows)
""",
    ),
    free(
        "p2",
        "loop",
        "last-tile-missing",
        "p2.1 step 3",
        "counts the tiles with //",
        "There are cols // BLOCK_C tiles.",
        """
row = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
total = tl.zeros([BLOCK_R], dtype=tl.float32)
for tile in range(cols // BLOCK_C):
    col = (tile * BLOCK_C + tl.arange(0, BLOCK_C)).to(tl.int64)
    x = tl.load(
        x_ptr + row[:, None] * stride_xr + col[None, :] * stride_xc,
        mask=row[:, None] < rows, other=0.0,
    )
    w = tl.load(w_ptr + col * stride_w)
    total += tl.sum(x.to(tl.float32) * w.to(tl.float32), axis=1)
tl.store(out_ptr + row * stride_out, total.to(out_ptr.dtype.element_ty), mask=row < rows)
""",
    ),
    wrong(
        "p2",
        "loop",
        "first-tile-missing",
        "p2.1 step 3",
        "the loop starts at BLOCK_C",
        "The first tile is where I am; the loop brings the others.",
        ("in range(0, cols, BLOCK_C)", "in range(BLOCK_C, cols, BLOCK_C)"),
    ),
    wrong(
        "p2",
        "weights",
        "x-unused",
        "p2.1 step 7",
        "sums w where x exists",
        "I weigh with where instead of with a product.",
        (
            "acc += tl.sum(x * w[None, :], axis=1)",
            "acc += tl.sum(tl.where(x != 0.0, w[None, :], 0.0), axis=1)",
        ),
    ),
    wrong(
        "p2",
        "weights",
        "weights-from-x",
        "p2.1 step 5",
        "w is loaded from x_ptr",
        "Copied the line above and changed only the offsets.",
        ("w = tl.load(w_ptr + offs_c * stride_w,", "w = tl.load(x_ptr + offs_c * stride_xc,"),
    ),
    wrong(
        "p2",
        "weights",
        "weights-normalised",
        "p2.1 step 8",
        "a weighted mean",
        "A weighted sum of a row is divided by the sum of the weights, or it is not a mean.",
        (
            "acc = tl.zeros([BLOCK_R], dtype=tl.float32)",
            "acc = tl.zeros([BLOCK_R], dtype=tl.float32)\nall_w = 0.0",
        ),
        (
            "    # Step 7: weigh, sum along the columns, add to acc.\n",
            "    all_w += tl.sum(w)\n",
        ),
        ("acc.to(out_ptr.dtype.element_ty)", "(acc / all_w).to(out_ptr.dtype.element_ty)"),
    ),
    wrong(
        "p2",
        "rows",
        "rows-offset-wrong",
        "p2.1 step 1",
        "the rows go on by BLOCK_C",
        "A block is BLOCK_C long.",
        ("tl.program_id(0) * BLOCK_R + tl.arange", "tl.program_id(0) * BLOCK_C + tl.arange"),
    ),
    wrong(
        "p2",
        "strides",
        "stride-of-another",
        "p2.1 step 5",
        "w takes the columns' stride of x",
        "w runs along the columns, so it has their stride.",
        ("w_ptr + offs_c * stride_w,", "w_ptr + offs_c * stride_xc,"),
    ),
)
