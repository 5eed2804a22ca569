"""What to tell of each kind of mistake in a backward pass."""

from __future__ import annotations

from ...witness import Reason
from .reasons import FORWARD

BASES = "p is exp2 of scores minus lse. In which base must both be?"
REBUILD = "Forward, p was 0 for such a pair. What must it be when it is rebuilt?"
CHAIN = (
    "What is the derivative of softmax? Which number per query does it subtract, and inside what?"
)
WHOSE = "Which two tensors meet in this product? Write down their shapes."
ADDS = "What must the sum hold after the second tile?"


role = Reason


BY_ONE = ("mask-by-first-query", "mask-by-last-query")
REUSED = ("mask-zero", "mask-not-inf", "scores-16-bit", *BY_ONE)
BACKWARD = {
    **{kind: FORWARD[kind] for kind in REUSED},
    "lse-without-sum": role(
        "lse", "`lse` lacks the sum.", BASES, "exp2(qk - lse) is p, divided by the row's sum."
    ),
    "lse-without-maximum": role(
        "lse", "`lse` lacks the maximum.", BASES, "exp2(qk - lse) is p, divided by the row's sum."
    ),
    "lse-multiplied": role(
        "lse",
        "The maximum and the logarithm of the sum are multiplied.",
        BASES,
        "exp2(qk - lse) is p, divided by the row's sum.",
    ),
    "lse-without-log": role(
        "lse",
        "The sum is added to the maximum; its logarithm belongs there.",
        BASES,
        "exp2(qk - lse) is p, divided by the row's sum.",
    ),
    "lse-sign": role(
        "lse",
        "The logarithm of the sum is subtracted.",
        BASES,
        "exp2(qk - lse) is p, divided by the row's sum.",
    ),
    "lse-wrong-base": role(
        "lse", "`lse` mixes two bases.", BASES, "maximum and logarithm in base 2."
    ),
    "p-wrong-base": role(
        "weights",
        "p is rebuilt by an exponential of another base than lse.",
        BASES,
        "p as in the forward pass, already divided.",
    ),
    "scale-missing": role(
        "scores",
        "The scores are rebuilt without their scale.",
        "By what were they multiplied in the forward pass?",
        "the very scores of the forward pass.",
    ),
    "delta-missing": role("ds", "delta is not subtracted.", CHAIN, "each row of ds sums up to 0."),
    "delta-sign": role(
        "ds", "delta is added, not subtracted.", CHAIN, "each row of ds sums up to 0."
    ),
    "delta-on-p": role(
        "ds", "delta is subtracted from p, not from dp.", CHAIN, "each row of ds sums up to 0."
    ),
    "delta-wrong-size": role(
        "delta",
        "delta is a mean; it must be a sum.",
        "delta is the sum of p times dp over all keys. Why is do times o, summed, the same?",
        "one sum over D per query.",
    ),
    "delta-broadcast-wrong": role(
        "ds",
        "delta runs along the keys: query i's meets key i.",
        "delta is one number per query. Along which axis do the queries run here?",
        "each query meets its own delta.",
    ),
    "lse-broadcast-wrong": role(
        "weights",
        "lse runs along the keys: query i's meets key i.",
        "lse is one number per query. Along which axis do the queries run here?",
        "each query meets its own lse.",
    ),
    "normalised-per-tile": role(
        "weights",
        "p is divided by the tile's sum; lse has divided it already.",
        "What is the sum of p over all keys, and over those of one tile?",
        "p as in the forward pass, already divided.",
    ),
    "dp-scaled": role(
        "dp",
        "dp is scaled.",
        "Which of the two products held the scale in the forward pass?",
        "do against v, as it is.",
    ),
    "scaled-twice": role(
        "scores",
        "The scores are scaled twice.",
        "Where do the scores meet the factor for the first time?",
        "scores that have met the scale once.",
    ),
    "gradient-sign": role("add", "The gradient has the wrong sign.", ADDS, "the tile is added."),
    "dk-from-p": role(
        "dk", "dk is made from p, not from ds.", WHOSE, "dk adds ds times the queries."
    ),
    "dv-from-dp": role("dv", "dv is made from dp, not from p.", WHOSE, "dv adds p times do."),
    "ds-transposed": role(
        "add", "ds is turned round before the product.", WHOSE, "each query's row meets the keys."
    ),
    "delta-outside-p": role(
        "ds",
        "delta is subtracted after the product with p, not before it.",
        CHAIN,
        "a pair with p = 0 has ds = 0.",
    ),
    "dv-before-mask": role(
        "dv",
        "dv takes the weights before the hidden pairs are out of them; dk does not.",
        "A query does not see a key. What may its do give to that key's dv?",
        "a hidden pair gives nothing to dv.",
    ),
    "delta-of-tile": role(
        "ds",
        "delta is summed over this tile's keys alone.",
        "The softmax runs over all keys of a query. Over which of them must delta run?",
        "the one delta per query that is there already.",
    ),
    "ds-without-p": role("ds", "p is missing in ds.", CHAIN, "a pair with p = 0 has ds = 0."),
    "dp-from-wrong-tensor": role(
        "dp",
        "dp is made from a wrong pair of tensors.",
        WHOSE,
        "how the loss moves with each weight.",
    ),
    "gradient-scaled-twice": role(
        "ds",
        "The scale is put in here, and once more at the very end.",
        "Where does the given code multiply by the scale?",
        "an unscaled sum; the scale comes at the end.",
    ),
    "causal-missing": role(
        "mask",
        "Pairs of the future count: the mask is missing.",
        REBUILD,
        "a hidden pair gives nothing.",
    ),
    "causal-hides-own-key": role(
        "mask",
        "A query's own key is hidden.",
        "Key 3 and query 3: past, present or future?",
        "the mask of the forward pass.",
    ),
    "causal-one-too-many": role(
        "mask", "A query sees one key of its future.", REBUILD, "the mask of the forward pass."
    ),
    "causal-flipped": role(
        "mask",
        "The mask is the wrong way round: the past is hidden.",
        "Which axis do keys run along in this tile?",
        "a key after its query is hidden.",
    ),
    "mask-tile-positions": role(
        "diagonal",
        "The mask compares positions inside the tile, not positions in the sequence.",
        "The second tile's first query: what is its position in the sequence?",
        "both positions count from the start of the sequence.",
    ),
    "dq-from-wrong-tensor": role(
        "add-q", "dq adds ds times a wrong tensor.", WHOSE, "ds times the keys."
    ),
    "dk-from-wrong-tensor": role(
        "dk", "dk adds ds times a wrong tensor.", WHOSE, "ds times the queries."
    ),
    "dv-from-wrong-tensor": role("dv", "dv adds p times a wrong tensor.", WHOSE, "p times do."),
    "dv-from-ds": role(
        "dv",
        "dv is made from ds; it wants p.",
        "O is p times V. What is the derivative with respect to V?",
        "p times do.",
    ),
    "gradient-not-accumulated": role(
        "add",
        "Only the last tile is left; those before are lost.",
        ADDS,
        "this tile is added to what is there.",
    ),
    "gradient-not-added": role(
        "add", "This tile never gets into the sum.", ADDS, "this tile is added to what is there."
    ),
    "gradient-16-bit": role(
        "add",
        "The sum is rounded to 16 bits in every tile.",
        FORWARD["acc-16-bit"].question,
        "a sum in float32 up to the end.",
    ),
    "delta-16-bit": role(
        "delta",
        "delta is summed up in 16 bits.",
        FORWARD["acc-16-bit"].question,
        "products and sum in float32.",
    ),
    "delta-from-wrong-tensor": role(
        "delta",
        "delta is made from a wrong pair of tensors.",
        "Which two rows of a query meet in delta?",
        "the sum of do times o.",
    ),
    "diagonal-only": role(
        "later",
        "The query tiles after the diagonal are left out.",
        "Which queries see key 0?",
        "all queries from this tile's own on.",
    ),
    "tile-skipped": role(
        "later",
        "The first tile after the diagonal is left out.",
        "Where does the diagonal end, and where must the next loop begin?",
        "every query tile from the diagonal on is met once.",
    ),
    "diagonal-first-tile-only": role(
        "diagonal",
        "Only the first query tile on the diagonal is met.",
        "A tile of keys can be longer than a tile of queries. How many of those touch it?",
        "every query tile from the diagonal on is met once.",
    ),
    "diagonal-twice": role(
        "later",
        "The diagonal counts twice.",
        "Where does the first loop end?",
        "each query tile is met once.",
    ),
    "diagonal-missing": role(
        "diagonal",
        "The tiles on the diagonal are left out.",
        "Which keys do the queries of this very tile see?",
        "all queries from this tile's own on.",
    ),
    "diagonal-not-masked": role(
        "diagonal",
        "The tiles on the diagonal are not masked.",
        REBUILD,
        "on the diagonal the future is hidden.",
    ),
    "last-tile-missing": role(
        "later",
        "The last query tile is left out.",
        "How many tiles do 100 queries fill?",
        "the loop goes on to the last query.",
    ),
    "loop-missing": role(
        "diagonal", "No query tile gets into dk and dv.", ADDS, "all query tiles are added."
    ),
    "pointer-not-advanced": role(
        "later",
        "A query tile is added that is not the one whose turn it is.",
        "After one tile, where do q_base and do_base point?",
        "both move on by one tile, in both loops.",
    ),
    "region-wrong": role(
        "",
        "What this region leaves behind is not what it should be.",
        "Take one pair: which number do you expect?",
        "each variable holds what its comment says.",
        vague=True,
    ),
}
