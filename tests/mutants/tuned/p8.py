"""p8: wrong backward passes."""

from functools import partial

from ..form import wrong

saved = partial(wrong, "p8", "scale and base")
product = partial(wrong, "p8", "backward products")
mask = partial(wrong, "p8", "masking")
loop = partial(wrong, "p8", "loop bounds")
precision = partial(wrong, "p8", "precision")

LSE = "lse = m_i + tl.log2(l_i)"
QK = "qk = tl.dot(q, tl.trans(k)) * qk_scale"
P, P_T = "p = tl.exp2(qk - lse[:, None])", "p_t = tl.exp2(qk_t - lse[None, :])"
DP, DP_T = "dp = tl.dot(do, tl.trans(v))", "dp_t = tl.dot(v, tl.trans(do))"
DS, DS_T = "ds = p * (dp - delta[:, None])", "ds_t = p_t * (dp_t - delta[None, :])"
DQ = "dq = tl.dot(ds.to(k.dtype), k, dq)"
DK, DV = "dk = tl.dot(ds_t.to(q.dtype), q, dk)", "dv = tl.dot(p_t.to(do.dtype), do, dv)"
DELTA = "delta = tl.sum(do.to(tl.float32) * o.to(tl.float32), axis=1)"
HIDE = 'qk = tl.where(offs_n[None, :] <= offs_m[:, None], qk, float("-inf"))'
HIDE_T = 'qk_t = tl.where(offs_n[:, None] <= offs_m[None, :], qk_t, float("-inf"))'
FIRST_LOOP = "for start_m in range(start_n, tl.minimum(start_n + BLOCK_N, N), BLOCK_M):"
SECOND_LOOP = "for start_m in range(start_n + BLOCK_N, N, BLOCK_M):"
ADD_MASKED = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)"
ADD = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, False)"
MOVED = "\n    q_base += BLOCK_M * stride_qn\n    do_base += BLOCK_M * stride_gn"
AFTER_MASKED, AFTER = ADD_MASKED + MOVED, ADD + MOVED

MUTANTS = (
    saved(
        "lse-without-sum", "p8.1 step 1", "lse is the maximum alone",
        "forgets the sum", (LSE, "lse = m_i"),
    ),
    saved(
        "lse-wrong-base", "p8.1 step 1", "lse takes the natural log of l",
        "writes log by habit", (LSE, LSE.replace("log2", "log")),
    ),
    saved(
        "lse-without-maximum", "p8.1 step 1", "lse is the log of the sum alone",
        "forgets the maximum", (LSE, "lse = tl.log2(l_i)"),
    ),
    saved(
        "p-wrong-base", "p8.2 step 2", "p by exp in dq",
        "writes exp by habit", (P, P.replace("exp2", "exp")),
    ),
    saved(
        "p-wrong-base", "p8.4 step 2", "p by exp in dk and dv",
        "writes exp by habit", (P_T, P_T.replace("exp2", "exp")),
    ),
    saved(
        "scale-missing", "p8.2 step 1", "scores without the scale in dq",
        "thinks that the scale comes at the end", (QK, "qk = tl.dot(q, tl.trans(k))"),
    ),
    saved(
        "gradient-scaled-twice", "p8.2 step 5", "dq is scaled in every tile, and again at the end",
        "knows that ds needs the scale",
        (DQ, "dq = tl.dot((ds * scale).to(k.dtype), k, dq)".replace("scale", "qk_scale")),
    ),
    saved(
        "gradient-scaled-twice", "p8.4 step 4", "ds_t is scaled, and dk again at the end",
        "knows that ds needs the scale", (DS_T, DS_T + " * qk_scale"),
    ),
    product(
        "delta-missing", "p8.2 step 4", "ds without delta in dq",
        "differentiates exp, not softmax", (DS, "ds = p * dp"),
    ),
    product(
        "delta-missing", "p8.4 step 4", "ds without delta in dk",
        "differentiates exp, not softmax", (DS_T, "ds_t = p_t * dp_t"),
    ),
    product(
        "delta-missing", "p8.2 step 4", "ds without delta in all three",
        "differentiates exp, not softmax", (DS, "ds = p * dp"), ("p8.4", DS_T, "ds_t = p_t * dp_t"),
    ),
    product(
        "delta-sign", "p8.2 step 4", "delta is added",
        "slips", (DS, DS.replace("-", "+")),
    ),
    product(
        "ds-without-p", "p8.4 step 4", "ds_t without p",
        "forgets the outer factor", (DS_T, "ds_t = dp_t - delta[None, :]"),
    ),
    product(
        "delta-outside-p", "p8.2 step 4", "delta is subtracted after the product with p",
        "moves a bracket", (DS, "ds = p * dp - delta[:, None]"),
    ),
    product(
        "dp-from-wrong-tensor", "p8.2 step 3", "dp is do against k",
        "takes k for v", (DP, "dp = tl.dot(do, tl.trans(k))"),
    ),
    product(
        "dp-from-wrong-tensor", "p8.4 step 1", "dp_t is v against q",
        "takes q for do", (DP_T, "dp_t = tl.dot(v, tl.trans(q))"),
    ),
    product(
        "dq-from-wrong-tensor", "p8.2 step 5", "dq adds ds times v",
        "takes v for k", (DQ, "dq = tl.dot(ds.to(v.dtype), v, dq)"),
    ),
    product(
        "dk-from-wrong-tensor", "p8.4 step 5", "dk adds ds_t times do",
        "takes do for q", (DK, "dk = tl.dot(ds_t.to(do.dtype), do, dk)"),
    ),
    product(
        "dv-from-wrong-tensor", "p8.4 step 3", "dv adds p_t times q",
        "takes q for do", (DV, "dv = tl.dot(p_t.to(q.dtype), q, dv)"),
    ),
    product(
        "dv-from-ds", "p8.4 step 3", "dv is made from ds_t",
        "uses ds for all three gradients",
        (DV, "dv = tl.dot((p_t * (dp_t - delta[None, :])).to(do.dtype), do, dv)"),
    ),
    product(
        "gradient-not-accumulated", "p8.2 step 5", "dq is that of the last tile",
        "leaves dq out of tl.dot", (DQ, "dq = tl.dot(ds.to(k.dtype), k)"),
    ),
    product(
        "gradient-not-accumulated", "p8.4 step 5", "dk is that of the last tile",
        "leaves dk out of tl.dot", (DK, "dk = tl.dot(ds_t.to(q.dtype), q)"),
    ),
    product(
        "delta-from-wrong-tensor", "p8.3 step 1", "delta is the sum of do squared",
        "takes do for o", (DELTA, DELTA.replace("o.to(tl.float32), ", "do.to(tl.float32), ")),
    ),
    precision(
        "delta-16-bit", "p8.3 step 1", "delta in the inputs' dtype",
        "leaves the conversion out", (DELTA, "delta = tl.sum(do * o, axis=1).to(tl.float32)"),
    ),
    precision(
        "scores-16-bit", "p8.2 step 1", "scores rounded to float16 in dq",
        "keeps the scores in a 16-bit dtype", (QK, QK + "\nqk = qk.to(tl.float16).to(tl.float32)"),
    ),
    precision(
        "gradient-16-bit", "p8.4 step 5", "dk and dv rounded to float16 in every tile",
        "keeps sums in the output's dtype",
        (DK, DK + ".to(tl.float16).to(tl.float32)"), (DV, DV + ".to(tl.float16).to(tl.float32)"),
    ),
    mask(
        "causal-missing", "p8.2 step 1", "no mask in dq",
        "thinks that lse has taken care of it", (HIDE, "qk = qk"),
    ),
    mask(
        "causal-missing", "p8.4 step 2", "no mask in dk and dv",
        "thinks that lse has taken care of it", (HIDE_T, "qk_t = qk_t"),
    ),
    mask(
        "causal-flipped", "p8.4 step 2", "the mask is not turned round with the tile",
        "keeps <= where the axes have changed places",
        (HIDE_T, 'qk_t = tl.where(offs_m[None, :] <= offs_n[:, None], qk_t, float("-inf"))'),
    ),
    mask(
        "causal-hides-own-key", "p8.4 step 2", "the query's own key is hidden in dk and dv",
        "< for <=", (HIDE_T, HIDE_T.replace("<=", "<")),
    ),
    mask(
        "mask-not-inf", "p8.2 step 1", "hidden scores become -1e4",
        "takes a large number for infinity",
        (HIDE, HIDE.replace('float("-inf")', "-1.0e4")),
        ("p8.4", HIDE_T, HIDE_T.replace('float("-inf")', "-1.0e4")),
    ),
    mask(
        "mask-zero", "p8.2 step 1", "hidden scores become 0",
        "masks the scores as if they were weights", (HIDE, HIDE.replace('float("-inf")', "0.0")),
    ),
    loop(
        "diagonal-only", "p8.5 step 2", "the tiles after the diagonal are left out",
        "does the first loop only", (SECOND_LOOP, "for start_m in range(N, N, BLOCK_M):"),
    ),
    loop(
        "diagonal-twice", "p8.5 step 2", "the second loop begins at the diagonal",
        "copies the first loop's start",
        (SECOND_LOOP, "for start_m in range(start_n, N, BLOCK_M):"),
    ),
    loop(
        "diagonal-missing", "p8.5 step 1", "the diagonal is left out",
        "starts with the tiles that need no mask",
        (ADD_MASKED, "offs_m = start_m + tile_m"),
    ),
    loop(
        "diagonal-not-masked", "p8.5 step 1", "the diagonal counts as unmasked",
        "copies the call", (ADD_MASKED, ADD_MASKED.replace("True", "False")),
    ),
    loop(
        "pointer-not-advanced", "p8.5 step 2", "q and do stay at one tile in the second loop",
        "moves the positions, not the addresses", (AFTER, ADD),
    ),
    loop(
        "pointer-not-advanced", "p8.5 step 1", "do stays behind after the diagonal",
        "moves q only", (AFTER_MASKED, AFTER_MASKED.rpartition("\n")[0]),
    ),
    loop(
        "last-tile-missing", "p8.5 step 2", "whole query tiles only",
        "rounds the number of tiles down",
        (SECOND_LOOP, "for start_m in range(start_n + BLOCK_N, N // BLOCK_M * BLOCK_M, BLOCK_M):"),
    ),
)  # fmt: skip
