"""The backward kernels in other styles."""

P8 = {
    "p8: p from the logsumexp, in float32": {
        "p8.1": "lse = tl.log2(l_i)\nlse += m_i",
        "p8.2": """\
s = tl.dot(q, k.T) * qk_scale - lse[:, None]
p = tl.exp2(s)
if MASKED:
    p = tl.where(offs_n[None, :] <= offs_m[:, None], p, 0.0)
ds = (tl.dot(do, v.T) - delta[:, None]) * p
dq += tl.dot(ds.to(k.dtype), k)""",
    },
    "p8: delta in two steps": {
        "p8.3": "products = do.to(tl.float32) * o\ndelta = products.sum(1)",
        "p8.4": """\
p_t = tl.exp2(tl.dot(k, tl.trans(q)) * qk_scale - lse[None, :])
if MASKED:
    p_t = tl.where(offs_m[None, :] >= offs_n[:, None], p_t, 0.0)
dv += tl.dot(p_t.to(do.dtype), do)
ds_t = p_t * (tl.dot(v, tl.trans(do)) - delta[None, :])
dk += tl.dot(ds_t.to(q.dtype), q)""",
    },
    "p8: turned round once more": {
        "p8.4": """\
qk = tl.dot(q, tl.trans(k)) * qk_scale
if MASKED:
    qk = tl.where(offs_n[None, :] <= offs_m[:, None], qk, float("-inf"))
p = tl.exp2(qk - lse[:, None])
dp = tl.dot(do, tl.trans(v))
ds = p * (dp - delta[:, None])
dv = tl.dot(tl.trans(p.to(do.dtype)), do, dv)
dk = tl.dot(tl.trans(ds.to(q.dtype)), q, dk)"""
    },
}
P9 = {
    "p9: limits by ifs": {
        "p9.1": """\
oldest = start_m - (window - 1)
window_start = tl.where(oldest > 0, oldest, 0) // BLOCK_N * BLOCK_N
last = start_m + BLOCK_M - window
if last < 0:
    last = 0
whole_start = (last + BLOCK_N - 1) // BLOCK_N * BLOCK_N
if whole_start > start_m:
    whole_start = start_m"""
    },
    "p9: p set to 0 where hidden": {
        "p9.2": """\
p = tl.exp2(tl.dot(q, tl.trans(k)) * qk_scale - lse[:, None])
if MASKED:
    p = tl.where(_visible(offs_m[:, None], offs_n[None, :], window, sink), p, 0.0)
ds = p * (tl.dot(do, tl.trans(v)) - delta[:, None])
dq += tl.dot(ds.to(k.dtype), k)"""
    },
    "p9: the mask written out": {
        "p9.2": """\
qk = tl.dot(q, k.T) * qk_scale
if MASKED:
    i, j = offs_m[:, None], offs_n[None, :]
    seen = (j <= i) & ((i - j < window) | (j < sink))
    qk = tl.where(seen, qk, float("-inf"))
p = tl.exp2(qk - lse[:, None])
dp = tl.dot(do, v.T)
dq = tl.dot((p * (dp - delta[:, None])).to(k.dtype), k, acc=dq)"""
    },
}
