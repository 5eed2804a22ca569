"""More wrong answers to p9, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p9",
        "bounds",
        "first-rounds-up",
        "p9.1 step 1",
        "whole tiles back from start_m",
        "The window is window // BLOCK_N tiles long.",
        """
window_start = tl.maximum(start_m // BLOCK_N - window // BLOCK_N, 0) * BLOCK_N
last_start = tl.maximum(start_m + BLOCK_M - window, 0)
whole_start = tl.minimum(tl.cdiv(last_start, BLOCK_N) * BLOCK_N, start_m)
""",
    ),
    wrong(
        "p9",
        "bounds",
        "inside-wrong",
        "p9.1 step 2",
        "one ragged tile",
        "Only the window's first tile is ragged.",
        (
            "whole_start = tl.minimum(tl.cdiv(last_start, BLOCK_N) * BLOCK_N, start_m)",
            "whole_start = tl.minimum(window_start + BLOCK_N, start_m)",
        ),
    ),
    wrong(
        "p9",
        "mask",
        "mask-transposed",
        "p9.2 step 1",
        "_visible(key, query)",
        "I took the arguments to be (key, query).",
        (
            "_visible(offs_m[:, None], offs_n[None, :], window, sink)",
            "_visible(offs_n[None, :], offs_m[:, None], window, sink)",
        ),
    ),
    free(
        "p9",
        "mask",
        "dv-before-mask",
        "p9.3 step 1",
        "the mask comes after dv",
        "Hidden pairs have no gradient: I mask ds_t.",
        """
p_t = tl.exp2(tl.dot(k, tl.trans(q)) * qk_scale - lse[None, :])
dv += tl.dot(p_t.to(do.dtype), do)
ds_t = p_t * (tl.dot(v, tl.trans(do)) - delta[None, :])
if MASKED:
    ds_t = tl.where(seen, ds_t, 0.0)
dk += tl.dot(ds_t.to(q.dtype), q)
""",
    ),
    free(
        "p9",
        "bounds",
        "whole-end-too-late",
        "p9.4 step 2",
        "the whole tiles end with the window",
        "All tiles that end before window_end are whole.",
        """
window_end = tl.minimum(start_n + BLOCK_N + window - 1, N)
whole_end = window_end // BLOCK_M * BLOCK_M
""",
    ),
    wrong(
        "p9",
        "sinks",
        "sinks-twice",
        "p9.5 step 1",
        "sees window and sinks",
        "_visible is the mask, here as everywhere.",
        (
            "seen = (offs_n[:, None] < sink) & (offs_n[:, None] <= offs_m[None, :] - window)",
            "seen = _visible(offs_m[None, :], offs_n[:, None], window, sink)",
        ),
    ),
    wrong(
        "p9",
        "state",
        "results-swapped",
        "p9.5 step 2",
        "dv and dk change places",
        "I took the results in another order.",
        ("dk, dv = _dk_dv_tile(dk, dv,", "dv, dk = _dk_dv_tile(dk, dv,"),
    ),
    wrong(
        "p9",
        "scale",
        "scaled-twice",
        "p9.2 step 1",
        "q k^T times qk_scale, and lse in p",
        "The factor of problem 4 stands in the exponent.",
        ("p = tl.exp2(qk - lse[:, None])", "p = tl.exp2(qk * qk_scale - lse[:, None])"),
    ),
    wrong(
        "p9",
        "delta",
        "delta-of-tile",
        "p9.3 step 1",
        "delta of this tile's queries",
        "delta is the sum of p * dp over the keys, and those run down.",
        (
            "ds_t = p_t * (dp_t - delta[None, :])",
            "ds_t = p_t * (dp_t - tl.sum(p_t * dp_t, axis=0)[None, :])",
        ),
    ),
)
