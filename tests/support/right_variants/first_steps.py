"""Tiled attention in PyTorch, and the first kernel, in other styles."""

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
