"""p1: wrong updates of the tiled softmax in PyTorch, for measuring."""

from functools import partial

from ..form import free, wrong

online = partial(wrong, "p1", "online softmax")
mask = partial(wrong, "p1", "masking")
precision = partial(wrong, "p1", "precision")
rewritten = partial(free, "p1", "written anew")

HIDDEN = "k_idx[None, :] > q_idx[:, None]"
HIDE = f"S = S.masked_fill({HIDDEN}, -math.inf)"

MUTANTS = (
    mask(
        "causal-one-too-many",
        "p1.1 step 1",
        "every query sees one key of its future",
        "counts positions from 1",
        (HIDDEN, "k_idx[None, :] - 1 > q_idx[:, None]"),
    ),
    mask(
        "mask-zero",
        "p1.1 step 1",
        "hidden scores are multiplied away",
        "multiplies by a 0/1 mask, as one does with images",
        (HIDE, "S = S * (k_idx[None, :] <= q_idx[:, None])"),
    ),
    mask(
        "mask-tile-positions",
        "p1.1 step 1",
        "a triangle in each tile",
        "takes tril for the mask and forgets where the tile lies",
        (HIDE, "S = S.masked_fill(torch.ones_like(S[0, 0]).triu(1) > 0, -math.inf)"),
    ),
    mask(
        "causal-bottom-right",
        "p1.1 step 1",
        "the last query sees the last key",
        "aligns the mask as for a decoder with a cache",
        (HIDDEN, "k_idx[None, :] > q_idx[:, None] + Nk - Nq"),
    ),
    mask(
        "hidden-in-maximum",
        "p1.1 step 1",
        "weights are masked, scores are not",
        "sets the weights of hidden keys to 0 and thinks it is the same",
        (HIDE, "hidden = k_idx[None, :] > q_idx[:, None]"),
        (
            "p = torch.exp(S - m_new)",
            """\
p = torch.exp(S - m_new)
if needs_mask:
    p = p.masked_fill(hidden, 0.0)""",
        ),
    ),
    online(
        "factor-wrong-base",
        "p1.1 step 3",
        "alpha in base 2",
        "has read that exp2 is faster",
        ("torch.exp(m_i - m_new)", "torch.exp2(m_i - m_new)"),
    ),
    online(
        "rescaled-twice",
        "p1.1 step 3",
        "the sum is rescaled twice",
        "rescales l_i before and after a rewrite of the line",
        ("l_i = l_i * alpha\n", "l_i = l_i * alpha\nl_i *= alpha\n"),
    ),
    online(
        "maximum-not-carried",
        "p1.1 step 6",
        "the next tile gets this tile's maximum",
        "thinks that m_i is the maximum of the tile before",
        ("m_i = m_new", "m_i = S.amax(dim=-1, keepdim=True)"),
    ),
    online(
        "l-wrong-sum",
        "p1.1 step 5",
        "the mean of the weights is added",
        "mixes up mean and sum",
        ("p.sum(dim=-1, keepdim=True)", "p.mean(dim=-1, keepdim=True)"),
    ),
    precision(
        "scores-16-bit",
        "p1.1 step 1",
        "scores in the dtype of Q",
        "keeps everything in the input's dtype",
        (
            "if needs_mask:",
            """\
S = S.to(Q.dtype).float()
if needs_mask:""",
        ),
    ),
    precision(
        "l-16-bit",
        "p1.1 step 5",
        "the sum is rounded after each tile",
        "saves memory on the sum",
        (
            "l_i = l_i + p.sum(dim=-1, keepdim=True)",
            "l_i = (l_i + p.sum(dim=-1, keepdim=True)).to(Q.dtype).float()",
        ),
    ),
    rewritten(
        "acc-not-rescaled",
        "p1.1 step 3",
        "only the sum follows the maximum",
        "writes both sums in one breath and forgets one factor",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.max(dim=-1, keepdim=True).values)
p = torch.exp(S - m_new)
l_i = torch.exp(m_i - m_new) * l_i + p.sum(-1, keepdim=True)
acc = acc + torch.matmul(p, Vj)
m_i = m_new
""",
    ),
    rewritten(
        "no-maximum",
        "p1.1 step 2",
        "the plain softmax, tile by tile",
        "exp of a score works on small examples",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
p = S.exp()
l_i = l_i + p.sum(dim=-1, keepdim=True)
acc = acc + p @ Vj
m_i = torch.zeros_like(l_i)
""",
    ),
    rewritten(
        "causal-hides-own-key",
        "p1.1 step 1",
        "strictly the past",
        "takes 'the future is hidden' to include now",
        """
if needs_mask:
    S = torch.where(q_idx.unsqueeze(1) > k_idx.unsqueeze(0), S, -math.inf)
m_new = torch.maximum(m_i, S.amax(-1, keepdim=True))
alpha = (m_i - m_new).exp()
p = (S - m_new).exp()
l_i = l_i * alpha + p.sum(-1, keepdim=True)
acc = acc * alpha + p @ Vj
m_i = m_new
""",
    ),
    rewritten(
        "normalised-per-tile",
        "p1.1 step 5",
        "a softmax of each tile",
        "adds up the tiles' own answers",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
row = p.sum(dim=-1, keepdim=True)
l_i = l_i * alpha + row
acc = acc * alpha + (p / row) @ Vj
m_i = m_new
""",
    ),
)
