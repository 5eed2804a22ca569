"""More wrong answers to p5, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p5",
        "heads",
        "heads-counted-through",
        "p5.1 step 3",
        "pid_bh // GROUP",
        "pid_bh counts heads, so I divide it by GROUP.",
        """
b = (pid_bh // H).to(tl.int64)
h = (pid_bh % H).to(tl.int64)
kv = (pid_bh // GROUP).to(tl.int64)
q_base = q_ptr + b * stride_qb + h * stride_qh
k_base = k_ptr + kv * stride_kh
v_base = v_ptr + kv * stride_vh
""",
    ),
    free(
        "p5",
        "heads",
        "q-head-is-kv-head",
        "p5.1 step 3",
        "one offset for all three",
        "The three begin at the same place, so I compute it once.",
        """
b = (pid_bh // H).to(tl.int64)
h = (pid_bh % H).to(tl.int64)
kv_h = h // GROUP
q_base = q_ptr + b * stride_qb + kv_h * stride_qh
k_base = k_ptr + b * stride_kb + kv_h * stride_kh
v_base = v_ptr + b * stride_vb + kv_h * stride_vh
""",
    ),
    wrong(
        "p5",
        "strides",
        "stride-of-another",
        "p5.1 step 3",
        "v_base with k's head stride",
        "k and v have the same shape.",
        ("v_ptr + b * stride_vb + kv_h * stride_vh", "v_ptr + b * stride_vb + kv_h * stride_kh"),
    ),
    wrong(
        "p5",
        "heads",
        "batch-missing-in-base",
        "p5.1 step 3",
        "v_base without the sequence",
        "The head is enough.",
        ("v_ptr + b * stride_vb + kv_h", "v_ptr + kv_h"),
    ),
    wrong(
        "p5",
        "heads",
        "kv-head-zero",
        "p5.1 step 2",
        "h // H * GROUP",
        "A fraction h / H of the heads, times the group.",
        ("kv_h = h // GROUP", "kv_h = h // H * GROUP"),
    ),
    wrong(
        "p5",
        "loads",
        "pads-bound-wrong",
        "p5.3 step 1",
        "the last key does not exist",
        "Positions end at Nk - 1, so below that.",
        (
            "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk,",
            "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk - 1,",
        ),
        (
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk,",
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk - 1,",
        ),
    ),
    wrong(
        "p5",
        "loads",
        "stride-of-another",
        "p5.2 step 1",
        "v with k's offsets",
        "Copied the line of k and changed the base.",
        ("v = tl.load(v_base + v_offs)", "v = tl.load(v_base + k_offs)"),
    ),
    wrong(
        "p5",
        "loads",
        "k-and-v-swapped",
        "p5.3 step 1",
        "k and v change places on the diagonal",
        "Typed too fast.",
        ("k = tl.load(k_base + k_offs, mask", "v = tl.load(k_base + k_offs, mask"),
        ("v = tl.load(v_base + v_offs, mask", "k = tl.load(v_base + v_offs, mask"),
    ),
    wrong(
        "p5",
        "loads",
        "diagonal-read-as-zero",
        "p5.3 step 1",
        "keys from start_m on are read as 0",
        "Beyond start_m a key lies in the future.",
        (
            "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk,",
            "k = tl.load(k_base + k_offs, mask=key[:, None] < tl.minimum(start_m, Nk),",
        ),
    ),
)
