"""p3: wrong updates of the running softmax in Triton, for measuring."""

from functools import partial

from ..form import free, wrong

online = partial(wrong, "p3", "online softmax")
mask = partial(wrong, "p3", "masking")
base = partial(wrong, "p3", "scale and base")
precision = partial(wrong, "p3", "precision")
rewritten = partial(free, "p3", "written anew")

KNOWN = "start_n + offs_n[None, :] < Nk"
MASK = f'qk = tl.where({KNOWN}, qk, float("-inf"))'
MAXIMUM = "m_new = tl.maximum(m_i, tl.max(qk, axis=1))"
SUMMED = "l_i = l_i + tl.sum(p, axis=1)"

MUTANTS = (
    mask(
        "pads-bound-wrong",
        "p3.1 step 1",
        "one key beyond the end",
        "writes <= for <",
        (KNOWN, "start_n + offs_n[None, :] <= Nk"),
    ),
    mask(
        "mask-tile-positions",
        "p3.1 step 1",
        "positions inside the tile",
        "forgets start_n",
        (KNOWN, "offs_n[None, :] < Nk"),
    ),
    mask(
        "mask-not-inf",
        "p3.1 step 1",
        "pads get -1000",
        "takes a number that looks small",
        ('float("-inf")', "-1000.0"),
    ),
    mask(
        "pads-not-masked",
        "p3.1 step 1",
        "masks where all keys exist",
        "reads EVEN_N the wrong way round",
        ("if not EVEN_N:", "if EVEN_N:"),
    ),
    base(
        "scaled-twice",
        "p3.1 step 1",
        "scores scaled once more",
        "has not seen the scale in the given line",
        (
            "if not EVEN_N:",
            """\
qk = qk * qk_scale
if not EVEN_N:""",
        ),
    ),
    base(
        "base-e-on-base-2",
        "p3.1 step 4",
        "exp for both exponentials",
        "copies problem 1",
        ("tl.exp2(m_i - m_new)", "tl.exp(m_i - m_new)"),
        ("tl.exp2(qk - m_new[:, None])", "tl.exp(qk - m_new[:, None])"),
    ),
    online(
        "maximum-of-whole-tile",
        "p3.1 step 2",
        "one maximum for all queries",
        "takes the maximum of everything, to be safe",
        (MAXIMUM, "m_new = tl.maximum(m_i, tl.max(tl.max(qk, axis=1), axis=0))"),
    ),
    online(
        "maximum-of-absolute-values",
        "p3.1 step 2",
        "the largest absolute score",
        "thinks that exp must be kept from large numbers of either sign",
        (
            MAXIMUM,
            "m_new = tl.maximum(m_i, tl.max(tl.where(qk > -1.0e30, tl.abs(qk), 0.0), axis=1))",
        ),
    ),
    online(
        "epsilon-in-sum",
        "p3.1 step 5",
        "a little something for each key",
        "fears a division by 0",
        (SUMMED, "l_i = l_i + tl.sum(p + 1.0e-3, axis=1)"),
    ),
    precision(
        "l-16-bit",
        "p3.1 step 5",
        "the sum in v's dtype",
        "keeps the sum as short as p",
        (SUMMED, "l_i = (l_i + tl.sum(p, axis=1)).to(v.dtype).to(tl.float32)"),
    ),
    rewritten(
        "l-not-rescaled",
        "p3.1 step 3",
        "only acc follows the maximum",
        "rescales where the picture shows it",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, 1))
p = tl.exp2(qk - m_new[:, None])
l_i += tl.sum(p, 1)
acc = acc * tl.exp2(m_i - m_new)[:, None] + tl.dot(p.to(v.dtype), v)
m_i = m_new
""",
    ),
    rewritten(
        "nothing-rescaled",
        "p3.1 step 3",
        "the maximum is overwritten too early",
        "needs no second name for the maximum",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_i = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_i)
p = tl.exp2(qk - m_i[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
""",
    ),
    rewritten(
        "rescaled-too-late",
        "p3.1 step 3",
        "the new share is rescaled with the old",
        "rescales at the end of the tile",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
p = tl.exp2(qk - m_new[:, None])
l_i = l_i + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc)
if start_n > 0:
    alpha = tl.exp2(m_i - m_new)
    l_i = l_i * alpha
    acc = acc * alpha[:, None]
m_i = m_new
""",
    ),
    rewritten(
        "normalised-per-tile",
        "p3.1 step 4",
        "weights of each tile sum to 1",
        "calls a softmax function in the mind",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
p = p / tl.sum(p, axis=1)[:, None]
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = acc * alpha[:, None]
acc += tl.dot(p.to(v.dtype), v)
m_i = m_new
""",
    ),
    rewritten(
        "acc-not-accumulated",
        "p3.1 step 5",
        "acc is this tile's product",
        "rescales acc, then overwrites it",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
l_i *= alpha
acc *= alpha[:, None]
p = tl.exp2(qk - m_new[:, None])
l_i += tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v)
m_i = m_new
""",
    ),
    rewritten(
        "old-maximum-in-p",
        "p3.1 step 4",
        "weights by the old maximum, cut at 1",
        "sees infinities and cuts them off",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
p = tl.minimum(tl.exp2(qk - m_i[:, None]), 1.0)
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new
""",
    ),
)
