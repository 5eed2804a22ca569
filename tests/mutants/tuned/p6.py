"""p6: wrong sliding windows."""

from functools import partial

from ..form import wrong

window = partial(wrong, "p6", "window edges")
mask = partial(wrong, "p6", "masking")

OLDEST = "oldest = tl.maximum(start_m - (window_size - 1), 0)"
FIRST = "first = oldest // BLOCK_N * BLOCK_N"
WHOLE = "whole_from = tl.maximum(start_m + BLOCK_Q - window_size, 0)"
INSIDE = "inside = tl.minimum(tl.cdiv(whole_from, BLOCK_N) * BLOCK_N, diagonal)"
DISTANCE = "distance = offs_m[:, None] - (start_n + offs_n[None, :])"
EDGE = 'qk = tl.where(distance < window_size, qk, float("-inf"))'
VISIBLE = "visible = (distance >= 0) & (distance < window_size)"
HIDE = 'qk = tl.where(visible, qk, float("-inf"))'

MUTANTS = (
    window(
        "window-one-too-long", "p6.2 step 3", "a window of W keeps W + 1 keys",
        "counts the keys before its own",
        (EDGE, EDGE.replace("<", "<=")),
        ("p6.3", VISIBLE, VISIBLE.replace("< window", "<= window")),
    ),
    window(
        "window-one-too-short", "p6.2 step 3", "a window of W keeps W - 1 keys",
        "subtracts one to be safe",
        (EDGE, EDGE.replace("window_size", "window_size - 1")),
        ("p6.3", VISIBLE, VISIBLE.replace("window_size", "window_size - 1")),
    ),
    window(
        "window-one-too-long", "p6.2 step 3", "one key too many on the edge alone",
        "<= for <, once", (EDGE, EDGE.replace("<", "<=")),
    ),
    window(
        "window-one-too-long", "p6.3 step 4", "one key too many on the diagonal alone",
        "<= for <, once", (VISIBLE, VISIBLE.replace("< window", "<= window")),
    ),
    window(
        "first-rounds-up", "p6.1 step 1", "the window begins a tile late",
        "rounds up to stay inside", (FIRST, "first = tl.cdiv(oldest, BLOCK_N) * BLOCK_N"),
    ),
    window(
        "first-not-rounded", "p6.1 step 1", "first is no multiple of the tile",
        "starts at the key itself", (FIRST, "first = oldest"),
    ),
    window(
        "first-below-zero", "p6.1 step 1", "first may be negative",
        "leaves out the maximum with 0", (OLDEST, "oldest = start_m - (window_size - 1)"),
    ),
    window(
        "first-by-last-query", "p6.1 step 1", "first follows the tile's last query",
        "takes the wrong end of the query tile",
        (OLDEST, "oldest = tl.maximum(start_m + BLOCK_Q - window_size, 0)"),
    ),
    window(
        "first-off-by-one", "p6.1 step 1", "the oldest key is one too young",
        "forgets the query's own key",
        (OLDEST, "oldest = tl.maximum(start_m - (window_size - 2), 0)"),
    ),
    window(
        "inside-rounds-down", "p6.1 step 2", "inside rounds down",
        "rounds both the same way",
        (INSIDE, "inside = tl.minimum(whole_from // BLOCK_N * BLOCK_N, diagonal)"),
    ),
    window(
        "inside-by-first-query", "p6.1 step 2", "inside follows the tile's first query",
        "takes the wrong end of the query tile", (WHOLE, "whole_from = oldest"),
    ),
    window(
        "edge-not-masked", "p6.1 step 2", "no tile is taken for an edge",
        "thinks that `first` cuts the window exactly", (INSIDE, "inside = first"),
    ),
    window(
        "edge-not-masked", "p6.2 step 3", "the edge has no mask",
        "leaves it for later", (EDGE, "qk = qk"),
    ),
    window(
        "edge-by-tile", "p6.2 step 3", "the edge is that of the tile's first query, for all",
        "uses start_m for offs_m", (DISTANCE, DISTANCE.replace("offs_m[:, None]", "start_m")),
    ),
    window(
        "diagonal-window-missing", "p6.3 step 4", "old keys are visible on the diagonal",
        "thinks that a window is longer than a tile", (VISIBLE, "visible = distance >= 0"),
    ),
    mask(
        "causal-missing", "p6.3 step 4", "the future is visible on the diagonal",
        "copies the edge mask", (VISIBLE, "visible = distance < window_size"),
    ),
    mask(
        "causal-hides-own-key", "p6.3 step 4", "the query's own key is hidden",
        "> for >=", (VISIBLE, VISIBLE.replace(">= 0", "> 0")),
    ),
    mask(
        "causal-one-too-many", "p6.3 step 4", "the next key is still visible",
        "off by one", (VISIBLE, VISIBLE.replace(">= 0", ">= -1")),
    ),
    mask(
        "positions-of-rows", "p6.3 step 4", "rows count as queries, whatever their head",
        "takes offs_m for start_m + arange",
        (DISTANCE,
         DISTANCE.replace("offs_m[:, None]", "(start_m + tl.arange(0, BLOCK_M))[:, None]")),
    ),
    mask(
        "mask-tile-positions", "p6.2 step 3", "keys count from the tile's start on the edge",
        "forgets start_n", (DISTANCE, "distance = offs_m[:, None] - offs_n[None, :]"),
    ),
    mask(
        "mask-not-inf", "p6.2 step 3", "old keys get -1e4",
        "takes a large number for infinity",
        (EDGE, EDGE.replace('float("-inf")', "-1.0e4")),
        ("p6.3", HIDE, HIDE.replace('float("-inf")', "-1.0e4")),
    ),
    mask(
        "mask-zero", "p6.2 step 3", "old keys get the score 0",
        "masks the scores as if they were weights", (EDGE, EDGE.replace('float("-inf")', "0.0")),
    ),
    mask(
        "mask-flipped", "p6.2 step 3", "the edge keeps the old and hides the recent",
        "swaps the sides of tl.where",
        (EDGE, 'qk = tl.where(distance < window_size, float("-inf"), qk)'),
    ),
)  # fmt: skip
