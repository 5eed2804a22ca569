"""What to tell of each mistake in a mask."""

from __future__ import annotations

from ...witness import Reason

NO_KEY = "Which number is weightless after exp, and why does 0 not do?"
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
        vague=True,
    ),
    "visible-keys-missing": Reason(
        "mask",
        "Some keys are hidden that should be seen.",
        "Take one query and write down the keys it may see. Does your condition say the same?",
        "every key that a query may see has its weight.",
        vague=True,
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
    "mask-flipped": Reason(
        "mask",
        "The mask hides the keys that are there.",
        "Which of its last two arguments does a where take if the condition holds?",
        "scores that are seen stay, the others become -inf.",
    ),
    "mask-by-first-query": Reason(
        "mask",
        "All queries of the tile get the mask of its first one.",
        "Two queries of one tile: do they see the same keys?",
        "each query's own position is compared with each key's.",
    ),
    "mask-by-last-query": Reason(
        "mask",
        "All queries of the tile get the mask of its last one.",
        "Two queries of one tile: do they see the same keys?",
        "each query's own position is compared with each key's.",
    ),
    "causal-bottom-right": Reason(
        "mask",
        "The mask counts from the last corner: it is shifted by Nk - Nq.",
        "Where Nk is not Nq, which keys does query 0 see with your mask?",
        "key j is seen by query i when j <= i, whatever the lengths.",
    ),
}
