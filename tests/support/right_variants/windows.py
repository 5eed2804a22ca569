"""Grouped heads, windows and sinks in other styles."""

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
