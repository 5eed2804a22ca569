"""What to tell of each mistake in a tiled softmax."""

from __future__ import annotations

from ...witness import Reason
from .mask_reasons import MASK

OLD_SCALE = (
    "What was summed before is relative to the old maximum. What must happen to it when the "
)
OLD_SCALE += "maximum grows?"
ONE_BASE = "Do all the scores, the maximum and every exponential here speak the same base?"
FLOAT32 = "How many digits does a 16-bit number keep, and how many terms are added here?"
STRIDE = "Each tensor has strides of its own. Whose are used to reach this one's rows?"
READING = {
    "values-wrong": Reason(
        "values",
        "What is added to `acc` is not the weights times the values.",
        "Where do k and v begin, and by which strides do you reach their rows?",
        "k and v of these very keys, each by its own strides.",
        vague=True,
    ),
    "update-wrong": Reason(
        "",
        "After this tile a sum is not what it must be.",
        "Take one query. Which number do you expect after the first tile, and after the second?",
        "l_i is the sum of all weights so far, acc that of the weighted values.",
        vague=True,
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
    "maximum-wrong-axis": Reason(
        "maximum",
        "The maximum runs along the wrong axis of the tile.",
        "Queries run down, keys run along. Over which of the two is the maximum of a query?",
        "each query has a maximum of its own, over the keys.",
    ),
    "maximum-broadcast-wrong": Reason(
        "weights",
        "The maximum is subtracted along the wrong axis: query i's from key i.",
        "m_new is one number per query. Which axis of the tile must it be spread over?",
        "each row meets its own maximum.",
    ),
    "old-maximum-scaled": Reason(
        "maximum",
        "The old maximum is scaled again in every tile.",
        "In which units is m_i already, and in which are this tile's raw scores?",
        "two maxima in the same units are compared.",
    ),
    "maximum-clamped": Reason(
        "maximum",
        "The maximum never falls below 0.",
        "All scores of a query lie below -1000. What is exp of them, minus a maximum of 0?",
        "the largest score that each query has met, however low it is.",
    ),
    "maximum-scaled-again": Reason(
        "weights",
        "The maximum is scaled once more where it is subtracted.",
        "In which units is m_new already?",
        "weights whose largest value is 1.",
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
    "factor-overflows": Reason(
        "factor",
        "The factor is NaN where the maxima are far from 0.",
        "What is exp of 300 in float32, and of -300? Which of them does the factor really need?",
        "one exponential of the difference of two maxima.",
    ),
    "factor-of-tile": Reason(
        "factor",
        "The factor leads to this tile's maximum, not to the new one.",
        "This tile's scores are all low. By how much must the old sums shrink?",
        "a factor that is never above 1.",
    ),
    "factor-scaled-again": Reason(
        "factor",
        "The factor's exponent is scaled once more than the maxima are.",
        "The maxima are scaled scores already. What is left to do to their difference?",
        "the factor undoes the old maximum exactly.",
    ),
    "factor-on-new-part": Reason(
        "accumulate",
        "The factor meets this tile's part, not what was summed before.",
        OLD_SCALE,
        "old sums are rescaled, and only then is the tile added.",
    ),
    "factor-wrong-base": Reason(
        "factor",
        "The factor is an exponential of another base than the weights.",
        ONE_BASE,
        "the factor undoes the old maximum exactly.",
    ),
    "rescaled-too-late": Reason(
        "accumulate",
        "The factor meets this tile's part too, as if the tile had been added before it.",
        "The new weights are relative to the new maximum already. What does a factor do to them?",
        "old sums are rescaled, and only then is the tile added.",
    ),
    "part-by-tile": Reason(
        "accumulate",
        "This tile's part is relative to the tile's own maximum, not to the new one.",
        "The first tile held the largest score. What must the second tile's weights be shrunk by?",
        "old sums and the new part are relative to the same maximum.",
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
    "p-inverted": Reason(
        "weights",
        "The exponent is turned round: the lowest score gets the largest weight.",
        "Which is the larger one, a score or the maximum, and which sign has the exponent?",
        "no weight is above 1.",
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
    "old-sum-twice": Reason(
        "accumulate",
        "What was summed before is added to itself in every tile.",
        "After two tiles of weight 1: how often is the first one in the sum?",
        "the old sum is kept once, and the tile is added to it.",
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
