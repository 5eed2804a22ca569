"""What to tell of each kind of mistake in a backward pass."""

from __future__ import annotations

from ...witness import Reason
from .reasons import FORWARD

BASES = "p is exp2 of scores minus lse. In which base must both be?"
REBUILD = "Forward, p was 0 for such a pair. What must it be when it is rebuilt?"
CHAIN = (
    "What is the derivative of softmax? Which number per query does it subtract, and inside what?"
)
WINDOW = "Query 10, a window of 4: which keys does it see? Which is the oldest?"
TURNED = "Key 10, a window of 4: which queries see it? Which is the last?"
WHOSE = "Which two tensors meet in this product? Write down their shapes."
ADDS = "What must the sum hold after the second tile?"
PAIRS = "A pair that the window shows is counted elsewhere. Which pairs are left for this kernel?"


def role(name: str, sentence: str, question: str, goal: str) -> Reason:
    return Reason(name, sentence, question, goal)


BACKWARD = {
    **{kind: FORWARD[kind] for kind in ("mask-zero", "mask-not-inf", "scores-16-bit")},
    "lse-without-sum": role(
        "lse", "`lse` lacks the sum.", BASES, "exp2(qk - lse) is p, divided by the row's sum."
    ),
    "lse-without-maximum": role(
        "lse", "`lse` lacks the maximum.", BASES, "exp2(qk - lse) is p, divided by the row's sum."
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
    "delta-outside-p": role(
        "ds",
        "delta is subtracted after the product with p, not before it.",
        CHAIN,
        "a pair with p = 0 has ds = 0.",
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
    "sinks-forgotten-in-dq": role(
        "mask",
        "The sinks outside the window are left out.",
        REBUILD,
        "the mask of the forward pass.",
    ),
    "window-missing-in-dq": role(
        "mask",
        "Keys that are too old for the window still count.",
        REBUILD,
        "the mask of the forward pass.",
    ),
    "mask-transposed": role(
        "mask",
        "Keys and queries have changed places in the mask.",
        "Which axis do keys run along in this tile?",
        "query positions first, key positions second.",
    ),
    "seen-ignored": role(
        "mask", "`seen` is not used: hidden pairs count.", REBUILD, "a hidden pair gives nothing."
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
        "The last, shorter query tile is left out.",
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
    "first-rounds-up": role(
        "first",
        "window_start is rounded up, so a tile with visible keys is left out.",
        WINDOW,
        "the start of the tile that holds the oldest key.",
    ),
    "first-not-rounded": role(
        "first",
        "window_start is no multiple of the tile.",
        WINDOW,
        "the start of the tile that holds the oldest key.",
    ),
    "first-below-zero": role(
        "first",
        "window_start can be below 0.",
        "What does the window of query 0 hold?",
        "no key before the sequence is asked for.",
    ),
    "first-by-last-query": role(
        "first",
        "window_start follows the last query of the tile.",
        "Which query of the tile sees furthest back?",
        "the start of the tile that holds the oldest key.",
    ),
    "first-off-by-one": role(
        "first",
        "window_start is made from a key that is one too young.",
        WINDOW,
        "the start of the tile that holds the oldest key.",
    ),
    "first-wrong": role(
        "first",
        "window_start lies behind the oldest visible key.",
        WINDOW,
        "the start of the tile that holds the oldest key.",
    ),
    "inside-rounds-down": role(
        "inside",
        "whole_start is rounded down, so a tile on the edge gets no mask.",
        WINDOW,
        "from here on all see all.",
    ),
    "inside-by-first-query": role(
        "inside",
        "whole_start follows the first query of the tile.",
        "Which query is the first to lose sight of an old key?",
        "from here on all see all.",
    ),
    "inside-beyond-diagonal": role(
        "inside",
        "whole_start can lie beyond the diagonal.",
        "Where do the tiles without a mask end?",
        "never beyond start_m.",
    ),
    "inside-wrong": role(
        "inside", "whole_start comes too early.", WINDOW, "from here on all see all."
    ),
    "edge-not-masked": role(
        "inside", "No tile is taken for the window's edge.", WINDOW, "from here on all see all."
    ),
    "query-end-too-early": role(
        "end",
        "window_end comes too early: queries that see these keys are left out.",
        TURNED,
        "one beyond the last query that sees the tile's last key.",
    ),
    "query-end-beyond-n": role(
        "end",
        "window_end can lie beyond the sequence.",
        "Which query is the last one there is?",
        "never beyond N.",
    ),
    "whole-end-too-late": role(
        "whole",
        "whole_end comes too late: tiles that need a mask get none.",
        TURNED,
        "up to here every query sees every key of the tile.",
    ),
    "whole-end-not-rounded": role(
        "whole",
        "whole_end is no end of a query tile.",
        "Where does the loop's last whole tile end?",
        "the end of a whole tile.",
    ),
    "sinks-twice": role(
        "seen",
        "Pairs inside the window count as sinks too.",
        PAIRS,
        "pairs that are visible only because the key is a sink.",
    ),
    "sinks-window-off-by-one": role(
        "seen",
        "The border between window and sinks is one query off.",
        PAIRS,
        "each visible pair counts in one kernel.",
    ),
    "sinks-not-masked": role(
        "seen",
        "Keys that are no sinks count here.",
        PAIRS,
        "pairs that are visible only because the key is a sink.",
    ),
    "sink-one-too-many": role(
        "seen",
        "One key after the last sink counts as a sink.",
        PAIRS,
        "the first keys, as many as there are sinks.",
    ),
    "sinks-not-added": role(
        "add", "The sink tile never gets into dk and dv.", ADDS, "this tile is added to both sums."
    ),
    "region-wrong": role(
        "",
        "What this region leaves behind is not what it should be.",
        "Take one pair: which number do you expect?",
        "each variable holds what its comment says.",
    ),
}
