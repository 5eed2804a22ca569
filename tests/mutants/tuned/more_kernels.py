"""p2, p5, p6 and p7: wrong kernels, a second lot: written without a look at the rules."""

from functools import partial

from ..form import wrong

p2 = partial(wrong, "p2")
p5 = partial(wrong, "p5")
p6 = partial(wrong, "p6")
p7 = partial(wrong, "p7")
STRIDES, LOOP, MASK = "offsets and strides", "loop bounds", "masking"
HEADS, WINDOW, SINKS = "head mapping", "window edges", "sinks"

LOAD_X = "x = tl.load(x_ptrs, mask=row_exists[:, None] & column_exists[None, :], other=0.0)"
LOAD_W = "w = tl.load(w_ptr + offs_c * stride_w, mask=column_exists, other=0.0)"
ADD = "acc += tl.sum(x * w[None, :], axis=1)"
COLUMNS = "for start in range(0, cols, BLOCK_C):"
ROWS = "offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)"
B, H = "b = (pid_bh // H).to(tl.int64)", "h = (pid_bh % H).to(tl.int64)"
KV = "kv_h = h // GROUP"
Q_BASE = "q_base = q_ptr + b * stride_qb + h * stride_qh"
K_BASE = "k_base = k_ptr + b * stride_kb + kv_h * stride_kh"
LOAD_K = "k = tl.load(k_base + k_offs)"
EDGE_V = "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)"
OLDEST = "oldest = tl.maximum(start_m - (window_size - 1), 0)"
FIRST = "first = oldest // BLOCK_N * BLOCK_N"
WHOLE = "whole_from = tl.maximum(start_m + BLOCK_Q - window_size, 0)"
INSIDE = "inside = tl.minimum(tl.cdiv(whole_from, BLOCK_N) * BLOCK_N, diagonal)"
DISTANCE = "distance = offs_m[:, None] - (start_n + offs_n[None, :])"
VISIBLE = "visible = (distance >= 0) & (distance < window_size)"
SINK_LOOP = "for start_n in range(0, tl.minimum(sink_size, first), BLOCK_S):"
SINK_MASK = 'qk = tl.where(start_n + offs_s[None, :] < sink_size, qk, float("-inf"))'
EDGE = 'qk = tl.where(recent | (start_n + offs_n[None, :] < sink_size), qk, float("-inf"))'
LAST = 'qk = tl.where((distance >= 0) & kept, qk, float("-inf"))'
UPDATE = "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"

MUTANTS = (
    p2(
        STRIDES, "rows-offset-wrong", "p2.1 step 1", "programs are one row apart",
        "forgets the block size", (ROWS, ROWS.replace(" * BLOCK_R +", " +")),
    ),
    p2(
        MASK, "pads-read-as-one", "p2.1 step 5", "what does not exist is read as 1",
        "takes 1 for neutral",
        (LOAD_X, LOAD_X.replace("other=0.0", "other=1.0")),
        (LOAD_W, LOAD_W.replace("other=0.0", "other=1.0")),
    ),
    p2(
        LOOP, "last-tile-missing", "p2.1 step 3", "the loop ends one tile early",
        "subtracts the tile from the end",
        (COLUMNS, "for start in range(0, cols - BLOCK_C, BLOCK_C):"),
    ),
    p2(
        "sums", "sums-multiplied", "p2.1 step 7", "the two sums are multiplied",
        "sums first, weighs later", (ADD, "acc += tl.sum(x, axis=1) * tl.sum(w, axis=0)"),
    ),
    p2(
        "sums", "sum-replaced", "p2.1 step 2", "acc begins at zero in every tile",
        "puts the zeros into the loop",
        (ADD, "acc = tl.zeros([BLOCK_R], dtype=tl.float32)\n    " + ADD),
    ),
    p2(
        "sums", "shapes-do-not-fit", "p2.1 step 7", "the sum runs down the rows",
        "axis=0 for axis=1", (ADD, ADD.replace("axis=1", "axis=0")),
    ),
    p5(
        HEADS, "batch-and-head-split-wrong", "p5.1 step 1", "b and h change places",
        "mixes up quotient and remainder",
        (B, B.replace("//", "%")), (H, H.replace("%", "//")),
    ),
    p5(
        HEADS, "kv-head-of-k-wrong", "p5.1 step 3", "k is read from query head h's place",
        "changes the line of v, not that of k", (K_BASE, K_BASE.replace("kv_h", "h")),
    ),
    p5(
        STRIDES, "tile-advanced-twice", "p5.2 step 1", "k is moved on by start_n as well",
        "does not see that k_base moves",
        (LOAD_K, "k = tl.load(k_base + start_n * stride_kn + k_offs)"),
    ),
    p5(
        MASK, "pads-bound-wrong", "p5.3 step 1", "the last value is read as 0",
        "off by one", (EDGE_V, EDGE_V.replace("< Nk", "< Nk - 1")),
    ),
    p6(
        WINDOW, "inside-by-first-query", "p6.1 step 2", "inside knows no last query",
        "leaves BLOCK_Q out", (WHOLE, "whole_from = tl.maximum(start_m - window_size, 0)"),
    ),
    p6(
        WINDOW, "first-not-rounded", "p6.1 step 1", "first is a multiple of 8",
        "rounds to a size of his own", (FIRST, "first = oldest // 8 * 8"),
    ),
    p6(
        WINDOW, "first-in-tiles", "p6.1 step 1", "first counts tiles, not keys",
        "forgets to multiply", (FIRST, "first = oldest // BLOCK_N"),
    ),
    p6(
        WINDOW, "edge-not-masked", "p6.2 step 3", "distances have the wrong sign on the edge",
        "subtracts the other way round",
        (DISTANCE, "distance = (start_n + offs_n[None, :]) - offs_m[:, None]"),
    ),
    p6(
        MASK, "causal-missing", "p6.3 step 4", "the distance is taken without its sign",
        "thinks of a band", (VISIBLE, "visible = tl.abs(distance) < window_size"),
    ),
    p6(
        MASK, "causal-missing", "p6.3 step 4", "either condition is enough",
        "| for &", (VISIBLE, VISIBLE.replace(" & ", " | ")),
    ),
    p7(
        SINKS, "sinks-twice", "p7.1 step 1", "phase 1 goes through all sinks, wherever they lie",
        "forgets the window's tiles", (SINK_LOOP, "for start_n in range(0, sink_size, BLOCK_S):"),
    ),
    p7(
        SINKS, "recent-and-sink", "p7.2 step 4", "a key must be recent and a sink",
        "& for |", (EDGE, EDGE.replace("recent | ", "recent & ")),
    ),
    p7(
        WINDOW, "diagonal-starts-late", "p7.3 step 5", "the diagonal begins one tile late",
        "adds a tile to both ends",
        ("for start_n in range(diagonal, start_m",
         "for start_n in range(diagonal + BLOCK_N, start_m"),
    ),
    p7(
        MASK, "mask-zero", "p7.3 step 6", "hidden scores become 0 on the diagonal",
        "masks the scores as if they were weights", (LAST, LAST.replace('float("-inf")', "0.0")),
    ),
    p7(
        STRIDES, "k-and-v-swapped", "p7.3 step 6", "the update gets k for v",
        "types too fast", (UPDATE, UPDATE.replace("qk, v,", "qk, k,")),
    ),
)  # fmt: skip
