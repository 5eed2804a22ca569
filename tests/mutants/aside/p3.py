"""p3: wrong updates in Triton, kept aside."""

from functools import partial

from ..form import wrong

online = partial(wrong, "p3", "online softmax")
mask = partial(wrong, "p3", "masking")
base = partial(wrong, "p3", "scale and base")

HIDE = 'qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))'
WEIGHTS = "p = tl.exp2(qk - m_new[:, None])"
SUMMED = "l_i = l_i + tl.sum(p, axis=1)"
L_SCALED = "l_i = l_i * alpha\n"
ADDED = "acc = tl.dot(p.to(v.dtype), v, acc)"

MUTANTS = (
    online(
        "normalised-too-early", "p3.1 step 5", "acc is divided by l in every tile",
        "wants a finished result after each tile",
        (ADDED, ADDED + "\nacc = acc / l_i[:, None]"),
    ),
    online(
        "l-wrong-sum", "p3.1 step 5", "l counts one for each tile",
        "takes the tile's share for 1", (SUMMED, "l_i = l_i + 1.0"),
    ),
    mask(
        "pads-not-masked", "p3.1 step 1", "the mask asks EVEN_N the wrong way round",
        "forgets the not", ("if not EVEN_N:", "if EVEN_N:"),
    ),
    mask(
        "mask-flipped", "p3.1 step 1", "the keys that exist are masked",
        "swaps the sides of tl.where",
        (HIDE, 'qk = tl.where(start_n + offs_n[None, :] < Nk, float("-inf"), qk)'),
    ),
    base(
        "maximum-scaled-again", "p3.1 step 4", "the maximum meets the scale again in p",
        "scales what is subtracted",
        (WEIGHTS, "p = tl.exp2(qk - m_new[:, None] * qk_scale)"),
    ),
)  # fmt: skip
