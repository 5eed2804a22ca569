"""What to tell of mistakes in the kernels with a window."""

from __future__ import annotations

from ...witness import Reason

EXACT_EDGE = "Query 10, a window of 4: which keys does it see? Which is the oldest?"
LIMIT_REASONS = {
    "first-rounds-up": Reason(
        "first",
        "`first` is rounded up, so a tile that holds visible keys is left out.",
        "The oldest key lies inside a tile. Which end of that tile must the loop begin at?",
        "the start of the tile that holds the oldest key of any query.",
    ),
    "first-not-rounded": Reason(
        "first",
        "`first` is no multiple of the tile.",
        "Where do the tiles that the other loops visit begin?",
        "the start of the tile that holds the oldest key.",
    ),
    "first-below-zero": Reason(
        "first",
        "`first` can be below 0.",
        "What does the window of query 0 hold?",
        "no key before the sequence is asked for.",
    ),
    "first-by-last-query": Reason(
        "first",
        "`first` follows the last query of the tile, not the first one.",
        "Which query of the tile sees furthest back?",
        "the start of the tile that holds the oldest key of any query.",
    ),
    "first-off-by-one": Reason(
        "first",
        "`first` is made from a key that is one too young.",
        EXACT_EDGE,
        "the start of the tile that holds the oldest key of any query.",
    ),
    "first-wrong": Reason(
        "first",
        "`first` lies behind the oldest visible key.",
        EXACT_EDGE,
        "the start of the tile that holds the oldest key of any query.",
    ),
    "first-in-tiles": Reason(
        "first",
        "`first` counts tiles, not keys.",
        "Keys 64 to 95, tiles of 32: is the start of this tile 2, or is it 64?",
        "the position of the first key of a tile.",
    ),
    "inside-in-tiles": Reason(
        "inside",
        "`inside` counts tiles, not keys.",
        "Keys 64 to 95, tiles of 32: is the start of this tile 2, or is it 64?",
        "the position of the first key of a tile.",
    ),
    "inside-rounds-down": Reason(
        "inside",
        "`inside` is rounded down, so a tile on the edge gets no mask.",
        "A tile holds one key that is too old for the last query. Does it need the mask?",
        "from here on the last query sees every key of the tile.",
    ),
    "inside-by-first-query": Reason(
        "inside",
        "`inside` follows the first query of the tile, not the last one.",
        "Which query of the tile is the first to lose sight of an old key?",
        "from here on the last query sees every key of the tile.",
    ),
    "inside-wrong": Reason(
        "inside",
        "`inside` comes too early: tiles on the edge get no mask.",
        "Which query of the tile is the first to lose sight of an old key?",
        "from here on the last query sees every key of the tile.",
    ),
}
WINDOW_REASONS = {
    "edge-not-masked": Reason(
        "mask",
        "On the edge of the window, keys that are too old still count.",
        EXACT_EDGE,
        "a key older than the window has no weight.",
    ),
    "window-one-too-long": Reason(
        "mask", "The window is one key too long.", EXACT_EDGE, "a window of W keeps W keys."
    ),
    "window-one-too-short": Reason(
        "mask", "The window is one key too short.", EXACT_EDGE, "a window of W keeps W keys."
    ),
    "edge-by-tile": Reason(
        "mask",
        "All queries of the tile share the window of its first one.",
        "Query 10 and query 20 lie in one tile. Do they lose sight of the same keys?",
        "each query has a window of its own.",
    ),
    "mask-flipped": Reason(
        "mask",
        "The mask hides the recent keys and keeps the old ones.",
        EXACT_EDGE,
        "recent keys keep their scores.",
    ),
    "diagonal-window-missing": Reason(
        "diagonal",
        "On the diagonal, keys that are too old still count.",
        "Can a window be shorter than a tile?",
        "the window holds on the diagonal too.",
    ),
    "positions-of-rows": Reason(
        "mask",
        "Rows are taken for queries, but several heads share a tile.",
        "Row 16 of a tile with two heads: which query is it?",
        "each row goes by the position of its query.",
    ),
    "sinks-not-added": Reason(
        "sink-tile",
        "The sink tiles leave no trace in the sums.",
        "Does every key stay visible that should, and who takes what `_update` gives back?",
        "the sums know the sinks after this phase.",
    ),
    "sinks-twice": Reason(
        "sink-loop",
        "Some sinks count twice: here, and with the window's tiles again.",
        "A key before `sink_size` and also from `first` on: which phase meets it?",
        "every key is met in one phase only.",
    ),
    "sinks-one-tile": Reason(
        "sink-loop",
        "Only the first tile of sinks is visited.",
        "How many tiles do 100 sinks fill?",
        "all sinks before `first` are visited.",
    ),
    "sinks-missing": Reason(
        "sink-loop",
        "Some of the sinks are left out.",
        "Which sinks lie in the first tile, and which in the last, short one?",
        "all sinks before `first` are visited.",
    ),
    "sink-tile-not-masked": Reason(
        "sink-tile",
        "Keys that share a tile with the last sinks count as sinks.",
        "A tile has 16 keys and there are 4 sinks. What are the other 12?",
        "keys that are no sinks have no weight here.",
    ),
    "sink-one-too-many": Reason(
        "sink-tile",
        "One key after the last sink counts as a sink.",
        "With 4 sinks, what is the position of the last one?",
        "the first `sink_size` keys are sinks, no more.",
    ),
    "sinks-forgotten-on-edge": Reason(
        "mask",
        "On the window's edge, sinks are hidden as if they were too old.",
        "May a sink ever be too old?",
        "a past sink keeps its score.",
    ),
    "sinks-forgotten-on-diagonal": Reason(
        "diagonal",
        "On the diagonal, sinks are hidden as if they were too old.",
        "May a sink ever be too old?",
        "a past sink keeps its score.",
    ),
    "sinks-in-future": Reason(
        "diagonal",
        "Queries see sinks of their future.",
        "Key 3 is a sink. May query 1 look at it?",
        "the future is hidden, sinks included.",
    ),
    "window-counts-sinks": Reason(
        "mask",
        "The number of sinks changes the window's length.",
        "With a window of 3 and 2 sinks, which keys does query 9 see?",
        "the window keeps its length, and the first `sink_size` keys are seen besides.",
    ),
    "tile-stays": Reason(
        "values",
        "The loop's first tile is read again and again.",
        "The loop's second tile: what is the position of its first key, in k and in v?",
        "k and v hold the rows of this tile's keys.",
    ),
    "tiles-overlap": Reason(
        "sink-loop",
        "The tiles overlap: each begins one key after the one before.",
        "Tiles of 16 keys: at which key does the second one begin?",
        "the next tile begins where this one ends.",
    ),
    "sinks-by-tile": Reason(
        "mask",
        "Where a tile begins with a sink, all its keys count as sinks.",
        "A tile has 16 keys and there are 4 sinks. What are the other 12?",
        "a key is a sink by its own position.",
    ),
    "sinks-by-query": Reason(
        "mask",
        "Queries are asked whether they are sinks, but sinks are keys.",
        "Query 2 looks at key 40, query 40 at key 2: which of the two keys is a sink?",
        "a key is a sink by its own position.",
    ),
    "recent-and-sink": Reason(
        "sink-tile",
        "A key must be recent and a sink; one of the two is enough.",
        "A key of the window that is no sink: may the query see it?",
        "a key is hidden only if it is neither recent nor a sink.",
    ),
    "last-tile-only": Reason(
        "values",
        "Only the last tile of this loop gets into the sums.",
        "How often is the update called, and how often does the loop turn?",
        "each tile of the loop is added once.",
    ),
    "window-starts-late": Reason(
        "window-loop",
        "The window does not begin with its first tile.",
        "`first` is the start of a tile that holds visible keys. Where must the loop begin?",
        "every tile from `first` up to `diagonal` is met once.",
    ),
    "window-loop-too-short": Reason(
        "window-loop",
        "The last tile before the diagonal is left out.",
        "A range ends before its second number. Which is the last tile that the loop meets?",
        "every tile from `first` up to `diagonal` is met once.",
    ),
    "window-loop-too-far": Reason(
        "window-loop",
        "The loop over the window goes on into the diagonal, whose keys then count twice.",
        "Where does the next loop begin?",
        "every tile from `first` up to `diagonal` is met once.",
    ),
    "diagonal-starts-late": Reason(
        "diagonal-loop",
        "The first tile of the diagonal is left out.",
        "In which tile lies the first query's own key?",
        "the loop begins at the tile that holds the first query's own key.",
    ),
    "diagonal-starts-early": Reason(
        "diagonal-loop",
        "Tiles before the diagonal are met here again.",
        "Which tiles has the loop before this one met already?",
        "every key is met in one phase only.",
    ),
    "sink-tile-positions": Reason(
        "mask",
        "Sinks are looked for by their place in the tile.",
        "The second tile's first key: is it one of the first keys of the sequence?",
        "positions count from the start of the sequence.",
    ),
    "tiles-from-zero": Reason(
        "window-loop",
        "The window's tiles begin at key 0, where the sinks have been counted already.",
        "Which tiles has the phase before this one visited?",
        "the loop begins at `first`.",
    ),
    "window-not-added": Reason(
        "window-loop",
        "The window's tiles leave no trace in the sums.",
        "Does every key stay visible that should, and who takes what `_update` gives back?",
        "the sums know the window after this phase.",
    ),
    "last-tile-missing": Reason(
        "diagonal-loop",
        "Not all tiles on the diagonal are visited.",
        "How many key tiles does one tile of queries touch?",
        "the loop goes on until the last query's own key.",
    ),
    "keys-twice": Reason(
        "sink-loop",
        "Some keys count twice.",
        "Which phases meet such a key?",
        "every key is met in one phase only.",
        vague=True,
    ),
}
