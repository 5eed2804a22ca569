"""More wrong answers to p1, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p1",
        "normalising",
        "normalised-per-tile",
        "p1.1 step 4",
        "softmax of each tile, one per tile in l_i",
        "The tile's share is a softmax. I count the tiles in l_i.",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - S.amax(dim=-1, keepdim=True))
p = p / p.sum(dim=-1, keepdim=True)
acc = acc * alpha + p @ Vj
l_i = l_i * alpha + 1.0
m_i = m_new
""",
    ),
    free(
        "p1",
        "normalising",
        "normalised-too-early",
        "p1.1 step 5",
        "FlashAttention-1 update",
        "The first paper divides by the new sum in every tile, so acc is O all the time.",
        """
if needs_mask:
    S = S.masked_fill(k_idx > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
p = torch.exp(S - m_new)
old = l_i * torch.exp(m_i - m_new)
l_new = old + p.sum(dim=-1, keepdim=True)
acc = (acc * old + p @ Vj) / l_new
m_i, l_i = m_new, l_new
""",
    ),
    wrong(
        "p1",
        "mask",
        "mask-tile-positions",
        "p1.1 step 1",
        "tril of the tile",
        "A causal mask is a lower triangle of ones.",
        (
            "S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)",
            "S = S.masked_fill(torch.tril(torch.ones_like(S)) == 0, -math.inf)",
        ),
    ),
    free(
        "p1",
        "rescaling",
        "part-by-tile",
        "p1.1 step 5",
        "acc's new part stays relative to the tile",
        "Each tile has its own maximum; beta brings it to the common one. I did that for l_i.",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_tile = S.amax(dim=-1, keepdim=True)
m_new = torch.maximum(m_i, m_tile)
p = torch.exp(S - m_tile)
alpha, beta = torch.exp(m_i - m_new), torch.exp(m_tile - m_new)
l_i = l_i * alpha + beta * p.sum(dim=-1, keepdim=True)
acc = acc * alpha + p @ Vj
m_i = m_new
""",
    ),
    wrong(
        "p1",
        "maximum",
        "maximum-not-carried",
        "p1.1 step 6",
        "carries the tile's maximum",
        "m_i is the maximum that this tile had.",
        ("m_i = m_new", "m_i = S.amax(dim=-1, keepdim=True)"),
    ),
    free(
        "p1",
        "rescaling",
        "rescaled-too-late",
        "p1.1 step 3",
        "adds first, rescales after",
        "I put the correction at the end, together with the new maximum.",
        """
if needs_mask:
    S = torch.where(k_idx[None, :] <= q_idx[:, None], S, -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
p = torch.exp(S - m_new)
l_i = l_i + p.sum(dim=-1, keepdim=True)
acc = acc + p @ Vj
alpha = torch.where(m_i == -math.inf, 1.0, torch.exp(m_i - m_new))
l_i = l_i * alpha
acc = acc * alpha
m_i = m_new
""",
    ),
)
