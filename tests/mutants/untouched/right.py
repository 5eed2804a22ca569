"""Right answers in yet other styles, by "problem: style"; regions left out are the solution's."""

RIGHT: dict[str, dict[str, str]] = {
    "p1: logsumexp of each tile": {
        "p1.1": """\
if needs_mask:
    S = S.masked_fill(q_idx[:, None] < k_idx[None, :], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
p = (S - m_new).exp()
alpha = (m_i - m_new).exp()
row = p.sum(dim=-1, keepdim=True)
l_i, acc = l_i * alpha + row, acc * alpha + torch.einsum("bhqk,bhkd->bhqd", p, Vj)
m_i = m_new"""
    },
    "p1: a mask in every tile": {
        "p1.1": """\
if is_causal:
    keep = k_idx.unsqueeze(0).le(q_idx.unsqueeze(1))
    S = torch.where(keep, S, torch.full_like(S, -math.inf))
m_new = torch.max(m_i, S.max(dim=-1, keepdim=True)[0])
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
l_i = torch.add(l_i * alpha, p.sum(dim=3, keepdim=True))
acc = torch.add(acc * alpha, torch.matmul(p, Vj))
m_i = m_new.clone()"""
    },
    "p2: one load of w before the loop's product": {
        "p2.1": """\
pid = tl.program_id(0).to(tl.int64)
rows_here = pid * BLOCK_R + tl.arange(0, BLOCK_R)
inside = rows_here < rows
total = tl.zeros((BLOCK_R,), dtype=tl.float32)
for c0 in range(0, cols, BLOCK_C):
    c = c0 + tl.arange(0, BLOCK_C).to(tl.int64)
    w = tl.load(w_ptr + c * stride_w, mask=c < cols, other=0.0).to(tl.float32)
    at = x_ptr + rows_here[:, None] * stride_xr + c[None, :] * stride_xc
    x = tl.load(at, mask=inside[:, None] & (c < cols)[None, :], other=0.0).to(tl.float32)
    total = total + (x * w).sum(axis=1)
tl.store(out_ptr + rows_here * stride_out, total.to(out_ptr.dtype.element_ty), mask=inside)"""
    },
    "p2: a float32 product by fma": {
        "p2.1": """\
r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
sums = tl.zeros([BLOCK_R, BLOCK_C], dtype=tl.float32)
for start in tl.range(0, cols, BLOCK_C):
    c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    ok = (r[:, None] < rows) & (c[None, :] < cols)
    x = tl.load(x_ptr + r[:, None] * stride_xr + c[None, :] * stride_xc, mask=ok, other=0.0)
    w = tl.load(w_ptr + c * stride_w, mask=c < cols, other=0.0)[None, :].to(tl.float32)
    sums = sums + x.to(tl.float32) * w
tl.store(out_ptr + r * stride_out, tl.sum(sums, 1).to(out_ptr.dtype.element_ty), mask=r < rows)"""
    },
    "p3: the maximum with a margin": {
        "p3.1": """\
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] >= Nk, float("-inf"), qk)
m_new = tl.maximum(m_i, tl.max(qk, axis=1) + 0.5)
p = tl.exp2(qk - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
acc = acc * alpha[:, None]
acc = tl.dot(p.to(v.dtype), v, acc)
l_i = alpha * l_i + tl.sum(p, axis=1)
m_i = m_new"""
    },
    "p3: pads hidden twice": {
        "p3.1": """\
there = start_n + offs_n < Nk
qk = tl.where(there[None, :], qk, float("-inf"))
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
p = tl.where(there[None, :], tl.exp2(qk - m_new[:, None]), 0.0)
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new"""
    },
    "p3: factors without a name": {
        "p3.1": """\
if not EVEN_N:
    qk = tl.where(offs_n[None, :] + start_n < Nk, qk, float("-inf"))
old = m_i
m_i = tl.maximum(old, tl.max(qk, axis=1))
acc *= tl.exp2(old - m_i)[:, None]
l_i *= tl.exp2(old - m_i)
qk = tl.exp2(qk - m_i[:, None])
l_i += tl.sum(qk, axis=1)
acc += tl.dot(qk.to(v.dtype), v)"""
    },
    "p4: two wheres for two reasons": {
        "p4.2": """\
key = start_n + offs_n
k = tl.load(k_base + k_offs, mask=(key < Nk)[:, None], other=0.0)
v = tl.load(v_base + v_offs, mask=(key < Nk)[:, None], other=0.0)
s = tl.dot(q, tl.trans(k)) * qk_scale
s = tl.where(offs_m[:, None] >= key[None, :], s, float("-inf"))
s = tl.where(key[None, :] >= Nk, float("-inf"), s)
m_new = tl.maximum(tl.max(s, axis=1), m_i)
l_i *= tl.exp2(m_i - m_new)
acc *= tl.exp2(m_i - m_new)[:, None]
m_i = m_new
s = tl.exp2(s - m_new[:, None])
l_i += tl.sum(s, axis=1)
acc += tl.dot(s.to(v.dtype), v)"""
    },
    "p4: values first": {
        "p4.1": """\
v = tl.load(v_base + v_offs)
k = tl.load(k_base + k_offs)
s = tl.dot(q, k.T)
top = tl.maximum(m_i, qk_scale * tl.max(s, axis=1))
shrink = tl.exp2(m_i - top)
weights = tl.exp2(s * qk_scale - top[:, None])
acc = tl.dot(weights.to(v.dtype), v, acc * shrink[:, None])
l_i = tl.sum(weights, axis=1) + shrink * l_i
m_i = top"""
    },
    "p5: heads by subtraction": {
        "p5.1": """\
b = pid_bh.to(tl.int64) // H
h = pid_bh.to(tl.int64) - b * H
kv_head = (h - h % GROUP) // GROUP
q_base = q_ptr + h * stride_qh + b * stride_qb
k_base = k_ptr + kv_head * stride_kh + b * stride_kb
v_base = v_ptr + kv_head * stride_vh + b * stride_vb"""
    },
    "p5: pads of k unmasked by where": {
        "p5.3": """\
exists = (start_n + offs_n)[:, None] < Nk
v = tl.load(v_base + v_offs, mask=exists, other=0.0)
k = tl.load(k_base + k_offs, mask=exists, other=0.0)
v = tl.where(exists, v, 0.0).to(v.dtype)"""
    },
    "p6: limits in tiles": {
        "p6.1": """\
tile = tl.maximum(start_m - window_size + 1, 0) // BLOCK_N
first = tile * BLOCK_N
edge_tiles = tl.cdiv(tl.maximum(start_m + BLOCK_Q - window_size, 0), BLOCK_N)
inside = tl.minimum(edge_tiles * BLOCK_N, diagonal)"""
    },
    "p6: bounds for each query": {
        "p6.2": """\
oldest = offs_m - window_size + 1
qk = tl.where((start_n + offs_n)[None, :] < oldest[:, None], float("-inf"), qk)""",
        "p6.3": """\
key = start_n + offs_n[None, :]
low = (offs_m - window_size + 1)[:, None]
qk = tl.where((low <= key) & (key <= offs_m[:, None]), qk, float("-inf"))""",
    },
    "p7: hidden instead of kept": {
        "p7.3": """\
for start_n in range(diagonal, start_m + BLOCK_Q, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd, N)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd, N)
    future = key[None, :] > offs_m[:, None]
    old = (key[None, :] <= offs_m[:, None] - window_size) & (key[None, :] >= sink_size)
    qk = tl.where(future | old, float("-inf"), tl.dot(q, tl.trans(k)))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"""
    },
    "p7: the window in two loops": {
        "p7.2": """\
for start_n in range(first, inside, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd)
    kept = (offs_m[:, None] - key[None, :] < window_size) | (key[None, :] < sink_size)
    qk = tl.where(kept, tl.dot(q, tl.trans(k)), float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
for start_n in range(tl.maximum(first, inside), diagonal, BLOCK_N):
    k = _load_tile(k_base, start_n + offs_n, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)
    m_i, l_i, acc = _update(tl.dot(q, tl.trans(k)), v, m_i, l_i, acc, qk_scale)"""
    },
    "p8: lse in natural units and back": {
        "p8.1": """\
LN2: tl.constexpr = 0.6931471805599453
natural = m_i * LN2 + tl.log(l_i)
lse = natural / LN2"""
    },
    "p8: dp before the scores": {
        "p8.2": """\
dp = tl.dot(do, tl.trans(v)) - delta[:, None]
s = tl.dot(q, tl.trans(k)) * qk_scale - lse[:, None]
if MASKED:
    s = tl.where(offs_m[:, None] < offs_n[None, :], float("-inf"), s)
dq += tl.dot((dp * tl.exp2(s)).to(k.dtype), k)"""
    },
    "p8: the diagonal's end without minimum": {
        "p8.5": """\
for start_m in range(start_n, N, BLOCK_M):
    offs_m = start_m + tile_m
    q, do, lse, delta = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    if start_m < start_n + BLOCK_N:
        dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)
    else:
        dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, False)
    q_base += BLOCK_M * stride_qn
    do_base += BLOCK_M * stride_gn"""
    },
    "p9: whole tiles counted": {
        "p9.4": """\
window_end = tl.minimum(start_n + window + BLOCK_N - 1, N)
whole = window // BLOCK_M
whole_end = start_n + whole * BLOCK_M
if whole_end > window_end:
    whole_end = window_end"""
    },
    "p9: the distance to a sink": {
        "p9.5": """\
distance = offs_m[None, :] - offs_n[:, None]
seen = (distance >= window) & (offs_n < sink)[:, None]
dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)"""
    },
}
