"""p4: wrong causal kernels in two phases, for measuring."""

from functools import partial

from ..form import free, wrong

online = partial(wrong, "p4", "online softmax")
mask = partial(wrong, "p4", "masking")
base = partial(wrong, "p4", "scale and base")
loads = partial(wrong, "p4", "loads")
precision = partial(wrong, "p4", "precision")
rewritten = partial(free, "p4", "written anew")

VISIBLE = "visible = (key[None, :] < Nk) & (key[None, :] <= offs_m[:, None])"

MUTANTS = (
    online(
        "acc-not-rescaled",
        "p4.1 step 5",
        "acc keeps its scale off the diagonal",
        "rescales only the sum",
        ("acc = acc * alpha[:, None]\n", ""),
    ),
    online(
        "maximum-not-carried",
        "p4.1 step 6",
        "m_i stays off the diagonal",
        "forgets the last line",
        ("m_i = m_new", "m_i = m_i"),
    ),
    online(
        "l-not-rescaled",
        "p4.2 step 4",
        "the sum keeps its scale on the diagonal",
        "drops the factor while copying",
        ("l_i = l_i * alpha + tl.sum(p, axis=1)", "l_i = l_i + tl.sum(p, axis=1)"),
    ),
    online(
        "factor-inverted",
        "p4.2 step 4",
        "alpha upside down on the diagonal",
        "subtracts old from new",
        ("tl.exp2(m_i - m_new)", "tl.exp2(m_new - m_i)"),
    ),
    mask(
        "mask-tile-positions",
        "p4.2 step 1",
        "keys are counted from the tile's start",
        "forgets start_n",
        ("key = start_n + offs_n", "key = offs_n"),
    ),
    mask(
        "pads-not-masked",
        "p4.2 step 3",
        "only the future is hidden",
        "thinks that pads are in everybody's future",
        (VISIBLE, "visible = key[None, :] <= offs_m[:, None]"),
    ),
    mask(
        "causal-missing",
        "p4.2 step 3",
        "or instead of and",
        "reads 'does not exist, or comes after' into the visible keys",
        ("(key[None, :] < Nk) & (key", "(key[None, :] < Nk) | (key"),
    ),
    mask(
        "mask-flipped",
        "p4.2 step 3",
        "the visible keys are hidden",
        "swaps the two values of where",
        ('tl.where(visible, qk, float("-inf"))', 'tl.where(visible, float("-inf"), qk)'),
    ),
    mask(
        "causal-hides-own-key",
        "p4.2 step 3",
        "a query does not see itself",
        "writes < for <=",
        ("key[None, :] <= offs_m[:, None]", "key[None, :] < offs_m[:, None]"),
    ),
    loads(
        "v-not-masked",
        "p4.2 step 4",
        "values beyond the end are read",
        "masks only the keys",
        (
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)",
            "v = tl.load(v_base + v_offs)",
        ),
    ),
    loads(
        "stride-of-another",
        "p4.1 step 1",
        "keys by the values' strides",
        "copies the line for v",
        ("tl.load(k_base + k_offs)", "tl.load(k_base + v_offs)"),
    ),
    loads(
        "k-and-v-swapped",
        "p4.1 step 6",
        "keys for values off the diagonal",
        "copies the load of k",
        ("v = tl.load(v_base + v_offs)", "v = tl.load(k_base + k_offs)"),
    ),
    base(
        "scale-missing",
        "p4.1 step 4",
        "p from unscaled scores",
        "scales the maximum and forgets the scores",
        ("qk * qk_scale - m_new", "qk - m_new"),
    ),
    base(
        "scaled-twice",
        "p4.2 step 2",
        "scores scaled early and late",
        "scales where problem 3 did, and again below",
        ("tl.dot(q, tl.trans(k))", "tl.dot(q, tl.trans(k)) * qk_scale"),
    ),
    precision(
        "scores-16-bit",
        "p4.1 step 2",
        "scores in q's dtype",
        "keeps the tile small",
        ("tl.dot(q, tl.trans(k))", "tl.dot(q, tl.trans(k)).to(q.dtype)"),
    ),
    rewritten(
        "hidden-in-maximum",
        "p4.2 step 3",
        "masks the weights",
        "sets p to 0 after the fact",
        """
key = start_n + offs_n
k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=0.0)
v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)
qk = tl.dot(q, tl.trans(k)) * qk_scale
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
visible = (key[None, :] < Nk) & (key[None, :] <= offs_m[:, None])
p = tl.where(visible, tl.exp2(qk - m_new[:, None]), 0.0)
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new
""",
    ),
    rewritten(
        "p-wrong-base",
        "p4.1 step 4",
        "exp for p, exp2 for alpha",
        "changes one line of two",
        """
k = tl.load(k_base + k_offs)
v = tl.load(v_base + v_offs)
s = tl.dot(q, tl.trans(k)) * qk_scale
m_new = tl.maximum(m_i, tl.max(s, 1))
p = tl.exp(s - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha + tl.sum(p, 1)
acc = acc * alpha[:, None] + tl.dot(p.to(v.dtype), v)
m_i = m_new
""",
    ),
)
