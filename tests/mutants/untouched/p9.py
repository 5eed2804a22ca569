"""p9: wrong backward passes with a window and sinks, for measuring."""

from functools import partial

from ..form import free, wrong

limits = partial(wrong, "p9", "limits of the loops")
mask = partial(wrong, "p9", "masking")
chain = partial(wrong, "p9", "chain rule")
sinks = partial(wrong, "p9", "sinks")
rewritten = partial(free, "p9", "written anew")

MUTANTS = (
    limits(
        "first-off-by-one",
        "p9.1 step 1",
        "the window starts one key late",
        "adds 1 once more",
        ("start_m - window + 1", "start_m - window + 2"),
    ),
    limits(
        "inside-by-first-query",
        "p9.1 step 2",
        "whole tiles by the first query",
        "thinks of one query only",
        ("start_m + BLOCK_M - window", "start_m + 1 - window"),
    ),
    limits(
        "query-end-too-early",
        "p9.4 step 1",
        "the end by the tile's first key",
        "thinks of one key only",
        ("start_n + BLOCK_N - 1 + window", "start_n + window"),
    ),
    limits(
        "whole-end-not-rounded",
        "p9.4 step 2",
        "whole tiles end inside a tile",
        "leaves the rounding out",
        ("window // BLOCK_M * BLOCK_M", "window"),
    ),
    limits(
        "whole-end-too-late",
        "p9.4 step 2",
        "whole tiles by the last key",
        "takes the same key as in step 1",
        (
            "start_n + window // BLOCK_M * BLOCK_M",
            "start_n + (BLOCK_N - 1 + window) // BLOCK_M * BLOCK_M",
        ),
    ),
    mask(
        "sinks-forgotten-in-dq",
        "p9.2 step 1",
        "dq knows no sinks",
        "copies the call from the other kernel",
        ("window, sink)", "window, 0)"),
    ),
    mask(
        "window-missing-in-dq",
        "p9.2 step 1",
        "dq knows no window",
        "copies problem 8",
        (
            "_visible(offs_m[:, None], offs_n[None, :], window, sink)",
            "offs_n[None, :] <= offs_m[:, None]",
        ),
    ),
    mask(
        "causal-flipped",
        "p9.2 step 1",
        "queries and keys swapped in the mask",
        "does not know which comes first",
        ("_visible(offs_m[:, None], offs_n[None, :]", "_visible(offs_n[None, :], offs_m[:, None]"),
    ),
    mask(
        "mask-zero",
        "p9.3 step 1",
        "hidden scores are 0",
        "takes 0 for nothing",
        ('float("-inf")', "0.0"),
    ),
    chain(
        "ds-without-p",
        "p9.2 step 2",
        "ds lacks the weight",
        "forgets the softmax's own factor",
        ("p * (dp - delta[:, None])", "dp - delta[:, None]"),
    ),
    chain(
        "dq-from-p",
        "p9.2 step 2",
        "dq from the weights",
        "uses the table of the forward pass",
        ("ds.to(k.dtype)", "p.to(k.dtype)"),
    ),
    chain(
        "dk-from-wrong-tensor",
        "p9.3 step 1",
        "dk from do",
        "copies the line of dv",
        ("tl.dot(ds_t.to(q.dtype), q, dk)", "tl.dot(ds_t.to(do.dtype), do, dk)"),
    ),
    chain(
        "dp-from-wrong-tensor",
        "p9.3 step 1",
        "dp from the queries",
        "copies the line of the scores",
        ("tl.dot(v, tl.trans(do))", "tl.dot(v, tl.trans(q))"),
    ),
    sinks(
        "sinks-window-off-by-one",
        "p9.5 step 1",
        "one query is counted by nobody",
        "writes < for <=",
        ("offs_n[:, None] <= offs_m", "offs_n[:, None] < offs_m"),
    ),
    sinks(
        "dk-and-dv-swapped",
        "p9.5 step 2",
        "dk and dv swapped",
        "takes the results in the wrong order",
        ("dk, dv = _dk", "dv, dk = _dk"),
    ),
    rewritten(
        "first-not-rounded",
        "p9.1 step 1",
        "limits that are no tile's start",
        "leaves the rounding to the loop",
        """
window_start = tl.maximum(start_m - window + 1, 0)
whole_start = tl.cdiv(tl.maximum(start_m + BLOCK_M - window, 0), BLOCK_N) * BLOCK_N
whole_start = tl.minimum(whole_start, start_m)
""",
    ),
    rewritten(
        "inside-rounds-down",
        "p9.1 step 2",
        "both limits rounded down",
        "writes the second like the first",
        """
oldest = start_m - (window - 1)
if oldest < 0:
    oldest = 0
window_start = oldest // BLOCK_N * BLOCK_N
newest = tl.maximum(start_m + BLOCK_M - window, 0)
whole_start = tl.minimum(newest // BLOCK_N * BLOCK_N, start_m)
""",
    ),
    rewritten(
        "sinks-twice",
        "p9.5 step 1",
        "every query that sees a sink",
        "forgets that windows hold sinks too",
        """
j, i = offs_n[:, None], offs_m[None, :]
seen = (j <= i) & (j < sink)
dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)
""",
    ),
    rewritten(
        "delta-missing",
        "p9.3 step 1",
        "no delta in dk",
        "takes the softmax for a plain exp",
        """
p_t = tl.exp2(tl.dot(k, tl.trans(q)) * qk_scale - lse[None, :])
if MASKED:
    p_t = tl.where(seen, p_t, 0.0)
dv += tl.dot(p_t.to(do.dtype), do)
ds_t = p_t * tl.dot(v, tl.trans(do))
dk += tl.dot(ds_t.to(q.dtype), q)
""",
    ),
)
