"""More wrong answers to p4, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    wrong(
        "p4",
        "scale",
        "scaled-twice",
        "p4.1 step 4",
        "scales in the dot, and once more",
        "Problem 3 scales right after the dot. I kept that and the line of step 4.",
        ("qk = tl.dot(q, tl.trans(k))", "qk = tl.dot(q, tl.trans(k)) * qk_scale"),
        ("tl.max(qk, axis=1) * qk_scale", "tl.max(qk, axis=1)"),
    ),
    free(
        "p4",
        "rescaling",
        "l-not-rescaled",
        "p4.2 step 4",
        "the diagonal's sum, written anew",
        "In the second phase I wrote the update in fewer lines.",
        """
key = start_n + offs_n
there = key[:, None] < Nk
k = tl.load(k_base + k_offs, mask=there, other=0.0)
v = tl.load(v_base + v_offs, mask=there, other=0.0)
qk = tl.dot(q, tl.trans(k)) * qk_scale
qk = tl.where(key[None, :] < Nk, qk, float("-inf"))
qk = tl.where(offs_m[:, None] >= key[None, :], qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
p = tl.exp2(qk - m_new[:, None])
l_i += tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * tl.exp2(m_i - m_new)[:, None])
m_i = m_new
""",
    ),
    wrong(
        "p4",
        "loads",
        "k-and-v-swapped",
        "p4.1 step 6",
        "v is loaded from k",
        "Copied the load of k.",
        ("v = tl.load(v_base + v_offs)", "v = tl.load(k_base + k_offs)"),
    ),
    wrong(
        "p4",
        "state",
        "acc-not-accumulated",
        "p4.2 step 4",
        "the diagonal's dot replaces acc",
        "tl.dot gives the new acc.",
        ("acc = tl.dot(p.to(v.dtype), v, acc)", "acc = tl.dot(p.to(v.dtype), v)"),
    ),
    wrong(
        "p4",
        "mask",
        "causal-missing",
        "p4.2 step 3",
        "or instead of and",
        "A key is visible if it exists or if it is in the past.",
        ("(key[None, :] < Nk) & (key", "(key[None, :] < Nk) | (key"),
    ),
    wrong(
        "p4",
        "mask",
        "mask-tile-positions",
        "p4.2 step 3",
        "key against the query of the tile",
        "Inside the tile, query r sees the keys up to r.",
        ("key[None, :] <= offs_m[:, None]", "offs_n[None, :] <= offs_m[:, None] - start_m"),
    ),
    wrong(
        "p4",
        "state",
        "maximum-not-carried",
        "p4.2 step 4",
        "the diagonal leaves m_i alone",
        "Nothing after the loop reads m_i any more.",
        (
            "acc = tl.dot(p.to(v.dtype), v, acc)\nm_i = m_new",
            "acc = tl.dot(p.to(v.dtype), v, acc)",
        ),
    ),
)
