"""p1: wrong updates in PyTorch, kept aside."""

from functools import partial

from ..form import wrong

online = partial(wrong, "p1", "online softmax")
mask = partial(wrong, "p1", "masking")
base = partial(wrong, "p1", "scale and base")

ACC_SCALED = "acc = acc * alpha\n"
ADDED = "acc = acc + p @ Vj"
SUMMED = "l_i = l_i + p.sum(dim=-1, keepdim=True)"
ALPHA = "alpha = torch.exp(m_i - m_new)"
WEIGHTS = "p = torch.exp(S - m_new)"
HIDDEN = "k_idx[None, :] > q_idx[:, None]"
MAXIMUM = "m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))"

MUTANTS = (
    online(
        "l-wrong-sum", "p1.1 step 5", "l adds the largest weight, not the sum",
        "mixes up the two reductions", (SUMMED, "l_i = l_i + p.amax(dim=-1, keepdim=True)"),
    ),
    online(
        "factor-on-new-part", "p1.1 step 5", "acc's new part is rescaled, the old is not",
        "multiplies the wrong summand", (ACC_SCALED, ""), (ADDED, "acc = acc + alpha * (p @ Vj)"),
    ),
    mask(
        "mask-by-last-query", "p1.1 step 1", "all queries get the last query's mask",
        "thinks of the tile as one", (HIDDEN, "(k_idx >= q_end)[None, :]"),
    ),
    base(
        "scaled-twice", "p1.1 step 4", "p meets the scale again",
        "scales where the exponential is", (WEIGHTS, "p = torch.exp((S - m_new) * scale)"),
    ),
    online(
        "maximum-of-tile", "p1.1 step 6", "m_i becomes the tile's maximum",
        "carries over the wrong one", ("m_i = m_new", "m_i = S.amax(dim=-1, keepdim=True)"),
    ),
    online(
        "no-maximum", "p1.1 step 4", "p is not shifted, alpha is",
        "adds the running maximum to a softmax that has none", (WEIGHTS, "p = torch.exp(S)"),
    ),
)  # fmt: skip
