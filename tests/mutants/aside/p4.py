"""p4: wrong causal kernels in two phases, kept aside."""

from functools import partial

from ..form import wrong

online = partial(wrong, "p4", "online softmax")
mask = partial(wrong, "p4", "masking")
base = partial(wrong, "p4", "scale and base")

MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1) * qk_scale)"
WEIGHTS = "p = tl.exp2(qk * qk_scale - m_new[:, None])"
SUMMED = "l_i = l_i * alpha + tl.sum(p, axis=1)"
VISIBLE = "visible = (key[None, :] < Nk) & (key[None, :] <= offs_m[:, None])"

MUTANTS = (
    online(
        "maximum-wrong-axis", "p4.1 step 3", "the maximum of each key in phase 1",
        "axis=0 for axis=1", (MAXIMUM, MAXIMUM.replace("axis=1", "axis=0")),
    ),
    online(
        "l-not-rescaled", "p4.2 step 4", "l keeps its old scale in phase 2",
        "rescales acc only", (SUMMED, "l_i = l_i + tl.sum(p, axis=1)"),
    ),
    mask(
        "nk-taken-for-nq", "p4.2 step 3", "keys are counted against Nq",
        "takes the other length", (VISIBLE, VISIBLE.replace("< Nk", "< Nq")),
    ),
    mask(
        "mask-or-for-and", "p4.2 step 3", "either condition is enough",
        "| for &", (VISIBLE, VISIBLE.replace(" & ", " | ")),
    ),
    base(
        "scaled-twice", "p4.2 step 4", "p's scores are scaled twice in phase 2",
        "scales once more to be safe",
        (WEIGHTS, WEIGHTS.replace("qk * qk_scale", "qk * qk_scale * qk_scale")),
    ),
)  # fmt: skip
