"""Wrong answers to p3, p4, p5 and p7, written after the rules for the ones before had been mended,
and before they were tried.
"""

from __future__ import annotations

from ..form import free, wrong

K_BASE = "k_base = k_ptr + b * stride_kb + kv_h * stride_kh"
V_BASE = "v_base = v_ptr + b * stride_vb + kv_h * stride_vh"
SINK_LOOP = "range(0, tl.minimum(sink_size, first), BLOCK_S)"
KEPT = "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)"
MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1))"

MUTANTS = (
    wrong(
        "p3",
        "online softmax",
        "maximum-wrong-axis",
        "p3.1 step 2",
        "one maximum for the tile",
        "The largest score of all is safe for every query.",
        (MAXIMUM, "m_new = tl.maximum(m_i, tl.max(tl.max(qk, axis=1), axis=0))"),
    ),
    wrong(
        "p3",
        "online softmax",
        "l-not-rescaled",
        "p3.1 step 3",
        "alpha for acc, the sum as it was",
        "l_i only counts.",
        ("l_i = l_i * alpha\n", ""),
    ),
    wrong(
        "p3",
        "online softmax",
        "old-maximum-in-p",
        "p3.1 step 4",
        "p with m_i, acc with alpha",
        "m_i is the running maximum.",
        ("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk - m_i[:, None])"),
    ),
    free(
        "p3",
        "online softmax",
        "maximum-not-carried",
        "p3.1 step 6",
        "the maximum carried over too early",
        "m_i is set where it is made, after alpha was, but from the tile.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_tile = tl.max(qk, axis=1)
m_new = tl.maximum(m_i, m_tile)
alpha = tl.exp2(m_i - m_new)
m_i = m_tile
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
""",
    ),
    wrong(
        "p3",
        "online softmax",
        "l-wrong-sum",
        "p3.1 step 5",
        "the sum of the scores",
        "l is the sum over the tile.",
        ("tl.sum(p, axis=1)", "tl.sum(p * p, axis=1)"),
    ),
    wrong(
        "p3",
        "rescaling",
        "rescaled-twice",
        "p3.1 step 5",
        "acc rescaled again in the dot",
        "The update has acc times alpha in it.",
        (
            "acc = tl.dot(p.to(v.dtype), v, acc)",
            "acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])",
        ),
    ),
    wrong(
        "p3",
        "rescaling",
        "rescaled-too-late",
        "p3.1 step 5",
        "p is rescaled as well",
        "Everything in the tile is relative to the new maximum.",
        ("acc = tl.dot(p.to(v.dtype), v, acc)", "p = p * alpha[:, None]"),
        ("# Step 6:", "acc = tl.dot(p.to(v.dtype), v, acc)\n# Step 6:"),
    ),
    wrong(
        "p3",
        "scale and base",
        "scores-wrong-base",
        "p3.1 step 1",
        "log2(e) once more",
        "exp2 wants log2(e).",
        ("if not EVEN_N:", "qk = qk * 1.44269504\nif not EVEN_N:"),
    ),
    wrong(
        "p3",
        "masking",
        "pads-bound-wrong",
        "p3.1 step 1",
        "greater than zero keys left",
        "Nk - start_n keys are left, I left one out.",
        ("start_n + offs_n[None, :] < Nk", "offs_n[None, :] < Nk - start_n - 1"),
    ),
    wrong(
        "p3",
        "masking",
        "mask-flipped",
        "p3.1 step 1",
        "where the key is beyond, keep",
        "where(condition, hidden, score).",
        ("start_n + offs_n[None, :] < Nk", "start_n + offs_n[None, :] >= Nk"),
    ),
    wrong(
        "p4",
        "rescaling",
        "acc-not-rescaled",
        "p4.2 step 4",
        "acc rescaled by a factor that is 1",
        "I set m_i before alpha, for acc.",
        ("acc = acc * alpha[:, None]", "acc = acc * tl.exp2(m_new - m_new)[:, None]"),
    ),
    wrong(
        "p4",
        "scale and base",
        "scale-missing",
        "p4.2 step 4",
        "the diagonal without the scale",
        "qk is scaled already.",
        ("tl.max(qk, axis=1) * qk_scale", "tl.max(qk, axis=1)"),
        ("p = tl.exp2(qk * qk_scale - m_new[:, None])", "p = tl.exp2(qk - m_new[:, None])"),
    ),
    wrong(
        "p5",
        "head mapping",
        "kv-head-modulo",
        "p5.1 step 2",
        "the remainder by the number of kv heads",
        "Heads take turns.",
        ("kv_h = h // GROUP", "kv_h = h % (H // GROUP)"),
    ),
    wrong(
        "p5",
        "head mapping",
        "kv-head-of-v-wrong",
        "p5.1 step 3",
        "v from the query head",
        "Forgot it in one of the two.",
        (V_BASE, "v_base = v_ptr + b * stride_vb + h * stride_vh"),
    ),
    wrong(
        "p5",
        "head mapping",
        "batch-missing-in-base",
        "p5.1 step 3",
        "v knows no sequence",
        "Forgot it in one of the two.",
        (V_BASE, "v_base = v_ptr + kv_h * stride_vh"),
    ),
    wrong(
        "p5",
        "offsets and strides",
        "stride-of-another",
        "p5.1 step 3",
        "head stride of q in k and v",
        "Copied q's line.",
        (K_BASE, "k_base = k_ptr + b * stride_kb + kv_h * stride_qh"),
        (V_BASE, "v_base = v_ptr + b * stride_vb + kv_h * stride_qh"),
    ),
    wrong(
        "p5",
        "head mapping",
        "batch-and-head-split-wrong",
        "p5.1 step 1",
        "sequences counted in groups",
        "Each sequence has H // GROUP heads in pid_bh.",
        ("pid_bh // H", "pid_bh // (H // GROUP)"),
        ("pid_bh % H", "pid_bh % (H // GROUP)"),
    ),
    wrong(
        "p5",
        "loads",
        "tile-stays",
        "p5.3 step 1",
        "from the tensor's first key",
        "The base should be the head's, I take back what the loop added.",
        (
            "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=0.0)",
            "k = tl.load(k_base - start_n * stride_kn + k_offs, mask=key[:, None] < Nk, other=0.0)",
        ),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-twice",
        "p7.1 step 1",
        "all sinks, always",
        "Sinks are always seen.",
        (SINK_LOOP, "range(0, sink_size, BLOCK_S)"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-missing",
        "p7.1 step 1",
        "begins at the second sink tile",
        "Tile 0 belongs to the window.",
        (SINK_LOOP, "range(BLOCK_S, tl.minimum(sink_size, first), BLOCK_S)"),
    ),
    wrong(
        "p7",
        "masking",
        "mask-transposed",
        "p7.3 step 6",
        "keys minus queries",
        "Distance from the query to the key.",
        (
            "distance = offs_m[:, None] - (start_n + offs_n[None, :])",
            "distance = (start_n + offs_n[None, :]) - offs_m[:, None]",
        ),
    ),
    wrong(
        "p7",
        "window edges",
        "window-one-too-long",
        "p7.2 step 4",
        "up to and with the window's length",
        "window_size keys back.",
        ("(start_n + offs_n[None, :]) < window_size", "(start_n + offs_n[None, :]) <= window_size"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-forgotten-on-diagonal",
        "p7.3 step 6",
        "sinks only in tile 0",
        "Sinks lie in the first tile.",
        (KEPT, "kept = (distance < window_size) | ((start_n == 0) & (offs_n[None, :] < 1))"),
    ),
    wrong(
        "p7",
        "loop",
        "window-loop-too-far",
        "p7.2 step 3",
        "up to the last query",
        "The window ends at the query.",
        ("range(first, diagonal, BLOCK_N)", "range(first, start_m + 1, BLOCK_N)"),
    ),
)
