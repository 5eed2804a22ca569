"""p7: wrong sinks, kept aside."""

from ..form import wrong

UPDATE = "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"
SINK_MASK = 'qk = tl.where(start_n + offs_s[None, :] < sink_size, qk, float("-inf"))'

MUTANTS = (
    wrong(
        "p7", "sinks", "sinks-not-added", "p7.1 step 2", "the sinks' values are dropped",
        "takes back the sum alone", (UPDATE, UPDATE.replace("m_i, l_i, acc =", "m_i, l_i, _ =")),
    ),
    wrong(
        "p7", "sinks", "mask-zero", "p7.1 step 2", "keys after the sinks get the score 0",
        "masks the scores as if they were weights",
        (SINK_MASK, SINK_MASK.replace('float("-inf")', "0.0")),
    ),
    wrong(
        "p7", "window edges", "edge-not-masked", "p7.2 step 4", "the edge ends where it begins",
        "takes first for inside", ("if start_n < inside:", "if start_n < first:"),
    ),
)  # fmt: skip
