"""p9: wrong windows and sinks in a backward pass, kept aside."""

from functools import partial

from ..form import wrong

product = partial(wrong, "p9", "backward products")
window = partial(wrong, "p9", "window edges")

WHOLE_END = "whole_end = tl.minimum(start_n + window // BLOCK_M * BLOCK_M, window_end)"
DS_T = "ds_t = p_t * (dp_t - delta[None, :])"
DK, DV = "dk = tl.dot(ds_t.to(q.dtype), q, dk)", "dv = tl.dot(p_t.to(do.dtype), do, dv)"
SEEN = "seen = (offs_n[:, None] < sink) & (offs_n[:, None] <= offs_m[None, :] - window)"

MUTANTS = (
    window(
        "first-in-tiles", "p9.1 step 1", "window_start counts tiles, not keys",
        "forgets to multiply",
        ("tl.maximum(start_m - window + 1, 0) // BLOCK_N * BLOCK_N",
         "tl.maximum(start_m - window + 1, 0) // BLOCK_N"),
    ),
    window(
        "sinks-flipped", "p9.5 step 1", "the window's pairs count, not the others",
        "> for <=", (SEEN, SEEN.replace("<= offs_m", "> offs_m")),
    ),
    product(
        "delta-sign", "p9.3 step 1", "delta is added in dk",
        "slips", (DS_T, DS_T.replace("dp_t -", "dp_t +")),
    ),
    product(
        "dv-from-dp", "p9.3 step 1", "dv is made from dp_t",
        "uses the wrong table", (DV, "dv = tl.dot(dp_t.to(do.dtype), do, dv)"),
    ),
    product(
        "dk-from-p", "p9.3 step 1", "dk is made from p_t",
        "copies the line of dv", (DK, "dk = tl.dot(p_t.to(q.dtype), q, dk)"),
    ),
)  # fmt: skip
