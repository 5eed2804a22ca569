"""Wrong answers to p3, p5 and p7, written last of all, and before they were tried."""

from __future__ import annotations

from ..form import wrong

K_BASE = "k_base = k_ptr + b * stride_kb + kv_h * stride_kh"
V_BASE = "v_base = v_ptr + b * stride_vb + kv_h * stride_vh"
LOADS = "tl.load({0}_base + {0}_offs, mask=key[:, None] < Nk, other=0.0)"
UPDATE = "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"
KEPT = "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)"

MUTANTS = (
    wrong(
        "p3",
        "masking",
        "pads-bound-wrong",
        "p3.1 step 1",
        "keys up to Nk, from the tile's end",
        "The tile ends at start_n + BLOCK_N.",
        ("start_n + offs_n[None, :] < Nk", "start_n + BLOCK_N + offs_n[None, :] < Nk"),
    ),
    wrong(
        "p3",
        "online softmax",
        "factor-inverted",
        "p3.1 step 3",
        "new minus old",
        "The step from old to new.",
        ("alpha = tl.exp2(m_i - m_new)", "alpha = tl.exp2(m_new - m_i)"),
    ),
    wrong(
        "p3",
        "rescaling",
        "l-not-rescaled",
        "p3.1 step 5",
        "l starts from its old value",
        "The sum of all weights.",
        ("l_i = l_i * alpha\n", "l_new = l_i * alpha\n"),
    ),
    wrong(
        "p5",
        "head mapping",
        "kv-head-divided-by-hkv",
        "p5.1 step 2",
        "h times GROUP over H",
        "The share of the head.",
        ("kv_h = h // GROUP", "kv_h = h * GROUP // H"),
    ),
    wrong(
        "p5",
        "head mapping",
        "q-head-is-kv-head",
        "p5.1 step 3",
        "q by the kv head",
        "All three begin at the kv head.",
        (
            "q_base = q_ptr + b * stride_qb + h * stride_qh",
            "q_base = q_ptr + b * stride_qb + kv_h * stride_qh",
        ),
    ),
    wrong(
        "p5",
        "loads",
        "k-and-v-swapped",
        "p5.1 step 3",
        "k begins in v",
        "Copied and forgot to change.",
        (K_BASE, K_BASE.replace("k_ptr", "v_ptr")),
    ),
    wrong(
        "p5",
        "loads",
        "tile-stays",
        "p5.2 step 1",
        "the base moved back",
        "Begins at the head's first key.",
        ("k = tl.load(k_base + k_offs)", "k = tl.load(k_base - start_n * stride_kn + k_offs)"),
        ("v = tl.load(v_base + v_offs)", "v = tl.load(v_base - start_n * stride_vn + v_offs)"),
    ),
    wrong(
        "p5",
        "masking",
        "v-not-masked",
        "p5.3 step 1",
        "no mask for v",
        "Hidden keys have no weight.",
        (LOADS.format("v"), "tl.load(v_base + v_offs)"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-missing",
        "p7.1 step 1",
        "not for the first sink tile's rest",
        "Whole tiles of sinks.",
        (
            "range(0, tl.minimum(sink_size, first), BLOCK_S)",
            "range(0, tl.minimum(sink_size, first) // BLOCK_S * BLOCK_S, BLOCK_S)",
        ),
    ),
    wrong(
        "p7",
        "window edges",
        "window-one-too-short",
        "p7.3 step 6",
        "one key less, on the diagonal",
        "window_size keys besides its own? No, one less.",
        (KEPT, KEPT.replace("window_size", "window_size - 1")),
    ),
    wrong(
        "p7",
        "state",
        "l-not-added",
        "p7.3 step 5",
        "l_i of the diagonal is dropped",
        "A typing mistake.",
        (UPDATE, UPDATE.replace("m_i, l_i, acc =", "m_i, l_s, acc =")),
    ),
    wrong(
        "p7",
        "loop",
        "window-loop-too-short",
        "p7.2 step 3",
        "only the edge",
        "The window's tiles end at inside.",
        ("range(first, diagonal, BLOCK_N)", "range(first, inside, BLOCK_N)"),
    ),
    wrong(
        "p7",
        "masking",
        "mask-not-inf",
        "p7.2 step 4",
        "-1000 for old keys",
        "A low number will do.",
        ('float("-inf"))', "-1000.0)"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-forgotten-on-edge",
        "p7.2 step 4",
        "only recent keys on the edge",
        "Sinks had their loop.",
        ("recent | (start_n + offs_n[None, :] < sink_size)", "recent"),
    ),
)
