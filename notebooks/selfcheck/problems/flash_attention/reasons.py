"""What to tell of each kind of mistake in a tiled softmax."""

from __future__ import annotations

from ...witness import Reason

OLD_SCALE = (
    "What was summed before is relative to the old maximum. What must happen to it when the "
)
OLD_SCALE += "maximum grows?"
ONE_BASE = "Do all the scores, the maximum and every exponential here speak the same base?"
NO_KEY = "Which number is weightless after exp, and why does 0 not do?"
FLOAT32 = "How many digits does a 16-bit number keep, and how many terms are added here?"

MASK = {
    "pads-not-masked": Reason(
        "mask",
        "Keys beyond the last one still count in the sum.",
        f"A key that does not exist is read as 0, so its score is 0. {NO_KEY}",
        "the last tile gives no weight to positions that hold no key.",
    ),
    "pads-bound-wrong": Reason(
        "mask",
        "The mask of the last tile ends one key too early or too late.",
        "Count: with N keys, what is the position of the last one?",
        "exactly the keys that exist count, the last one included.",
    ),
    "nk-taken-for-nq": Reason(
        "mask",
        "The mask compares key positions with the number of queries.",
        "Keys and queries may differ in number. Which of the two lengths do keys end at?",
        "keys are compared with the number of keys.",
    ),
    "mask-not-inf": Reason(
        "mask",
        "Hidden scores become a large negative number, and some real scores are lower than that.",
        "Is there a finite number that no score can be below?",
        "a hidden key gets weight 0 whatever the other scores are.",
    ),
    "mask-zero": Reason(
        "mask",
        "Hidden scores become 0, and a score of 0 has a weight.",
        NO_KEY,
        "a hidden key gets weight 0 after the exponential.",
    ),
    "mask-tile-positions": Reason(
        "mask",
        "The mask compares positions inside the tile, not positions in the sequence.",
        "The second tile's first key: what is its position in the sequence?",
        "both positions count from the start of the sequence.",
    ),
    "hidden-in-maximum": Reason(
        "mask",
        "The maximum also looks at keys that the mask hides.",
        "If a hidden score is far above all visible ones, what is left of their weights?",
        "hidden scores are out of the way before the maximum is taken.",
    ),
    "hidden-keys-count": Reason(
        "mask",
        "Some keys count that the mask should hide.",
        "Take one query and write down the keys it may see. Does your condition say the same?",
        "a key that a query may not see has no weight.",
    ),
    "visible-keys-missing": Reason(
        "mask",
        "Some keys are hidden that should be seen.",
        "Take one query and write down the keys it may see. Does your condition say the same?",
        "every key that a query may see has its weight.",
    ),
    "causal-missing": Reason(
        "mask",
        "Queries see keys of their future.",
        "Key 5 and query 3: may the query look at it?",
        "a key after the query gets no weight.",
    ),
    "causal-hides-own-key": Reason(
        "mask",
        "A query does not see its own key.",
        "Key 3 and query 3: past, present or future?",
        "a query sees all keys up to its own, its own included.",
    ),
    "causal-one-too-many": Reason(
        "mask",
        "A query sees one key of its future.",
        "Key 4 and query 3: may the query look at it?",
        "a query sees all keys up to its own, and none beyond.",
    ),
    "causal-flipped": Reason(
        "mask",
        "The past is hidden and the future is seen.",
        "Key 5 and query 3: which position is the larger one when the key is in the future?",
        "keys after the query are hidden, those before it are not.",
    ),
    "causal-bottom-right": Reason(
        "mask",
        "The mask counts from the last corner: it is shifted by Nk - Nq.",
        "Where Nk is not Nq, which keys does query 0 see with your mask?",
        "key j is seen by query i when j <= i, whatever the lengths.",
    ),
}
STRIDE = "Each tensor has strides of its own. Whose are used to reach this one's rows?"
READING = {
    "values-wrong": Reason(
        "values",
        "What is added to `acc` is not the weights times the values.",
        "Where do k and v begin, and by which strides do you reach their rows?",
        "k and v of these very keys, each by its own strides.",
    ),
    "stride-of-another": Reason(
        "values",
        "A tensor is read by the strides of another one.",
        STRIDE,
        "every tensor is read by its own strides.",
    ),
    "k-and-v-swapped": Reason(
        "values",
        "Keys are read where the values are, or values where the keys are.",
        "Which of the two makes the scores, and which is summed up?",
        "k holds keys and v holds values.",
    ),
}
UPDATE = {
    "maximum-of-tile": Reason(
        "maximum",
        "The new maximum is this tile's alone; what came before is forgotten.",
        "The first tile held the largest score of all. Which number is subtracted in the next one?",
        "the largest score that each query has met so far, this tile included.",
    ),
    "maximum-of-whole-tile": Reason(
        "maximum",
        "All queries of the tile share one maximum.",
        "Two queries, one with scores near 100, one near -100: what is exp of the second's?",
        "each query has a maximum of its own.",
    ),
    "no-maximum": Reason(
        "maximum",
        "No maximum is subtracted before the exponential.",
        "What is exp of 300 in float32, and of -300?",
        "the largest exponent of each query is 0.",
    ),
    "maximum-not-carried": Reason(
        "carry",
        "The new maximum never gets into `m_i`, so the next tile starts without it.",
        "What does the next tile find in `m_i`, and what does it need?",
        "the next tile finds the maximum of all tiles so far.",
    ),
    "acc-not-rescaled": Reason(
        "rescale",
        "`acc` isn't rescaled when the maximum moves; `l_i` is.",
        OLD_SCALE,
        "acc and l_i are both relative to the new maximum before the tile is added.",
    ),
    "l-not-rescaled": Reason(
        "rescale",
        "`l_i` isn't rescaled when the maximum moves; `acc` is.",
        OLD_SCALE,
        "acc and l_i are both relative to the new maximum before the tile is added.",
    ),
    "nothing-rescaled": Reason(
        "rescale",
        "Neither `acc` nor `l_i` is rescaled when the maximum moves.",
        OLD_SCALE,
        "acc and l_i are both relative to the new maximum before the tile is added.",
    ),
    "rescaled-twice": Reason(
        "rescale",
        "The old sum is rescaled twice in one tile.",
        "How often does the maximum move in one tile, and how often do you multiply?",
        "each old sum meets the factor exactly once.",
    ),
    "factor-inverted": Reason(
        "factor",
        "The factor is turned round: old sums grow when the maximum moves up.",
        "A larger maximum is subtracted now. Do old weights get larger or smaller?",
        "a factor that is never above 1.",
    ),
    "factor-wrong-base": Reason(
        "factor",
        "The factor is an exponential of another base than the weights.",
        ONE_BASE,
        "the factor undoes the old maximum exactly.",
    ),
    "rescaled-too-late": Reason(
        "accumulate",
        "The tile is added first and the sum is rescaled after that, the new part too.",
        "The new weights are relative to the new maximum already. What does a factor do to them?",
        "old sums are rescaled, and only then is the tile added.",
    ),
    "p-wrong-base": Reason(
        "weights",
        "The weights `p` are exponentials of another base than the scores.",
        ONE_BASE,
        "weights in the base that the scores are in.",
    ),
    "base-e-on-base-2": Reason(
        "weights",
        "The scores are in base 2, and the exponentials are in base e.",
        ONE_BASE,
        "exponentials in the base that the scores are in.",
    ),
    "scores-wrong-base": Reason(
        "weights",
        "The scores are in another base than the exponentials.",
        ONE_BASE,
        "one base from the scores to the weights.",
    ),
    "scaled-twice": Reason(
        "scores",
        "The scores are scaled twice.",
        "Where do the scores meet the factor for the first time?",
        "scores that have met the scale once.",
    ),
    "maximum-unscaled": Reason(
        "maximum",
        "The maximum of the scores is not scaled; the exponents are.",
        "m_i is subtracted from scaled scores. In which units must it be?",
        "a maximum in base 2, as the exponents are.",
    ),
    "scale-missing": Reason(
        "scale",
        "The scores are not scaled.",
        "How does the size of a dot product grow with D?",
        "scores that have met the scale once.",
    ),
    "old-maximum-in-p": Reason(
        "weights",
        "The weights `p` are relative to the old maximum.",
        "How large can p become when this tile holds the largest score?",
        "no weight is above 1.",
    ),
    "normalised-per-tile": Reason(
        "weights",
        "Each tile's weights are divided by their own sum.",
        "Two tiles, one with high and one with low scores: do both deserve the same weight?",
        "weights that are not normalised; the one division comes at the very end.",
    ),
    "normalised-too-early": Reason(
        "weights",
        "The weights are divided by the running sum inside the loop.",
        "Is the running sum complete before the last tile?",
        "weights that are not normalised; the one division comes at the very end.",
    ),
    "acc-not-accumulated": Reason(
        "accumulate",
        "`acc` keeps this tile's part alone; the tiles before are lost.",
        "What must acc hold after the second tile?",
        "this tile's part is added to what is there.",
    ),
    "l-not-accumulated": Reason(
        "sum",
        "`l_i` is this tile's sum alone; the tiles before are lost.",
        "What must l_i hold after the second tile?",
        "this tile's sum is added to what is there.",
    ),
    "not-accumulated": Reason(
        "accumulate",
        "Only the last tile is left in `acc` and `l_i`; the tiles before are lost.",
        "What must both hold after the second tile?",
        "this tile's parts are added to what is there.",
    ),
    "acc-not-added": Reason(
        "accumulate",
        "This tile's values never get into `acc`.",
        "Which product brings the values in?",
        "the weighted values of this tile are added to acc.",
    ),
    "l-not-added": Reason(
        "sum",
        "This tile's weights never get into `l_i`.",
        "What is the result divided by at the end?",
        "the sum of this tile's weights is added to l_i.",
    ),
    "added-twice": Reason(
        "accumulate",
        "This tile's values are added twice to `acc`.",
        "How often is each key met?",
        "each tile is added once.",
    ),
    "l-wrong-sum": Reason(
        "sum",
        "What is added to `l_i` is not the sum of the tile's weights.",
        "If all weights of a tile were 1, what must l_i grow by?",
        "l_i grows by the sum of this tile's weights, once.",
    ),
    "epsilon-in-sum": Reason(
        "sum",
        "A small number is added to `l_i` in every tile.",
        "Can l_i be 0 when the largest weight is 1?",
        "the sum of the weights and nothing else.",
    ),
    "scores-16-bit": Reason(
        "scores", "The scores are rounded to 16 bits.", FLOAT32, "scores in float32."
    ),
    "acc-16-bit": Reason(
        "accumulate",
        "`acc` is rounded to 16 bits in every tile.",
        FLOAT32,
        "a sum in float32 up to the end.",
    ),
    "l-16-bit": Reason(
        "sum",
        "`l_i` is rounded to 16 bits in every tile.",
        FLOAT32,
        "a sum in float32 up to the end.",
    ),
}
FORWARD = MASK | UPDATE | READING
