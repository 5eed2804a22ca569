"""p4: wrong causal kernels in two phases."""

from functools import partial

from ..form import Edit, Mutant, wrong

online = partial(wrong, "p4", "online softmax")
mask = partial(wrong, "p4", "masking")
base = partial(wrong, "p4", "scale and base")
where = partial(wrong, "p4", "offsets and strides")
precision = partial(wrong, "p4", "precision")

QK = "qk = tl.dot(q, tl.trans(k))"
MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1) * qk_scale)"
ALPHA = "alpha = tl.exp2(m_i - m_new)"
WEIGHTS = "p = tl.exp2(qk * qk_scale - m_new[:, None])"
SUMMED = "l_i = l_i * alpha + tl.sum(p, axis=1)"
ACC_SCALED = "acc = acc * alpha[:, None]\n"
ADDED = "acc = tl.dot(p.to(v.dtype), v, acc)"
VISIBLE = "visible = (key[None, :] < Nk) & (key[None, :] <= offs_m[:, None])"
HIDE = 'qk = tl.where(visible, qk, float("-inf"))'
LOAD_K, LOAD_V = "k = tl.load(k_base + k_offs)", "v = tl.load(v_base + v_offs)"
EDGE_K = "k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=0.0)"
EDGE_V = "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)"


def both(family: str, kind: str, steps: tuple[int, int], name: str, student: str, old, new):
    """The same slip in both phases."""
    edits = Edit("p4.1", old, new), Edit("p4.2", old, new)
    return Mutant("p4", name, family, kind, f"p4.1 step {steps[0]}", student, edits)


MUTANTS = (
    both(
        "online softmax", "acc-not-rescaled", (5, 4), "acc keeps its old scale, in both phases",
        "copies phase 1 with its slip", ACC_SCALED, "",
    ),
    both(
        "online softmax", "maximum-not-carried", (6, 4), "m_i never changes, in both phases",
        "leaves out the last line", "m_i = m_new", "m_i = m_i",
    ),
    both(
        "scale and base", "scale-missing", (4, 4), "the scores never meet qk_scale",
        "takes qk for scaled, as it was in problem 3", "qk * qk_scale", "qk",
    ),
    both(
        "precision", "scores-16-bit", (2, 2), "scores rounded to float16, in both phases",
        "keeps the scores in a 16-bit dtype", QK, QK + ".to(tl.float16).to(tl.float32)",
    ),
    both(
        "precision", "acc-16-bit", (6, 4), "acc rounded to float16, in both phases",
        "keeps acc in the output's dtype", ADDED, ADDED + ".to(tl.float16).to(tl.float32)",
    ),
    online(
        "acc-not-rescaled", "p4.2 step 4", "acc keeps its old scale in phase 2",
        "copies the update and loses a line", (ACC_SCALED, ""),
    ),
    online(
        "l-not-rescaled", "p4.1 step 5", "l keeps its old scale in phase 1",
        "rescales acc only", (SUMMED, "l_i = l_i + tl.sum(p, axis=1)"),
    ),
    online(
        "maximum-not-carried", "p4.1 step 6", "m_i never changes in phase 1",
        "leaves out the last line", ("m_i = m_new", "m_i = m_i"),
    ),
    online(
        "l-not-accumulated", "p4.2 step 4", "l starts again in phase 2",
        "takes the phases for two softmaxes", (SUMMED, "l_i = tl.sum(p, axis=1)"),
    ),
    online(
        "acc-not-accumulated", "p4.2 step 4", "acc starts again in phase 2",
        "leaves acc out of tl.dot", (ADDED, "acc = tl.dot(p.to(v.dtype), v)"),
    ),
    online(
        "maximum-of-tile", "p4.2 step 4", "phase 2 takes its own maximum and rescales nothing",
        "begins the second phase afresh",
        (MAXIMUM, "m_new = tl.max(qk, axis=1) * qk_scale"),
        (SUMMED, "l_i = l_i + tl.sum(p, axis=1)"), (ACC_SCALED, ""),
    ),
    base(
        "scale-missing", "p4.1 step 4", "p without qk_scale in phase 1",
        "scales the maximum and thinks of the scores as scaled",
        (WEIGHTS, WEIGHTS.replace("qk * qk_scale", "qk")),
    ),
    base(
        "maximum-unscaled", "p4.1 step 3", "the maximum is not scaled in phase 1",
        "overlooks that m_i is in base 2", (MAXIMUM, "m_new = tl.maximum(m_i, tl.max(qk, axis=1))"),
    ),
    base(
        "factor-wrong-base", "p4.2 step 4", "alpha by exp in phase 2",
        "writes exp by habit, once", (ALPHA, ALPHA.replace("exp2", "exp")),
    ),
    mask(
        "causal-missing", "p4.2 step 3", "only keys that do not exist are hidden",
        "takes the diagonal for the ragged end", (VISIBLE, "visible = key[None, :] < Nk"),
    ),
    mask(
        "causal-hides-own-key", "p4.2 step 3", "the query's own key is hidden",
        "< for <=", (VISIBLE, VISIBLE.replace("<= offs_m", "< offs_m")),
    ),
    mask(
        "causal-one-too-many", "p4.2 step 3", "the next key is still visible",
        "off by one", (VISIBLE, VISIBLE.replace("offs_m[:, None]", "offs_m[:, None] + 1")),
    ),
    mask(
        "pads-not-masked", "p4.2 step 3", "keys at Nk or beyond count with a score of 0",
        "thinks that the causal mask hides them anyway",
        (VISIBLE, "visible = key[None, :] <= offs_m[:, None]"),
    ),
    mask(
        "mask-not-inf", "p4.2 step 3", "hidden scores become -1e4",
        "takes a large number for infinity", (HIDE, HIDE.replace('float("-inf")', "-1.0e4")),
    ),
    mask(
        "mask-tile-positions", "p4.2 step 1", "key counts from the tile's start",
        "forgets start_n", ("key = start_n + offs_n", "key = offs_n"),
    ),
    mask(
        "hidden-in-maximum", "p4.2 step 3", "p is masked, the scores are not",
        "hides the weights; the maximum has seen everything",
        (HIDE, "qk = qk"), (WEIGHTS, WEIGHTS + "\np = tl.where(visible, p, 0.0)"),
    ),
    mask(
        "mask-transposed", "p4.2 step 3", "keys and queries change places in the mask",
        "puts None on the wrong side",
        (VISIBLE, "visible = tl.trans((key[:, None] < Nk) & (key[:, None] >= offs_m[None, :]))"),
    ),
    where(
        "k-not-masked", "p4.2 step 1", "k is loaded without a mask in phase 2",
        "copies the load of phase 1", (EDGE_K, LOAD_K),
    ),
    where(
        "v-not-masked", "p4.2 step 4", "v is loaded without a mask in phase 2",
        "masks k and thinks that p = 0 is enough for v", (EDGE_V, LOAD_V),
    ),
    where(
        "stride-of-another", "p4.1 step 6", "v is loaded through k_offs in phase 1",
        "copies the line of k", (LOAD_V, "v = tl.load(v_base + k_offs)"),
    ),
    where(
        "stride-of-another", "p4.2 step 4", "v is loaded through k_offs in phase 2",
        "copies the line of k", (EDGE_V, EDGE_V.replace("v_offs", "k_offs")),
    ),
    where(
        "k-and-v-swapped", "p4.1 step 6", "v is read where k is",
        "copies the line of k and forgets the base", (LOAD_V, "v = tl.load(k_base + v_offs)"),
    ),
)  # fmt: skip
