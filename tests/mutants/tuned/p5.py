"""p5: wrong head mappings, offsets and edges in grouped-query attention."""

from functools import partial

from ..form import wrong

heads = partial(wrong, "p5", "head mapping")
where = partial(wrong, "p5", "offsets and strides")
edge = partial(wrong, "p5", "masking")

KV = "kv_h = h // GROUP"
B = "b = (pid_bh // H).to(tl.int64)"
H = "h = (pid_bh % H).to(tl.int64)"
Q_BASE = "q_base = q_ptr + b * stride_qb + h * stride_qh"
K_BASE = "k_base = k_ptr + b * stride_kb + kv_h * stride_kh"
V_BASE = "v_base = v_ptr + b * stride_vb + kv_h * stride_vh"
LOAD_K, LOAD_V = "k = tl.load(k_base + k_offs)", "v = tl.load(v_base + v_offs)"
EDGE_K = "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=0.0)"
EDGE_V = "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)"

MUTANTS = (
    heads(
        "kv-head-modulo", "p5.1 step 2", "kv head = h % Hkv",
        "deals the heads out in turn", (KV, "kv_h = h % (H // GROUP)"),
    ),
    heads(
        "kv-head-modulo", "p5.1 step 2", "kv head = h % GROUP",
        "takes the remainder for the quotient", (KV, "kv_h = h % GROUP"),
    ),
    heads(
        "kv-head-divided-by-hkv", "p5.1 step 2", "kv head = h // Hkv",
        "divides by the other number", (KV, "kv_h = h // (H // GROUP)"),
    ),
    heads(
        "kv-head-zero", "p5.1 step 2", "every query head reads kv head 0",
        "thinks of multi-query attention", (KV, "kv_h = h * 0"),
    ),
    heads(
        "kv-head-is-query-head", "p5.1 step 2", "query head h reads kv head h",
        "copies problem 4", (KV, "kv_h = h"),
    ),
    heads(
        "kv-head-of-v-wrong", "p5.1 step 3", "v is read from query head h's place",
        "changes the line of k, not that of v", (V_BASE, V_BASE.replace("kv_h", "h")),
    ),
    heads(
        "q-head-is-kv-head", "p5.1 step 3", "q is read from the kv head",
        "uses one head number for all three",
        (Q_BASE, Q_BASE.replace("h * stride_qh", "kv_h * stride_qh")),
    ),
    heads(
        "batch-missing", "p5.1 step 1", "b is always 0",
        "tries one sequence only", (B, "b = (pid_bh * 0).to(tl.int64)"),
    ),
    heads(
        "batch-missing", "p5.1 step 3", "k and v are read from the first sequence",
        "forgets the batch stride of k and v",
        (K_BASE, "k_base = k_ptr + kv_h * stride_kh"),
        (V_BASE, "v_base = v_ptr + kv_h * stride_vh"),
    ),
    heads(
        "batch-missing", "p5.1 step 3", "v alone is read from the first sequence",
        "forgets the batch stride once", (V_BASE, "v_base = v_ptr + kv_h * stride_vh"),
    ),
    heads(
        "batch-and-head-split-wrong", "p5.1 step 1", "pid_bh is split by GROUP",
        "takes GROUP for the number of heads",
        (B, B.replace("H)", "GROUP)")), (H, H.replace("H)", "GROUP)")),
    ),
    where(
        "stride-of-another", "p5.1 step 3", "k's head stride is q's",
        "copies the line of q", (K_BASE, K_BASE.replace("stride_kh", "stride_qh")),
    ),
    where(
        "stride-of-another", "p5.1 step 3", "v's head stride is k's",
        "copies the line of k", (V_BASE, V_BASE.replace("stride_vh", "stride_kh")),
    ),
    where(
        "stride-of-another", "p5.1 step 3", "v's batch stride is q's",
        "copies the line of q", (V_BASE, V_BASE.replace("stride_vb", "stride_qb")),
    ),
    where(
        "stride-of-another", "p5.2 step 1", "v is loaded through k_offs in phase 1",
        "copies the line of k", (LOAD_V, "v = tl.load(v_base + k_offs)"),
    ),
    where(
        "stride-of-another", "p5.3 step 1", "v is loaded through k_offs in phase 2",
        "copies the line of k", (EDGE_V, EDGE_V.replace("v_offs", "k_offs")),
    ),
    where(
        "k-and-v-swapped", "p5.2 step 1", "k and v change places in phase 1",
        "types too fast", (LOAD_K, "k = tl.load(v_base + v_offs)"),
        (LOAD_V, "v = tl.load(k_base + k_offs)"),
    ),
    edge(
        "k-not-masked", "p5.3 step 1", "no mask in phase 2",
        "copies phase 1", (EDGE_K, LOAD_K), (EDGE_V, LOAD_V),
    ),
    edge(
        "v-not-masked", "p5.3 step 1", "v is loaded without a mask in phase 2",
        "thinks that p = 0 is enough for v", (EDGE_V, LOAD_V),
    ),
    edge(
        "pads-bound-wrong", "p5.3 step 1", "the last key is read as 0",
        "off by one", (EDGE_K, EDGE_K.replace("< Nk", "< Nk - 1")),
    ),
    edge(
        "mask-tile-positions", "p5.3 step 1", "the position inside the tile is compared with Nk",
        "forgets that key holds the position", (EDGE_K, EDGE_K.replace("key[", "offs_n[")),
        (EDGE_V, EDGE_V.replace("key[", "offs_n[")),
    ),
    edge(
        "nk-taken-for-nq", "p5.3 step 1", "keys are counted against Nq",
        "takes the other length", (EDGE_K, EDGE_K.replace("Nk", "Nq")),
        (EDGE_V, EDGE_V.replace("Nk", "Nq")),
    ),
)  # fmt: skip
