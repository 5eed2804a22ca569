"""p6: wrong windows, for measuring."""

from functools import partial

from ..form import free, wrong

limits = partial(wrong, "p6", "limits of the loops")
mask = partial(wrong, "p6", "masking")
rewritten = partial(free, "p6", "written anew")

MUTANTS = (
    limits(
        "first-off-by-one",
        "p6.1 step 1",
        "the window starts one key late",
        "does not count the query's own key",
        ("(window_size - 1)", "(window_size - 2)"),
    ),
    limits(
        "first-by-last-query",
        "p6.1 step 1",
        "the window of the last query",
        "takes the tile's end for its start",
        ("start_m - (window_size - 1)", "start_m + BLOCK_Q - window_size"),
    ),
    limits(
        "first-not-rounded",
        "p6.1 step 1",
        "starts in the middle of a tile",
        "begins at the oldest key itself",
        ("oldest // BLOCK_N * BLOCK_N", "oldest"),
    ),
    limits(
        "first-in-tiles",
        "p6.1 step 1",
        "a tile's number for a key's",
        "forgets to multiply back",
        ("oldest // BLOCK_N * BLOCK_N", "oldest // BLOCK_N"),
    ),
    limits(
        "inside-rounds-down",
        "p6.1 step 2",
        "the edge ends a tile early",
        "rounds down, as in step 1",
        ("tl.cdiv(whole_from, BLOCK_N) * BLOCK_N", "whole_from // BLOCK_N * BLOCK_N"),
    ),
    limits(
        "inside-by-first-query",
        "p6.1 step 2",
        "the edge by the first query",
        "thinks of one query only",
        ("start_m + BLOCK_Q - window_size", "start_m + 1 - window_size"),
    ),
    mask(
        "window-one-too-long",
        "p6.2 step 3",
        "the edge keeps one key too many",
        "writes <= for <",
        ("distance < window_size", "distance <= window_size"),
    ),
    mask(
        "window-one-too-short",
        "p6.2 step 3",
        "the edge hides one key too many",
        "subtracts 1 here as in step 1",
        ("distance < window_size", "distance < window_size - 1"),
    ),
    mask(
        "mask-zero",
        "p6.2 step 3",
        "old keys get score 0",
        "thinks that 0 is nothing",
        ('float("-inf")', "0.0"),
    ),
    mask(
        "positions-of-rows",
        "p6.2 step 3",
        "row numbers for positions",
        "does not see that rows are packed heads",
        ("offs_m[:, None]", "(start_m + rows)[:, None]"),
    ),
    mask(
        "diagonal-window-missing",
        "p6.3 step 4",
        "the diagonal knows no window",
        "thinks that diagonal keys are never old",
        ("(distance >= 0) & (distance < window_size)", "distance >= 0"),
    ),
    mask(
        "causal-hides-own-key",
        "p6.3 step 4",
        "a query does not see itself",
        "writes > for >=",
        ("distance >= 0", "distance > 0"),
    ),
    rewritten(
        "first-rounds-up",
        "p6.1 step 1",
        "starts at the next tile",
        "uses cdiv for both limits",
        """
first = tl.cdiv(tl.maximum(start_m - window_size + 1, 0), BLOCK_N) * BLOCK_N
inside = tl.cdiv(tl.maximum(start_m + BLOCK_Q - window_size, 0), BLOCK_N) * BLOCK_N
inside = tl.minimum(inside, diagonal)
""",
    ),
    rewritten(
        "edge-not-masked",
        "p6.1 step 2",
        "no tile lies on the edge",
        "takes the window's start for the end of its edge",
        """
first = tl.maximum(start_m - window_size + 1, 0) // BLOCK_N * BLOCK_N
inside = first
""",
    ),
    rewritten(
        "causal-missing",
        "p6.3 step 4",
        "a window in both directions",
        "takes the distance without its sign",
        """
distance = tl.abs(offs_m[:, None] - (start_n + offs_n)[None, :])
qk = tl.where(distance < window_size, qk, float("-inf"))
""",
    ),
    rewritten(
        "mask-hides-nothing",
        "p6.3 step 4",
        "past or near",
        "joins the two conditions by or",
        """
key = start_n + offs_n[None, :]
past = key <= offs_m[:, None]
near = offs_m[:, None] - key < window_size
qk = tl.where(past | near, qk, float("-inf"))
""",
    ),
)
