"""What to tell of windows and sinks in a backward pass."""

from __future__ import annotations

from ...witness import Reason as role
from .backward_reasons import ADDS, REBUILD

WINDOW = "Query 10, a window of 4: which keys does it see? Which is the oldest?"
TURNED = "Key 10, a window of 4: which queries see it? Which is the last?"
PAIRS = "A pair that the window shows is counted elsewhere. Which pairs are left for this kernel?"
BACKWARD_WINDOW = {
    "mask-flipped": role(
        "mask",
        "What is seen is hidden, and the other way round.",
        "Which of the last two arguments of tl.where is taken where the condition holds?",
        "scores that are seen stay, the others become -inf.",
    ),
    "window-and-sink-swapped": role(
        "mask",
        "Window and sinks have changed places in the mask.",
        "In which order does the helper take the two numbers?",
        "the window's length and the number of sinks, each in its place.",
    ),
    "window-one-too-long": role(
        "mask", "The window is one key too long.", WINDOW, "as many keys as the window is long."
    ),
    "window-one-too-short": role(
        "mask", "The window is one key too short.", WINDOW, "as many keys as the window is long."
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
        vague=True,
    ),
    "inside-rounds-down": role(
        "inside",
        "whole_start comes one tile too early: a tile on the edge gets no mask.",
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
        "inside",
        "whole_start comes too early.",
        WINDOW,
        "from here on all see all.",
        vague=True,
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
    "sinks-flipped": role(
        "seen",
        "Pairs inside the window count here, and the others do not.",
        PAIRS,
        "pairs that are visible only because the key is a sink.",
    ),
    "first-in-tiles": role(
        "first",
        "window_start counts tiles, not keys.",
        "Keys 64 to 95, tiles of 32: is the start of this tile 2, or is it 64?",
        "the position of the first key of a tile.",
    ),
    "inside-in-tiles": role(
        "inside",
        "whole_start counts tiles, not keys.",
        "Keys 64 to 95, tiles of 32: is the start of this tile 2, or is it 64?",
        "the position of the first key of a tile.",
    ),
    "sinks-not-masked": role(
        "seen",
        "No pair is hidden here: those of the window and of the future count too.",
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
}
