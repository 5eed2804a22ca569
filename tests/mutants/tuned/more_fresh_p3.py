"""More wrong answers to p3, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p3",
        "normalising",
        "normalised-too-early",
        "p3.1 step 5",
        "acc is always the answer",
        "I keep acc normalised: the old part times l_i / l_new, the new one over l_new.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
p = tl.exp2(qk - m_new[:, None])
before = l_i * tl.exp2(m_i - m_new)
l_i = before + tl.sum(p, axis=1)
acc = acc * (before / l_i)[:, None] + tl.dot((p / l_i[:, None]).to(v.dtype), v)
m_i = m_new
""",
    ),
    free(
        "p3",
        "rescaling",
        "nothing-rescaled",
        "p3.1 step 3",
        "m_i moves first",
        "m_i is the maximum so far, so I update it where I compute it.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_i = tl.maximum(m_i, tl.max(qk, axis=1))
m_new = m_i
p = tl.exp2(qk - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha + tl.sum(p, 1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
""",
    ),
    free(
        "p3",
        "rescaling",
        "rescaled-too-late",
        "p3.1 step 3",
        "acc is rescaled after the dot",
        "tl.dot adds to acc, and then acc takes its factor.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] >= Nk, float("-inf"), qk)
m_new = tl.maximum(m_i, tl.max(qk, 1))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, 1)
acc += tl.dot(p.to(v.dtype), v)
if start_n > 0:
    acc *= alpha[:, None]
m_i = m_new
""",
    ),
    wrong(
        "p3",
        "scale",
        "scores-wrong-base",
        "p3.1 step 4",
        "log2(e) a second time",
        "For exp2 the scores need log2(e).",
        ("# Step 2: running maximum.", "qk = qk * 1.44269504\n# Step 2: "),
    ),
    wrong(
        "p3",
        "mask",
        "pads-not-masked",
        "p3.1 step 1",
        "masks where EVEN_N",
        "EVEN_N says that there is something to mask.",
        ("if not EVEN_N:", "if EVEN_N:"),
    ),
)
