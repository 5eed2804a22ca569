"""p8 and p9: wrong backward passes, a second lot: written without a look at the rules."""

from functools import partial

from ..form import wrong

p8 = partial(wrong, "p8")
p9 = partial(wrong, "p9")
PRODUCT, BASE, MASK, LOOP = "backward products", "scale and base", "masking", "loop bounds"
WINDOW, SINKS = "window edges", "sinks"

LSE = "lse = m_i + tl.log2(l_i)"
P, P_T = "p = tl.exp2(qk - lse[:, None])", "p_t = tl.exp2(qk_t - lse[None, :])"
DP = "dp = tl.dot(do, tl.trans(v))"
DS, DS_T = "ds = p * (dp - delta[:, None])", "ds_t = p_t * (dp_t - delta[None, :])"
DQ = "dq = tl.dot(ds.to(k.dtype), k, dq)"
DK, DV = "dk = tl.dot(ds_t.to(q.dtype), q, dk)", "dv = tl.dot(p_t.to(do.dtype), do, dv)"
DELTA = "delta = tl.sum(do.to(tl.float32) * o.to(tl.float32), axis=1)"
QK_T = "qk_t = tl.dot(k, tl.trans(q)) * qk_scale"
FIRST_LOOP = "for start_m in range(start_n, tl.minimum(start_n + BLOCK_N, N), BLOCK_M):"
MASKED = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)"
HIDE_9 = "_visible(offs_m[:, None], offs_n[None, :], window, sink)"
HIDE_T = 'qk_t = tl.where(seen, qk_t, float("-inf"))'
WINDOW_END = "window_end = tl.minimum(start_n + BLOCK_N - 1 + window, N)"
WHOLE_END = "whole_end = tl.minimum(start_n + window // BLOCK_M * BLOCK_M, window_end)"
SEEN = "seen = (offs_n[:, None] < sink) & (offs_n[:, None] <= offs_m[None, :] - window)"
ADD_9 = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)"

MUTANTS = (
    p8(
        BASE, "lse-wrong-base", "p8.1 step 1", "lse in base e throughout",
        "wants the lse of the textbook",
        (LSE, "lse = m_i * 0.6931472 + tl.log(l_i)"),
    ),
    p8(
        BASE, "lse-wrong-base", "p8.1 step 1", "the maximum meets log2(e) again",
        "thinks that m_i is in base e", (LSE, "lse = m_i * 1.44269504 + tl.log2(l_i)"),
    ),
    p8(
        PRODUCT, "delta-on-p", "p8.2 step 4", "delta is subtracted from p, not from dp",
        "moves a bracket", (DS, "ds = (p - delta[:, None]) * dp"),
    ),
    p8(
        PRODUCT, "normalised-per-tile", "p8.2 step 2", "p is divided by the tile's sum",
        "finishes the softmax again", (P, P + "\np = p / tl.sum(p, axis=1)[:, None]"),
    ),
    p8(
        PRODUCT, "gradient-sign", "p8.2 step 5", "dq has the wrong sign",
        "descends at once", (DQ, "dq = dq - tl.dot(ds.to(k.dtype), k)"),
    ),
    p8(
        BASE, "dp-scaled", "p8.2 step 3", "dp meets the scale",
        "scales every product", (DP, DP + " * qk_scale"),
    ),
    p8(
        PRODUCT, "delta-wrong-size", "p8.3 step 1", "delta is a mean over D",
        "takes the mean of the products", (DELTA, DELTA.replace("axis=1)", "axis=1) / 32")),
    ),
    p8(
        PRODUCT, "delta-from-wrong-tensor", "p8.3 step 1", "delta is the sum of o squared",
        "takes o for do", (DELTA, DELTA.replace("do.to", "o.to")),
    ),
    p8(
        PRODUCT, "dk-from-p", "p8.4 step 5", "dk is made from p_t",
        "copies the line of dv", (DK, "dk = tl.dot(p_t.to(q.dtype), q, dk)"),
    ),
    p8(
        BASE, "scale-missing", "p8.4 step 1", "scores without the scale in dk and dv",
        "thinks that the scale comes at the end", (QK_T, "qk_t = tl.dot(k, tl.trans(q))"),
    ),
    p8(
        PRODUCT, "delta-broadcast-wrong", "p8.4 step 4", "delta runs along the keys",
        "keeps [:, None] where the axes have changed places",
        (DS_T, "ds_t = p_t * (dp_t - delta[:, None])"),
    ),
    p8(
        LOOP, "diagonal-first-tile-only", "p8.5 step 1", "the diagonal goes on by BLOCK_N",
        "takes the other tile size", (FIRST_LOOP, FIRST_LOOP.replace("BLOCK_M)", "BLOCK_N)")),
    ),
    p8(
        MASK, "mask-tile-positions", "p8.5 step 1", "queries count from the tile's start",
        "forgets start_m",
        (MASKED, MASKED.replace("offs_m, offs_n", "tile_m, offs_n")),
    ),
    p9(
        WINDOW, "query-end-too-early", "p9.4 step 1", "window_end knows no window",
        "ends with the diagonal", (WINDOW_END, "window_end = tl.minimum(start_n + BLOCK_N, N)"),
    ),
    p9(
        WINDOW, "whole-end-too-late", "p9.4 step 2", "all tiles count as whole",
        "trusts window_end", (WHOLE_END, "whole_end = window_end"),
    ),
    p9(
        SINKS, "sinks-not-masked", "p9.5 step 1", "either condition is enough",
        "| for &", (SEEN, SEEN.replace(" & ", " | ")),
    ),
    p9(
        SINKS, "sinks-not-masked", "p9.5 step 2", "the helper is told that no mask is needed",
        "copies the call of the whole tiles", (ADD_9, ADD_9.replace("True", "False")),
    ),
    p9(
        MASK, "window-and-sink-swapped", "p9.2 step 1", "window and sink change places",
        "mixes up the arguments", (HIDE_9, HIDE_9.replace("window, sink", "sink, window")),
    ),
    p9(
        PRODUCT, "delta-sign", "p9.2 step 2", "delta is added",
        "slips", (DS, DS.replace("dp -", "dp +")),
    ),
    p9(
        MASK, "mask-flipped", "p9.3 step 1", "what is seen is hidden",
        "swaps the sides of tl.where", (HIDE_T, 'qk_t = tl.where(seen, float("-inf"), qk_t)'),
    ),
)  # fmt: skip
