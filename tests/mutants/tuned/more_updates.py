"""p3 and p4: wrong updates in Triton, a second lot: written without a look at the rules."""

from functools import partial

from ..form import wrong

p3 = partial(wrong, "p3", "online softmax")
mask3 = partial(wrong, "p3", "masking")
base3 = partial(wrong, "p3", "scale and base")
p4 = partial(wrong, "p4", "online softmax")
mask4 = partial(wrong, "p4", "masking")
base4 = partial(wrong, "p4", "scale and base")

HIDE = 'qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))'
MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1))"
ALPHA = "alpha = tl.exp2(m_i - m_new)"
WEIGHTS = "p = tl.exp2(qk - m_new[:, None])"
SUMMED = "l_i = l_i + tl.sum(p, axis=1)"
ACC_SCALED = "acc = acc * alpha[:, None]\n"
WEIGHTS_4 = "p = tl.exp2(qk * qk_scale - m_new[:, None])"
SUMMED_4 = "l_i = l_i * alpha + tl.sum(p, axis=1)"
VISIBLE = "visible = (key[None, :] < Nk) & (key[None, :] <= offs_m[:, None])"
SHOW = 'qk = tl.where(visible, qk, float("-inf"))'
ADDED = "acc = tl.dot(p.to(v.dtype), v, acc)"

MUTANTS = (
    p3(
        "maximum-wrong-axis", "p3.1 step 2", "the maximum of each key, where tiles are square",
        "axis=0 for axis=1", (MAXIMUM, "m_new = tl.maximum(m_i, tl.max(qk, axis=0))"),
    ),
    p3(
        "l-wrong-sum", "p3.1 step 5", "l sums over the queries, where tiles are square",
        "axis=0 for axis=1", (SUMMED, "l_i = l_i + tl.sum(p, axis=0)"),
    ),
    p3(
        "maximum-broadcast-wrong", "p3.1 step 4", "the maximum runs along the keys",
        "[None, :] for [:, None]", (WEIGHTS, WEIGHTS.replace("[:, None]", "[None, :]")),
    ),
    p3(
        "shapes-do-not-fit", "p3.1 step 3", "alpha runs along D",
        "[None, :] for [:, None]", (ACC_SCALED, "acc = acc * alpha[None, :]\n"),
    ),
    p3(
        "nothing-rescaled", "p3.1 step 2", "m_i is the new maximum before alpha is made",
        "sees no need for a new name", (MAXIMUM, MAXIMUM.replace("m_new", "m_i") + "\nm_new = m_i"),
    ),
    mask3(
        "pads-not-masked", "p3.1 step 1", "queries are masked where keys should be",
        "takes the other axis",
        (HIDE, 'qk = tl.where(offs_m[:, None] < Nq, qk, float("-inf"))'),
    ),
    mask3(
        "mask-zero", "p3.1 step 1", "masked scores become 0",
        "masks the scores as if they were weights", (HIDE, HIDE.replace('float("-inf")', "0.0")),
    ),
    base3(
        "factor-scaled-again", "p3.1 step 3", "alpha meets the scale a second time",
        "scales every exponent",
        (ALPHA, "alpha = tl.exp2((m_i - m_new) * qk_scale)"),
    ),
    base3(
        "scores-wrong-base", "p3.1 step 1", "the scores are brought to base 2 again",
        "knows exp2 from a blog", ("if not EVEN_N:", "qk = qk * 1.44269504\nif not EVEN_N:"),
    ),
    p4(
        "l-wrong-sum", "p4.2 step 4", "l sums over the queries in phase 2",
        "axis=0 for axis=1", (SUMMED_4, SUMMED_4.replace("axis=1", "axis=0")),
    ),
    p4(
        "rescaled-too-late", "p4.2 step 4", "acc is rescaled after the tile was added",
        "puts the two lines in the wrong order",
        (ACC_SCALED, ""), (ADDED, ADDED + " * alpha[:, None]"),
    ),
    p4(
        "k-and-v-swapped", "p4.2 step 4", "the values are the keys in phase 2",
        "saves a load",
        ("v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)", "v = k"),
    ),
    mask4(
        "mask-by-first-query", "p4.2 step 3", "all queries get the first query's mask",
        "takes start_m for offs_m", (VISIBLE, VISIBLE.replace("offs_m[:, None]", "start_m")),
    ),
    mask4(
        "mask-zero", "p4.2 step 3", "hidden scores become 0",
        "masks the scores as if they were weights", (SHOW, SHOW.replace('float("-inf")', "0.0")),
    ),
    mask4(
        "causal-flipped", "p4.2 step 3", "the past is hidden, not the future",
        ">= for <=", (VISIBLE, VISIBLE.replace("<= offs_m", ">= offs_m")),
    ),
    base4(
        "factor-scaled-again", "p4.1 step 4", "alpha meets the scale a second time in phase 1",
        "treats m_i like qk", (ALPHA, "alpha = tl.exp2((m_i - m_new) * qk_scale)"),
    ),
    base4(
        "p-wrong-base", "p4.1 step 4", "p by exp in phase 1",
        "writes exp by habit, once", (WEIGHTS_4, WEIGHTS_4.replace("exp2", "exp")),
    ),
)  # fmt: skip
