"""p1: wrong updates of the tiled softmax in PyTorch."""

from functools import partial

from ..form import free, wrong

online = partial(wrong, "p1", "online softmax")
mask = partial(wrong, "p1", "masking")
base = partial(wrong, "p1", "scale and base")
precision = partial(wrong, "p1", "precision")

L_SCALED = "l_i = l_i * alpha\n"
ACC_SCALED = "acc = acc * alpha\n"
ADDED = "acc = acc + p @ Vj"
SUMMED = "l_i = l_i + p.sum(dim=-1, keepdim=True)"
MAXIMUM = "m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))"
ALPHA = "alpha = torch.exp(m_i - m_new)"
WEIGHTS = "p = torch.exp(S - m_new)"
HIDDEN = "k_idx[None, :] > q_idx[:, None]"
HIDE = "S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)"

MUTANTS = (
    online(
        "acc-not-rescaled", "p1.1 step 3", "acc keeps its old scale",
        "rescales the sum and thinks that was all", (ACC_SCALED, ""),
    ),
    online(
        "l-not-rescaled", "p1.1 step 3", "l keeps its old scale",
        "rescales the vector it can see, forgets the number", (L_SCALED, ""),
    ),
    online(
        "nothing-rescaled", "p1.1 step 3", "neither l nor acc is rescaled",
        "takes the maximum per tile for good enough", (L_SCALED, ""), (ACC_SCALED, ""),
    ),
    online(
        "rescaled-twice", "p1.1 step 3", "acc is rescaled a second time as it is added to",
        "writes the rescaling as a step and again in the update",
        (ADDED, "acc = acc * alpha + p @ Vj"),
    ),
    online(
        "factor-inverted", "p1.1 step 3", "alpha is exp(new - old)",
        "thinks of growing, not of shrinking", (ALPHA, "alpha = torch.exp(m_new - m_i)"),
    ),
    online(
        "factor-inverted", "p1.1 step 3", "alpha divides instead of multiplying",
        "swaps the sides and guards the first tile",
        (ALPHA,
         "alpha = torch.where(m_i == -math.inf, 0.0 * m_new, 1 / torch.exp(m_i - m_new))"),
    ),
    online(
        "maximum-not-carried", "p1.1 step 6", "m_i never changes",
        "leaves out the last line", ("m_i = m_new", "m_i = m_i"),
    ),
    online(
        "maximum-of-tile", "p1.1 step 2", "m_new is the maximum of this tile alone",
        "forgets that the running maximum runs", (MAXIMUM, "m_new = S.amax(dim=-1, keepdim=True)"),
    ),
    online(
        "no-maximum", "p1.1 step 2", "nothing is subtracted before exp",
        "knows softmax from the textbook",
        (MAXIMUM, "m_new = torch.zeros_like(m_i)"), (ALPHA, "alpha = 1.0"),
    ),
    online(
        "old-maximum-in-p", "p1.1 step 4", "p is relative to the old maximum",
        "uses m_i where m_new belongs", (WEIGHTS, "p = torch.exp(S - m_i.clamp_min(-1e4))"),
    ),
    online(
        "maximum-of-whole-tile", "p1.1 step 2", "one maximum for all queries of the tile",
        "leaves out dim", (MAXIMUM, "m_new = torch.maximum(m_i, S.amax())"),
    ),
    online(
        "normalised-per-tile", "p1.1 step 4", "each tile's p is divided by its own sum",
        "finishes the softmax inside the tile",
        (WEIGHTS, WEIGHTS + "\np = p / p.sum(dim=-1, keepdim=True)"),
    ),
    online(
        "l-not-accumulated", "p1.1 step 5", "l is this tile's sum only",
        "assigns instead of adding", (SUMMED, "l_i = p.sum(dim=-1, keepdim=True)"),
    ),
    online(
        "acc-not-accumulated", "p1.1 step 5", "acc is this tile's product only",
        "assigns instead of adding", (ADDED, "acc = p @ Vj"),
    ),
    online(
        "rescaled-too-late", "p1.1 step 5", "acc is rescaled after the tile was added",
        "puts the two lines in the wrong order", (ACC_SCALED, ""),
        (ADDED, "acc = (acc + p @ Vj) * alpha"),
    ),
    online(
        "l-wrong-sum", "p1.1 step 5", "l adds the mean of p",
        "writes mean for sum", (SUMMED, "l_i = l_i + p.mean(dim=-1, keepdim=True)"),
    ),
    online(
        "epsilon-in-sum", "p1.1 step 5", "a small number against division by 0",
        "adds an epsilon out of habit", (SUMMED, SUMMED + " + 1e-6"),
    ),
    mask(
        "causal-missing", "p1.1 step 1", "no mask at all",
        "leaves the mask for later", (HIDE, "pass"),
    ),
    mask(
        "causal-hides-own-key", "p1.1 step 1", "the query's own key is hidden",
        ">= for >", (HIDDEN, "k_idx[None, :] >= q_idx[:, None]"),
    ),
    mask(
        "causal-one-too-many", "p1.1 step 1", "the next key is still visible",
        "off by one", (HIDDEN, "k_idx[None, :] > q_idx[:, None] + 1"),
    ),
    mask(
        "causal-flipped", "p1.1 step 1", "the past is hidden, not the future",
        "< for >", (HIDDEN, "k_idx[None, :] < q_idx[:, None]"),
    ),
    mask(
        "mask-not-inf", "p1.1 step 1", "hidden scores become -1e4",
        "takes a large number for infinity", (HIDE, HIDE.replace("-math.inf", "-1e4")),
    ),
    mask(
        "mask-zero", "p1.1 step 1", "hidden scores become 0",
        "masks the scores as if they were weights", (HIDE, HIDE.replace("-math.inf", "0.0")),
    ),
    mask(
        "mask-tile-positions", "p1.1 step 1", "positions inside the tile are compared",
        "counts both from the tile's start",
        (HIDDEN, "k_idx[None, :] - k_start > q_idx[:, None] - q_start"),
    ),
    mask(
        "causal-bottom-right", "p1.1 step 1", "the diagonal ends in the last corner",
        "knows the other alignment from a library",
        (HIDDEN, "k_idx[None, :] > q_idx[:, None] + Nk - Nq"),
    ),
    free(
        "p1", "masking", "hidden-in-maximum", "p1.1 step 1", "p is masked, the scores are not",
        "hides the weights after exp; the maximum has seen everything",
        """
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
if needs_mask:
    p = p.masked_fill(k_idx[None, :] > q_idx[:, None], 0.0)
l_i = l_i * alpha + p.sum(dim=-1, keepdim=True)
acc = acc * alpha + p @ Vj
m_i = m_new
""",
    ),
    base(
        "factor-wrong-base", "p1.1 step 3", "alpha by exp2, p by exp",
        "copies one line from a Triton kernel", (ALPHA, "alpha = torch.exp2(m_i - m_new)"),
    ),
    base(
        "p-wrong-base", "p1.1 step 4", "p by exp2, alpha by exp",
        "copies one line from a Triton kernel", (WEIGHTS, "p = torch.exp2(S - m_new)"),
    ),
    base(
        "scaled-twice", "p1.1 step 1", "the scores are scaled again",
        "does not see that S is scaled already",
        ("if needs_mask:", "S = S * scale\nif needs_mask:"),
    ),
    precision(
        "scores-16-bit", "p1.1 step 1", "scores rounded to float16",
        "stays in the inputs' dtype", ("if needs_mask:", "S = S.half().float()\nif needs_mask:"),
    ),
    precision(
        "acc-16-bit", "p1.1 step 5", "acc rounded to float16 in every tile",
        "keeps acc in the output's dtype", (ADDED, "acc = (acc + p @ Vj).half().float()"),
    ),
    precision(
        "l-16-bit", "p1.1 step 5", "l rounded to float16 in every tile",
        "keeps the sum in the inputs' dtype",
        (SUMMED, "l_i = (l_i + p.sum(dim=-1, keepdim=True)).half().float()"),
    ),
)  # fmt: skip
