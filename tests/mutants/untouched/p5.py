"""p5: wrong heads and loads of grouped queries, for measuring."""

from functools import partial

from ..form import free, wrong

heads = partial(wrong, "p5", "heads")
address = partial(wrong, "p5", "addresses")
loads = partial(wrong, "p5", "loads")
rewritten = partial(free, "p5", "written anew")

K_MASKED = "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=0.0)"
V_MASKED = "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)"

MUTANTS = (
    heads(
        "batch-and-head-split-wrong",
        "p5.1 step 1",
        "b and h swapped",
        "takes the remainder for the sequence",
        ("b = (pid_bh // H)", "b = (pid_bh % H)"),
        ("h = (pid_bh % H)", "h = (pid_bh // H)"),
    ),
    heads(
        "kv-head-modulo",
        "p5.1 step 2",
        "kv heads dealt like cards",
        "deals the query heads round",
        ("h // GROUP", "h % (H // GROUP)"),
    ),
    heads(
        "kv-head-divided-by-hkv",
        "p5.1 step 2",
        "divided by the number of kv heads",
        "mixes up the group's size and their number",
        ("h // GROUP", "h // (H // GROUP)"),
    ),
    heads(
        "kv-head-rounded-up",
        "p5.1 step 2",
        "kv head rounded up",
        "uses cdiv out of habit",
        ("h // GROUP", "tl.cdiv(h, GROUP)"),
    ),
    heads(
        "kv-head-of-v-wrong",
        "p5.1 step 3",
        "v by the query head",
        "changes only k's line",
        ("kv_h * stride_vh", "h * stride_vh"),
    ),
    heads(
        "q-head-is-kv-head",
        "p5.1 step 3",
        "q by the kv head",
        "replaces h everywhere",
        ("+ h * stride_qh", "+ kv_h * stride_qh"),
    ),
    address(
        "batch-missing",
        "p5.1 step 3",
        "k of the first sequence",
        "tries it with B = 1 only",
        ("k_ptr + b * stride_kb + kv_h", "k_ptr + kv_h"),
    ),
    address(
        "stride-of-another",
        "p5.1 step 3",
        "v by the strides of k",
        "k and v look the same",
        ("b * stride_vb + kv_h * stride_vh", "b * stride_kb + kv_h * stride_kh"),
    ),
    address(
        "pointer-advanced-twice",
        "p5.2 step 1",
        "start_n is added to a moving pointer",
        "does not see that the given code moves k_base",
        ("k_base + k_offs", "k_base + start_n * stride_kn + k_offs"),
    ),
    loads(
        "k-and-v-swapped",
        "p5.2 step 1",
        "k and v swapped off the diagonal",
        "types them the wrong way round",
        ("k = tl.load(k_base + k_offs)", "k = tl.load(v_base + v_offs)"),
        ("v = tl.load(v_base + v_offs)", "v = tl.load(k_base + k_offs)"),
    ),
    loads(
        "pads-bound-wrong",
        "p5.3 step 1",
        "the last key is read as 0",
        "leaves the last key out",
        (K_MASKED, K_MASKED.replace("Nk", "Nk - 1")),
        (V_MASKED, V_MASKED.replace("Nk", "Nk - 1")),
    ),
    loads(
        "v-not-masked",
        "p5.3 step 1",
        "values beyond the end are read",
        "p is 0 there, so what can happen",
        (V_MASKED, "v = tl.load(v_base + v_offs)"),
    ),
    rewritten(
        "mask-tile-positions",
        "p5.3 step 1",
        "the mask counts from the tile's start",
        "uses offs_n, which is at hand",
        """
there = offs_n[:, None] < Nk
k = tl.load(k_base + k_offs, there, other=0.0)
v = tl.load(v_base + v_offs, there, other=0.0)
""",
    ),
    rewritten(
        "nk-taken-for-nq",
        "p5.3 step 1",
        "the keys' mask by Nq",
        "queries and keys are equally many",
        """
mask = tl.broadcast_to(key[:, None] < Nq, (BLOCK_N, BLOCK_D))
k = tl.load(k_base + k_offs, mask=mask, other=0.0)
v = tl.load(v_base + v_offs, mask=mask, other=0.0)
""",
    ),
    rewritten(
        "batch-and-head-split-wrong",
        "p5.1 step 1",
        "a sequence has H times GROUP heads",
        "multiplies heads and groups",
        """
wide = pid_bh.to(tl.int64)
b = wide // (H * GROUP)
h = wide % H
kv = h // GROUP
q_base = q_ptr + b * stride_qb + h * stride_qh
k_base = k_ptr + b * stride_kb + kv * stride_kh
v_base = v_ptr + b * stride_vb + kv * stride_vh
""",
    ),
)
