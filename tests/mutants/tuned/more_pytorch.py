"""p1: wrong updates in PyTorch, a second lot: written without a look at the diagnosis' rules."""

from functools import partial

from ..form import free, wrong

online = partial(wrong, "p1", "online softmax")
mask = partial(wrong, "p1", "masking")
base = partial(wrong, "p1", "scale and base")

L_SCALED, ACC_SCALED = "l_i = l_i * alpha\n", "acc = acc * alpha\n"
ADDED = "acc = acc + p @ Vj"
SUMMED = "l_i = l_i + p.sum(dim=-1, keepdim=True)"
MAXIMUM = "m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))"
ALPHA = "alpha = torch.exp(m_i - m_new)"
WEIGHTS = "p = torch.exp(S - m_new)"
HIDDEN = "k_idx[None, :] > q_idx[:, None]"
HIDE = "S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)"

MUTANTS = (
    online(
        "nothing-rescaled", "p1.1 step 2", "m_i is the new maximum before alpha is made",
        "sees no need for a new name", (MAXIMUM, MAXIMUM.replace("m_new", "m_i") + "\nm_new = m_i"),
    ),
    online(
        "nothing-rescaled", "p1.1 step 3", "alpha is kept from falling below 1",
        "is afraid of small numbers", (ALPHA, ALPHA + ".clamp(min=1.0)"),
    ),
    online(
        "factor-on-new-part", "p1.1 step 5", "the factor meets the new sum, not the old one",
        "multiplies the wrong summand",
        (L_SCALED, ""), (SUMMED, "l_i = l_i + alpha * p.sum(dim=-1, keepdim=True)"),
    ),
    online(
        "factor-overflows", "p1.1 step 3", "alpha is a quotient of two exponentials",
        "knows the rules of powers, and no limits of float32",
        (ALPHA, "alpha = torch.exp(m_i) / torch.exp(m_new)"),
    ),
    free(
        "p1", "online softmax", "normalised-per-tile", "p1.1 step 4", "a whole softmax per tile",
        "knows softmax as one thing",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - S.amax(dim=-1, keepdim=True))
p = p / p.sum(dim=-1, keepdim=True)
l_i = l_i * alpha + p.sum(dim=-1, keepdim=True)
acc = acc * alpha + p @ Vj
m_i = m_new
""",
    ),
    free(
        "p1", "online softmax", "normalised-too-early", "p1.1 step 5",
        "acc is divided by l in every tile, and again at the end",
        "keeps acc normalised, as in the first paper",
        """
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
l_new = l_i * alpha + p.sum(dim=-1, keepdim=True)
acc = (acc * l_i * alpha + p @ Vj) / l_new
l_i = l_new
m_i = m_new
""",
    ),
    mask(
        "mask-by-first-query", "p1.1 step 1", "all queries get the first query's mask",
        "takes q_start for q_idx", (HIDDEN, "(k_idx > q_start)[None, :]"),
    ),
    mask(
        "mask-zero", "p1.1 step 1", "scores are multiplied by the mask",
        "masks as in a loss", (HIDE, "S = S * (k_idx[None, :] <= q_idx[:, None])"),
    ),
    base(
        "scale-missing", "p1.1 step 1", "the scale is taken out again",
        "thinks that S comes unscaled", ("if needs_mask:", "S = S / scale\nif needs_mask:"),
    ),
    online(
        "maximum-of-whole-tile", "p1.1 step 2", "the maximum runs over the queries too",
        "gives amax both axes",
        (MAXIMUM, "m_new = torch.maximum(m_i, S.amax(dim=(-2, -1), keepdim=True))"),
    ),
)  # fmt: skip
