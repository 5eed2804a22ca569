"""p3: wrong updates of the tiled softmax in Triton."""

from functools import partial

from ..form import wrong

online = partial(wrong, "p3", "online softmax")
mask = partial(wrong, "p3", "masking")
base = partial(wrong, "p3", "scale and base")
precision = partial(wrong, "p3", "precision")

HIDE = 'qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))'
MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1))"
ALPHA = "alpha = tl.exp2(m_i - m_new)"
WEIGHTS = "p = tl.exp2(qk - m_new[:, None])"
L_SCALED, ACC_SCALED = "l_i = l_i * alpha\n", "acc = acc * alpha[:, None]\n"
SUMMED = "l_i = l_i + tl.sum(p, axis=1)"
ADDED = "acc = tl.dot(p.to(v.dtype), v, acc)"

MUTANTS = (
    online(
        "acc-not-rescaled", "p3.1 step 3", "acc keeps its old scale",
        "rescales the sum and thinks that was all", (ACC_SCALED, ""),
    ),
    online(
        "l-not-rescaled", "p3.1 step 3", "l keeps its old scale",
        "rescales the vector it can see, forgets the number", (L_SCALED, ""),
    ),
    online(
        "nothing-rescaled", "p3.1 step 3", "neither l nor acc is rescaled",
        "takes the maximum per tile for good enough", (L_SCALED, ""), (ACC_SCALED, ""),
    ),
    online(
        "rescaled-twice", "p3.1 step 3", "acc is rescaled twice",
        "writes it as a step and again in the dot",
        (ADDED, "acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])"),
    ),
    online(
        "factor-inverted", "p3.1 step 3", "alpha is exp2(new - old)",
        "swaps the two and guards the first tile",
        (ALPHA, 'alpha = tl.where(m_i == float("-inf"), 0.0, tl.exp2(m_new - m_i))'),
    ),
    online(
        "maximum-not-carried", "p3.1 step 6", "m_i never changes",
        "leaves out the last line", ("m_i = m_new", "m_i = m_i"),
    ),
    online(
        "maximum-of-tile", "p3.1 step 2", "m_new is the maximum of this tile alone",
        "forgets that the running maximum runs", (MAXIMUM, "m_new = tl.max(qk, axis=1)"),
    ),
    online(
        "maximum-of-tile", "p3.1 step 2", "the tile's maximum, and nothing rescaled",
        "does a softmax for each tile",
        (MAXIMUM, "m_new = tl.max(qk, axis=1)"), (L_SCALED, ""), (ACC_SCALED, ""),
    ),
    online(
        "no-maximum", "p3.1 step 2", "nothing is subtracted before exp2",
        "knows softmax from the textbook",
        (MAXIMUM, "m_new = tl.zeros([BLOCK_M], dtype=tl.float32)"),
    ),
    online(
        "maximum-wrong-axis", "p3.1 step 2", "the maximum runs along the queries",
        "axis=0 for axis=1",
        (MAXIMUM, "m_new = tl.maximum(m_i, tl.max(tl.max(qk, axis=0), axis=0))"),
    ),
    online(
        "old-maximum-in-p", "p3.1 step 4", "p is relative to the old maximum",
        "uses m_i where m_new belongs",
        (WEIGHTS, "p = tl.exp2(qk - tl.maximum(m_i, -1.0e4)[:, None])"),
    ),
    online(
        "normalised-per-tile", "p3.1 step 4", "each tile's p is divided by its own sum",
        "finishes the softmax inside the tile",
        (WEIGHTS, WEIGHTS + "\np = p / tl.sum(p, axis=1)[:, None]"),
    ),
    online(
        "l-not-accumulated", "p3.1 step 5", "l is this tile's sum only",
        "assigns instead of adding", (SUMMED, "l_i = tl.sum(p, axis=1)"),
    ),
    online(
        "acc-not-accumulated", "p3.1 step 5", "acc is this tile's product only",
        "leaves acc out of tl.dot", (ADDED, "acc = tl.dot(p.to(v.dtype), v)"),
    ),
    online(
        "rescaled-too-late", "p3.1 step 5", "acc is rescaled after the tile was added",
        "puts the two lines in the wrong order",
        (ACC_SCALED, ""), (ADDED, "acc = tl.dot(p.to(v.dtype), v, acc) * alpha[:, None]"),
    ),
    online(
        "rescaled-too-late", "p3.1 step 5", "l is rescaled after the tile was added",
        "puts the two lines in the wrong order",
        (L_SCALED, ""), (SUMMED, "l_i = (l_i + tl.sum(p, axis=1)) * alpha"),
    ),
    online(
        "l-wrong-sum", "p3.1 step 5", "the tile's sum is added twice",
        "adds it in step 3 already",
        (L_SCALED, "l_i = l_i * alpha + tl.sum(tl.exp2(qk - m_new[:, None]), axis=1)\n"),
    ),
    mask(
        "pads-not-masked", "p3.1 step 1", "keys beyond Nk keep the score 0",
        "thinks that a key read as 0 has no weight", (HIDE, "pass"),
    ),
    mask(
        "pads-bound-wrong", "p3.1 step 1", "one key beyond Nk counts",
        "<= for <", (HIDE, HIDE.replace("< Nk", "<= Nk")),
    ),
    mask(
        "pads-bound-wrong", "p3.1 step 1", "the last key is masked too",
        "off by one", (HIDE, HIDE.replace("< Nk", "< Nk - 1")),
    ),
    mask(
        "mask-not-inf", "p3.1 step 1", "masked scores become -1e4",
        "takes a large number for infinity", (HIDE, HIDE.replace('float("-inf")', "-1.0e4")),
    ),
    mask(
        "mask-tile-positions", "p3.1 step 1", "the position inside the tile is compared with Nk",
        "forgets start_n", (HIDE, HIDE.replace("start_n + ", "")),
    ),
    mask(
        "nk-taken-for-nq", "p3.1 step 1", "keys are counted against Nq",
        "takes the other length", (HIDE, HIDE.replace("< Nk", "< Nq")),
    ),
    mask(
        "hidden-in-maximum", "p3.1 step 1", "p is masked, the scores are not",
        "masks the weights; the maximum has seen the pads",
        (HIDE, "pass"),
        (WEIGHTS, WEIGHTS + "\np = tl.where(start_n + offs_n[None, :] < Nk, p, 0.0)"),
    ),
    base(
        "factor-wrong-base", "p3.1 step 3", "alpha by exp, p by exp2",
        "writes exp by habit, once", (ALPHA, ALPHA.replace("exp2", "exp")),
    ),
    base(
        "p-wrong-base", "p3.1 step 4", "p by exp, alpha by exp2",
        "writes exp by habit, once", (WEIGHTS, WEIGHTS.replace("exp2", "exp")),
    ),
    base(
        "base-e-on-base-2", "p3.1 step 4", "exp everywhere, on scores in base 2",
        "does not read what qk_scale holds",
        (ALPHA, ALPHA.replace("exp2", "exp")), (WEIGHTS, WEIGHTS.replace("exp2", "exp")),
    ),
    base(
        "scaled-twice", "p3.1 step 1", "the scores are scaled again",
        "does not see that qk is scaled already",
        ("if not EVEN_N:", "qk = qk * qk_scale\nif not EVEN_N:"),
    ),
    precision(
        "scores-16-bit", "p3.1 step 1", "scores rounded to float16",
        "keeps the scores in a 16-bit dtype",
        ("if not EVEN_N:", "qk = qk.to(tl.float16).to(tl.float32)\nif not EVEN_N:"),
    ),
    precision(
        "acc-16-bit", "p3.1 step 5", "acc rounded to float16 in every tile",
        "keeps acc in the output's dtype", (ADDED, ADDED + ".to(tl.float16).to(tl.float32)"),
    ),
    precision(
        "l-16-bit", "p3.1 step 5", "l rounded to float16 in every tile",
        "keeps the sum in the inputs' dtype",
        (SUMMED, "l_i = (l_i + tl.sum(p, axis=1)).to(tl.float16).to(tl.float32)"),
    ),
    precision(
        "epsilon-in-sum", "p3.1 step 5", "a small number against division by 0",
        "adds an epsilon out of habit", (SUMMED, SUMMED + " + 1.0e-6"),
    ),
)  # fmt: skip
