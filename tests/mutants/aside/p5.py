"""p5: wrong head mappings, kept aside."""

from ..form import wrong

MUTANTS = (
    wrong(
        "p5", "head mapping", "kv-head-off-by-one", "p5.1 step 2", "groups begin one head early",
        "counts from 1",
        ("kv_h = h // GROUP", "kv_h = tl.minimum((h + 1) // GROUP, H // GROUP - 1)"),
    ),
    wrong(
        "p5", "head mapping", "batch-missing", "p5.1 step 3", "q is read from the first sequence",
        "forgets the batch stride of q",
        ("q_base = q_ptr + b * stride_qb + h", "q_base = q_ptr + h"),
    ),
    wrong(
        "p5", "offsets and strides", "stride-of-another", "p5.1 step 3", "q's head stride is k's",
        "copies the line of k", ("h * stride_qh", "h * stride_kh"),
    ),
)  # fmt: skip
