"""Wrong answers to p3, a third time: written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    wrong(
        "p3",
        "masking",
        "mask-transposed",
        "p3.1 step 1",
        "the mask of the loads, used again",
        "The loop above has in_range already.",
        (
            'qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))',
            'qk = tl.where(start_n + offs_n[:, None] < Nk, qk, float("-inf"))',
        ),
    ),
    wrong(
        "p3",
        "masking",
        "pads-bound-wrong",
        "p3.1 step 1",
        "start_n taken for the tile's number",
        "Tile start_n begins at start_n times BLOCK_N.",
        ("start_n + offs_n[None, :] < Nk", "start_n * BLOCK_N + offs_n[None, :] < Nk"),
    ),
    wrong(
        "p3",
        "masking",
        "positions-of-rows",
        "p3.1 step 1",
        "rows of queries below Nk",
        "offs_m are the positions, so I compare them with the number of keys.",
        ("start_n + offs_n[None, :] < Nk", "offs_m[:, None] < Nk"),
    ),
    free(
        "p3",
        "masking",
        "pads-not-masked",
        "p3.1 step 1",
        "p masked after it was summed",
        "A key that does not exist must add nothing to acc: I clear its p before the dot.",
        """
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
if not EVEN_N:
    p = tl.where(start_n + offs_n[None, :] < Nk, p, 0.0)
acc = acc * alpha[:, None]
acc = tl.dot(p.to(v.dtype), v, acc)
m_i = m_new
""",
    ),
    wrong(
        "p3",
        "online softmax",
        "old-sum-twice",
        "p3.1 step 5",
        "acc += dot with acc as its third",
        "I want to add, so it is +=; and the docs show acc as third operand.",
        ("acc = tl.dot(p.to(v.dtype), v, acc)", "acc += tl.dot(p.to(v.dtype), v, acc)"),
    ),
    free(
        "p3",
        "online softmax",
        "nothing-rescaled",
        "p3.1 step 2",
        "m_i is updated in place",
        "A running maximum is one variable.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_i = tl.maximum(m_i, tl.max(qk, axis=1))
m_new = m_i
alpha = tl.exp2(m_i - m_new)
l_i *= alpha
acc *= alpha[:, None]
p = tl.exp2(qk - m_new[:, None])
l_i += tl.sum(p, axis=1)
acc += tl.dot(p.to(v.dtype), v)
""",
    ),
    wrong(
        "p3",
        "normalising",
        "normalised-too-early",
        "p3.1 step 5",
        "acc divided by l_i in every tile",
        "The output is acc / l_i. I do it right away.",
        (
            "acc = tl.dot(p.to(v.dtype), v, acc)",
            "acc = tl.dot(p.to(v.dtype), v, acc) / l_i[:, None]",
        ),
    ),
    wrong(
        "p3",
        "normalising",
        "normalised-too-early",
        "p3.1 step 5",
        "p is a share of the sum so far",
        "Probabilities sum to 1, so I divide p by l_i before it meets v.",
        ("acc = tl.dot(p.to(v.dtype), v, acc)", "p = p / l_i[:, None]"),
        ("# Step 6:", "acc = tl.dot(p.to(v.dtype), v, acc)\n# Step 6:"),
    ),
    wrong(
        "p3",
        "online softmax",
        "no-maximum",
        "p3.1 step 4",
        "a quotient of two powers",
        "2 to the power of a difference is a quotient.",
        ("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk) / tl.exp2(m_new)[:, None]"),
    ),
    wrong(
        "p3",
        "online softmax",
        "factor-overflows",
        "p3.1 step 3",
        "alpha, a quotient of two powers",
        "The old scale over the new one.",
        ("alpha = tl.exp2(m_i - m_new)", "alpha = tl.exp2(m_i) / tl.exp2(m_new)"),
    ),
    wrong(
        "p3",
        "online softmax",
        "l-wrong-sum",
        "p3.1 step 5",
        "the mean of p",
        "I took the mean over the tile, so that l_i stays small.",
        ("tl.sum(p, axis=1)", "tl.sum(p, axis=1) / BLOCK_N"),
    ),
    wrong(
        "p3",
        "online softmax",
        "maximum-clamped",
        "p3.1 step 2",
        "a maximum of at least 0",
        "Starting at 0 avoids -inf minus -inf.",
        (
            "m_new = tl.maximum(m_i, tl.max(qk, axis=1))",
            "m_new = tl.maximum(tl.maximum(m_i, 0.0), tl.max(qk, axis=1))",
        ),
    ),
    wrong(
        "p3",
        "rescaling",
        "rescaled-too-late",
        "p3.1 step 3",
        "the sum first, the factor after it, for l_i only",
        "l_i is old plus new, times alpha.",
        ("l_i = l_i * alpha\n", ""),
        ("l_i = l_i + tl.sum(p, axis=1)", "l_i = (l_i + tl.sum(p, axis=1)) * alpha"),
    ),
    wrong(
        "p3",
        "scale and base",
        "scaled-twice",
        "p3.1 step 4",
        "scaled as in problem 4's update",
        "exp2 of the scaled difference.",
        (
            "p = tl.exp2(qk - m_new[:, None])",
            "p = tl.exp2((qk - m_new[:, None]) * qk_scale)",
        ),
        ("alpha = tl.exp2(m_i - m_new)", "alpha = tl.exp2((m_i - m_new) * qk_scale)"),
    ),
    free(
        "p3",
        "online softmax",
        "factor-of-tile",
        "p3.1 step 3",
        "alpha against the tile's maximum",
        "alpha leads from the old maximum to this tile's.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_tile = tl.max(qk, axis=1)
m_new = tl.maximum(m_i, m_tile)
alpha = tl.exp2(m_i - m_tile)
l_i = l_i * alpha
acc = acc * alpha[:, None]
p = tl.exp2(qk - m_new[:, None])
l_i = l_i + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc)
m_i = m_new
""",
    ),
    free(
        "p3",
        "online softmax",
        "part-by-tile",
        "p3.1 step 4",
        "p against the tile's maximum",
        "Each tile's p is at most 1, so I subtract the tile's maximum.",
        """
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_tile = tl.max(qk, axis=1)
p = tl.exp2(qk - m_tile[:, None])
m_new = tl.maximum(m_i, m_tile)
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new
""",
    ),
    wrong(
        "p3",
        "online softmax",
        "p-inverted",
        "p3.1 step 4",
        "the difference, turned round",
        "New maximum minus score.",
        ("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(m_new[:, None] - qk)"),
    ),
    wrong(
        "p3",
        "rescaling",
        "rescaled-twice",
        "p3.1 step 5",
        "l_i rescaled in step 3 and in step 5",
        "The paper's formula for l has the factor in it.",
        ("l_i = l_i + tl.sum(p, axis=1)", "l_i = alpha * l_i + tl.sum(p, axis=1)"),
    ),
)
