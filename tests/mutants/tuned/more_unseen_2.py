"""More wrong answers to p3, p5 and p7, written after the rules had been mended once more, and
before they were tried.
"""

from __future__ import annotations

from ..form import free, wrong

K_BASE = "k_base = k_ptr + b * stride_kb + kv_h * stride_kh"
V_BASE = "v_base = v_ptr + b * stride_vb + kv_h * stride_vh"
LOADS = "tl.load({0}_base + {0}_offs, mask=key[:, None] < Nk, other=0.0)"
KEPT = "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)"
UPDATE = "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"

MUTANTS = (
    free(
        "p3",
        "online softmax",
        "rescaled-too-late",
        "p3.1 step 3",
        "both rescaled at the end of the turn",
        "First add, then rescale everything.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
p = tl.exp2(qk - m_new[:, None])
l_i += tl.sum(p, axis=1)
acc += tl.dot(p.to(v.dtype), v)
alpha = tl.exp2(m_i - m_new)
l_i *= alpha
acc *= alpha[:, None]
m_i = m_new
""",
    ),
    wrong(
        "p3",
        "masking",
        "pads-not-masked",
        "p3.1 step 1",
        "the masked scores have a name that p does not use",
        "I called the masked scores s, and forgot it in step 4.",
        (
            'qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))',
            's = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))',
        ),
    ),
    wrong(
        "p3",
        "online softmax",
        "maximum-absolute",
        "p3.1 step 2",
        "the largest score without its sign",
        "The largest number could be negative.",
        ("tl.max(qk, axis=1)", "tl.max(tl.abs(qk), axis=1)"),
    ),
    wrong(
        "p3",
        "online softmax",
        "l-wrong-sum",
        "p3.1 step 5",
        "counts the keys that have a weight",
        "The mean divides by a number of keys.",
        ("tl.sum(p, axis=1)", "tl.sum((p > 0).to(tl.float32), axis=1)"),
    ),
    wrong(
        "p3",
        "online softmax",
        "acc-not-rescaled",
        "p3.1 step 3",
        "alpha only when the maximum of the first query moves",
        "I forgot acc.",
        ("acc = acc * alpha[:, None]\n", "acc = acc * 1.0\n"),
    ),
    wrong(
        "p3",
        "scale and base",
        "factor-wrong-base",
        "p3.1 step 3",
        "alpha by the natural exponential",
        "exp in one line and exp2 in the other.",
        ("alpha = tl.exp2(m_i - m_new)", "alpha = tl.exp(m_i - m_new)"),
    ),
    wrong(
        "p3",
        "rescaling",
        "rescaled-too-late",
        "p3.1 step 5",
        "alpha on the sum too",
        "alpha times the old plus the new.",
        ("l_i = l_i + tl.sum(p, axis=1)", "l_i = l_i + alpha * tl.sum(p, axis=1)"),
    ),
    wrong(
        "p5",
        "offsets and strides",
        "stride-of-axis",
        "p5.1 step 3",
        "v's head by the stride of its rows",
        "n stands where h should.",
        (V_BASE, "v_base = v_ptr + b * stride_vb + kv_h * stride_vn"),
    ),
    wrong(
        "p5",
        "head mapping",
        "batch-and-head-split-wrong",
        "p5.1 step 1",
        "what is left is pid minus b",
        "The head is what is left of pid_bh.",
        ("h = (pid_bh % H).to(tl.int64)", "h = pid_bh - b"),
    ),
    wrong(
        "p5",
        "head mapping",
        "kv-head-zero",
        "p5.1 step 2",
        "divided by H",
        "Took the other of the two numbers.",
        ("kv_h = h // GROUP", "kv_h = h // H"),
    ),
    wrong(
        "p5",
        "head mapping",
        "kv-head-of-v-wrong",
        "p5.1 step 3",
        "v by the remainder",
        "Tried both ways and left one of them in v.",
        (V_BASE, "v_base = v_ptr + b * stride_vb + (h % GROUP) * stride_vh"),
    ),
    wrong(
        "p5",
        "loads",
        "stride-of-another",
        "p5.3 step 1",
        "v by k's offsets, on the diagonal",
        "Copied k's line.",
        (LOADS.format("v"), LOADS.format("v").replace("v_offs", "k_offs")),
    ),
    wrong(
        "p5",
        "loads",
        "pads-read-as-inf",
        "p5.3 step 1",
        "other is -inf",
        "What does not exist is -inf, as in the mask.",
        (LOADS.format("k"), LOADS.format("k").replace("0.0", 'float("-inf")')),
        (LOADS.format("v"), LOADS.format("v").replace("0.0", 'float("-inf")')),
    ),
    wrong(
        "p5",
        "head mapping",
        "batch-missing",
        "p5.1 step 1",
        "b is 0",
        "I tested with one sequence.",
        ("b = (pid_bh // H).to(tl.int64)", "b = (pid_bh * 0).to(tl.int64)"),
    ),
    wrong(
        "p7",
        "loop",
        "last-tile-missing",
        "p7.3 step 5",
        "one tile of keys on the diagonal",
        "The diagonal crosses one tile.",
        ("range(diagonal, start_m + BLOCK_Q", "range(diagonal, diagonal + BLOCK_N"),
    ),
    wrong(
        "p7",
        "masking",
        "window-counts-sinks",
        "p7.3 step 6",
        "the sinks are part of the window",
        "window_size keys in all, sinks included.",
        (KEPT, KEPT.replace("window_size", "window_size - sink_size")),
    ),
    wrong(
        "p7",
        "state",
        "maximum-not-carried",
        "p7.1 step 2",
        "the sinks' maximum is thrown away",
        "m_i comes with the window.",
        (UPDATE, UPDATE.replace("m_i, l_i, acc =", "m_s, l_i, acc =")),
    ),
    wrong(
        "p7",
        "state",
        "acc-not-added",
        "p7.2 step 3",
        "acc of the window has another name",
        "A typing mistake.",
        (UPDATE, UPDATE.replace("m_i, l_i, acc =", "m_i, l_i, acc_w =")),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-by-tile",
        "p7.2 step 4",
        "whole tiles of sinks",
        "A tile that begins before sink_size is a sink tile.",
        ("| (start_n + offs_n[None, :] < sink_size)", "| (start_n < sink_size)"),
    ),
    wrong(
        "p7",
        "sinks",
        "k-and-v-swapped",
        "p7.1 step 2",
        "k goes into the update",
        "_update takes the tile.",
        (UPDATE, UPDATE.replace("qk, v,", "qk, k,")),
    ),
    wrong(
        "p7",
        "sinks",
        "recent-and-sink",
        "p7.1 step 2",
        "sinks must be recent as well",
        "The window holds for sinks, too.",
        (
            "start_n + offs_s[None, :] < sink_size",
            "(start_n + offs_s[None, :] < sink_size) & "
            "(offs_m[:, None] - start_n - offs_s[None, :] < window_size)",
        ),
    ),
    wrong(
        "p7",
        "masking",
        "causal-one-too-many",
        "p7.3 step 6",
        "the next key is visible",
        "Off by one.",
        ("distance >= 0", "distance >= -1"),
    ),
)
