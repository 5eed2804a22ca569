"""Right regions in other styles than the solutions': all of them must get full marks.

`RIGHT` maps "problem: style" to regions; those that a style leaves out are the solution's.
"""

from __future__ import annotations

P1 = {
    "p1: base 2, where, in one breath": {
        "p1.1": """\
LOG2E = 1.4426950408889634
S = torch.where(k_idx[None, :] > q_idx[:, None], -math.inf, S) if needs_mask else S
m_new = torch.maximum(m_i, S.max(dim=-1, keepdim=True).values)
p = torch.exp2((S - m_new) * LOG2E)
alpha = torch.exp2((m_i - m_new) * LOG2E)
l_i = alpha * l_i + p.sum(-1, keepdim=True)
acc = alpha * acc + torch.matmul(p, Vj)
m_i = m_new"""
    },
    "p1: the mask as numbers that are added": {
        "p1.1": """\
if needs_mask:
    hidden = k_idx.unsqueeze(0) > q_idx.unsqueeze(1)
    S = S + torch.zeros_like(S).masked_fill(hidden, float("-inf"))
old, m_i = m_i, torch.maximum(m_i, S.amax(-1, keepdim=True))
factor = (old - m_i).exp()
p = (S - m_i).exp()
acc = acc * factor + torch.einsum("bhij,bhjd->bhid", p, Vj)
l_i = l_i * factor + p.sum(dim=-1, keepdim=True)"""
    },
    "p1: in place, without keepdim": {
        "p1.1": """\
if needs_mask:
    S.masked_fill_((q_idx[:, None] < k_idx[None, :]), -math.inf)
m_new = torch.maximum(m_i.squeeze(-1), S.amax(-1)).unsqueeze(-1)
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
l_i.mul_(alpha).add_(p.sum(-1).unsqueeze(-1))
acc.mul_(alpha).add_(p @ Vj)
m_i = m_new"""
    },
    "p1: the tile's softmax first, then merged": {
        "p1.1": """\
if needs_mask:
    S = S.masked_fill(k_idx[None] > q_idx[:, None], -math.inf)
m_tile = S.amax(-1, keepdim=True)
m_safe = torch.where(m_tile == -math.inf, torch.zeros_like(m_tile), m_tile)
p = torch.exp(S - m_safe)
l_tile, acc_tile = p.sum(-1, keepdim=True), p @ Vj
m_new = torch.maximum(m_i, m_tile)
a, b = torch.exp(m_i - m_new), torch.exp(m_tile - m_new)
l_i = l_i * a + l_tile * b
acc = acc * a + acc_tile * b
m_i = m_new"""
    },
}

P2 = {
    "p2: products kept, summed once at the end": {
        "p2.1": """\
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
table = tl.zeros([BLOCK_R, BLOCK_C], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    mask = (offs_r[:, None] < rows) & (offs_c[None, :] < cols)
    x = tl.load(x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc, mask, 0.0)
    w = tl.load(w_ptr + offs_c * stride_w, offs_c < cols, 0.0)
    table += x.to(tl.float32) * w[None, :].to(tl.float32)
acc = tl.sum(table, axis=1)
tl.store(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), offs_r < rows)"""
    },
    "p2: tiles counted, the last one first": {
        "p2.1": """\
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
tiles = tl.cdiv(cols, BLOCK_C)
for t in range(tiles):
    offs_c = ((tiles - 1 - t) * BLOCK_C + tl.arange(0, BLOCK_C)).to(tl.int64)
    there = offs_c < cols
    w = tl.load(w_ptr + offs_c * stride_w, mask=there, other=0.0).to(tl.float32)
    x_ptrs = x_ptr + (offs_r * stride_xr).expand_dims(1) + (offs_c * stride_xc).expand_dims(0)
    x = tl.load(x_ptrs, mask=(offs_r < rows).expand_dims(1) & there.expand_dims(0), other=0.0)
    acc = acc + tl.sum(x.to(tl.float32) * w.expand_dims(0), axis=1)
tl.store(out_ptr + offs_r * stride_out, acc, mask=offs_r < rows)"""
    },
    "p2: moving pointers": {
        "p2.1": """\
r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
c = tl.arange(0, BLOCK_C).to(tl.int64)
x_ptrs = x_ptr + r[:, None] * stride_xr + c[None, :] * stride_xc
w_ptrs = w_ptr + c * stride_w
acc = tl.zeros((BLOCK_R,), tl.float32)
for start in range(0, cols, BLOCK_C):
    left = cols - start
    x = tl.load(x_ptrs, mask=(r[:, None] < rows) & (c[None, :] < left), other=0)
    w = tl.load(w_ptrs, mask=c < left, other=0)
    acc += tl.sum(tl.cast(x, tl.float32) * tl.cast(w, tl.float32)[None, :], 1)
    x_ptrs += BLOCK_C * stride_xc
    w_ptrs += BLOCK_C * stride_w
tl.store(out_ptr + r * stride_out, tl.cast(acc, out_ptr.dtype.element_ty), mask=r < rows)"""
    },
    "p2: columns outside, two partial sums": {
        "p2.1": """\
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
even = tl.zeros([BLOCK_R], dtype=tl.float32)
odd = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, 2 * BLOCK_C):
    for half in tl.static_range(2):
        offs_c = (start + half * BLOCK_C + tl.arange(0, BLOCK_C)).to(tl.int64)
        ok = (offs_r < rows)[:, None] & (offs_c < cols)[None, :]
        x = tl.load(x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc, ok, other=0)
        w = tl.load(w_ptr + offs_c * stride_w, mask=offs_c < cols, other=0)
        part = tl.sum(x.to(tl.float32) * w.to(tl.float32)[None, :], axis=1)
        if half == 0:
            even += part
        else:
            odd += part
out = (even + odd).to(out_ptr.dtype.element_ty)
tl.store(out_ptr + offs_r * stride_out, out, mask=offs_r < rows)"""
    },
}

P3 = {
    "p3: mask always, where folded into the maximum": {
        "p3.1": """\
qk = tl.where((start_n + offs_n < Nk)[None, :], qk, -float("inf"))
m_new = tl.maximum(m_i, tl.max(qk, 1))
p = tl.exp2(qk - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
acc *= alpha[:, None]
acc += tl.dot(p.to(v.dtype), v)
l_i *= alpha
l_i += tl.sum(p, 1)
m_i = m_new"""
    },
    "p3: base e by way of ln 2": {
        "p3.1": """\
LN2: tl.constexpr = 0.6931471805599453
if not EVEN_N:
    qk = tl.where(offs_n[None, :] < Nk - start_n, qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp((m_i - m_new) * LN2)
p = tl.exp((qk - tl.expand_dims(m_new, 1)) * LN2)
l_i = tl.sum(p, axis=1) + l_i * alpha
acc = tl.dot(p.to(v.dtype), v, acc=acc * tl.expand_dims(alpha, 1))
m_i = m_new"""
    },
    "p3: a mask of numbers, reshape": {
        "p3.1": """\
if not EVEN_N:
    qk += tl.where(start_n + offs_n[None, :] < Nk, 0.0, float("-inf"))
tile_max = qk.max(axis=1)
m_old = m_i
m_i = tl.where(tile_max > m_old, tile_max, m_old)
alpha = tl.math.exp2(m_old - m_i)
p = tl.math.exp2(qk - tl.reshape(m_i, (BLOCK_M, 1)))
l_i = tl.fma(l_i, alpha, p.sum(axis=1))
acc = acc * tl.reshape(alpha, (BLOCK_M, 1)) + tl.dot(p.cast(v.dtype), v)"""
    },
    "p3: a finite stand-in that is small enough": {
        "p3.1": """\
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, -1.0e30)
m_new = tl.maximum(m_i, tl.max(qk, axis=1, keep_dims=False))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.type.element_ty), v, acc * alpha[:, None])
m_i = m_new"""
    },
    "p3: the tile by itself, then merged": {
        "p3.1": """\
in_range = start_n + offs_n[None, :] < Nk
qk = tl.where(in_range, qk, float("-inf"))
m_tile = tl.max(qk, axis=1)
p = tl.exp2(qk - m_tile[:, None])
l_tile = tl.sum(p, axis=1)
m_new = tl.maximum(m_i, m_tile)
ours, theirs = tl.exp2(m_i - m_new), tl.exp2(m_tile - m_new)
l_i = l_i * ours + l_tile * theirs
acc = acc * ours[:, None]
acc = tl.dot((p * theirs[:, None]).to(v.dtype), v, acc)
m_i = m_new"""
    },
}

_SCALED = """\
keys = tl.load(k_base + k_offs{0})
values = tl.load(v_base + v_offs{0})
s = tl.dot(q, keys.T) * qk_scale
{1}m_new = tl.maximum(m_i, tl.max(s, 1))
p = tl.exp2(s - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha + tl.sum(p, 1)
acc = acc * alpha[:, None] + tl.dot(p.to(values.dtype), values)
m_i = m_new"""
_THERE = ", mask=(start_n + offs_n)[:, None] < Nk, other=0.0"
P4 = {
    "p4: scaled at once, both loads first": {
        "p4.1": _SCALED.format("", ""),
        "p4.2": _SCALED.format(
            _THERE,
            "key = start_n + offs_n[None, :]\n"
            's = tl.where(key < Nk, s, float("-inf"))\n'
            's = tl.where(key <= offs_m[:, None], s, float("-inf"))\n',
        ),
    },
    "p4: the limit of each query": {
        "p4.2": """\
key = start_n + offs_n
in_range = (key < Nk)[:, None]
k = tl.load(k_base + k_offs, in_range, 0.0)
v = tl.load(v_base + v_offs, in_range, 0.0)
limit = tl.minimum(offs_m, Nk - 1)
qk = tl.dot(q, tl.trans(k)) * qk_scale
qk += tl.where(key[None, :] > limit[:, None], float("-inf"), 0.0)
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new"""
    },
    "p4: masked places read as what a GPU gives, 0": {
        "p4.2": _SCALED.format(
            _THERE.removesuffix(", other=0.0"),
            "key = start_n + offs_n[None, :]\n"
            's = tl.where((key < Nk) & (key <= offs_m[:, None]), s, float("-inf"))\n',
        ),
    },
    "p4: a mask where none is needed": {
        "p4.1": """\
k = tl.load(k_base + k_offs)
v = tl.load(v_base + v_offs)
qk = tl.dot(q, k.trans(1, 0)) * qk_scale
qk = tl.where(start_n + offs_n[None, :] <= offs_m[:, None], qk, float("-inf"))
m_new = tl.maximum(m_i, qk.max(1))
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new.expand_dims(1))
l_i = l_i * alpha + p.sum(1)
acc = tl.dot(p.to(q.dtype), v, acc * alpha.expand_dims(1))
m_i = m_new"""
    },
}

P5 = {
    "p5: remainders by hand": {
        "p5.1": """\
b = (pid_bh // H).to(tl.int64)
h = pid_bh - (pid_bh // H) * H
kv = (h // GROUP).to(tl.int64)
q_base = q_ptr + (b * stride_qb + h.to(tl.int64) * stride_qh)
k_base = k_ptr + (b * stride_kb + kv * stride_kh)
v_base = v_ptr + (b * stride_vb + kv * stride_vh)"""
    },
    "p5: one mask for both": {
        "p5.3": """\
there = tl.broadcast_to(key[:, None] < Nk, (BLOCK_N, BLOCK_D))
k = tl.load(k_base + k_offs, there, other=0.0)
v = tl.load(v_base + v_offs, there, other=0.0)""",
        "p5.2": """\
v_ptrs = v_base + v_offs
k_ptrs = k_base + k_offs
v = tl.load(v_ptrs)
k = tl.load(k_ptrs)""",
    },
    "p5: group numbers first": {
        "p5.1": """\
wide = pid_bh.to(tl.int64)
kv_heads = H // GROUP
group = wide // GROUP
b = group // kv_heads
kv_head = group % kv_heads
h = kv_head * GROUP + wide % GROUP
q_base = q_ptr
q_base += b * stride_qb
q_base += h * stride_qh
k_base = k_ptr + b * stride_kb + kv_head * stride_kh
v_base = v_ptr + b * stride_vb + kv_head * stride_vh"""
    },
}

P6 = {
    "p6: step by step": {
        "p6.1": """\
oldest = start_m - window_size + 1
if oldest < 0:
    oldest = 0
first = oldest - oldest % BLOCK_N
newest_oldest = start_m + BLOCK_Q - window_size
if newest_oldest < 0:
    newest_oldest = 0
inside = (newest_oldest + BLOCK_N - 1) // BLOCK_N * BLOCK_N
if inside > diagonal:
    inside = diagonal"""
    },
    "p6: masks by the key's position": {
        "p6.2": """\
key = (start_n + offs_n)[None, :]
too_old = key <= offs_m[:, None] - window_size
qk = tl.where(too_old, float("-inf"), qk)""",
        "p6.3": """\
key = start_n + tl.expand_dims(offs_n, 0)
query = tl.expand_dims(offs_m, 1)
qk = tl.where(key <= query, qk, float("-inf"))
qk = tl.where(key + window_size > query, qk, float("-inf"))""",
    },
    "p6: everything masked": {
        "p6.1": """\
first = tl.maximum(start_m - (window_size - 1), 0) // BLOCK_N * BLOCK_N
inside = diagonal"""
    },
}

_SINK = """\
stop = tl.minimum(sink_size, first)
start_n = 0
while start_n < stop:
    key = start_n + offs_s
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd)
    qk = tl.where((key < sink_size)[None, :], tl.dot(q, tl.trans(k)), float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
    start_n += BLOCK_S"""
P7 = {
    "p7: a while loop over the sinks": {"p7.1": _SINK},
    "p7: every tile of the window masked": {
        "p7.2": """\
for start_n in range(first, diagonal, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd)
    far = key[None, :] + window_size <= offs_m[:, None]
    hidden = far & (key[None, :] >= sink_size)
    qk = tl.where(hidden, float("-inf"), tl.dot(q, tl.trans(k)))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"""
    },
    "p7: without the helper": {
        "p7.3": """\
for start_n in range(diagonal, start_m + BLOCK_Q, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd, N)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd, N)
    qk = tl.dot(q, tl.trans(k)) * qk_scale
    distance = offs_m[:, None] - key[None, :]
    recent = (distance >= 0) & (distance < window_size)
    sink = (distance >= 0) & (key[None, :] < sink_size)
    qk = tl.where(recent | sink, qk, float("-inf"))
    m_new = tl.maximum(m_i, tl.max(qk, axis=1))
    alpha = tl.exp2(m_i - m_new)
    p = tl.exp2(qk - m_new[:, None])
    l_i = l_i * alpha + tl.sum(p, axis=1)
    acc = acc * alpha[:, None] + tl.dot(p.to(v.dtype), v)
    m_i = m_new"""
    },
}

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

RIGHT = {**P1, **P2, **P3, **P4, **P5, **P6, **P7, **P8, **P9}
