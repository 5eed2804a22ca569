"""Right regions in other styles, and kernels as one meets them in tutorials: all accepted."""

from __future__ import annotations

REGIONS = {
    "p1.1": {
        "torch functions throughout": """\
if needs_mask:
    hidden = torch.gt(k_idx.unsqueeze(0), q_idx.unsqueeze(1))
    S = torch.where(hidden, float("-inf"), S)
row_max = torch.max(S, dim=-1, keepdim=True).values
m_new = torch.max(m_i, row_max)
alpha = torch.exp(torch.sub(m_i, m_new))
p = torch.exp(torch.sub(S, m_new))
l_i = torch.add(torch.mul(l_i, alpha), torch.sum(p, -1, True))
acc = torch.add(torch.mul(acc, alpha), torch.matmul(p, Vj))
m_i = m_new""",
        "in place, with a mask of floats": """\
if is_causal:
    mask = torch.full((q_end - q_start, k_end - k_start), -torch.inf, device=S.device)
    S += torch.triu(mask, diagonal=q_start - k_start + 1).to(S.dtype)
new = torch.maximum(m_i, S.max(-1, keepdim=True)[0])
S.sub_(new).exp_()
scale_old = (m_i - new).exp()
acc *= scale_old
acc += torch.einsum("bhqk,bhkd->bhqd", S, Vj)
l_i *= scale_old
l_i += S.sum(-1, keepdim=True)
m_i = new""",
        "items assigned, base 2": """\
LOG2E = math.log2(math.e)
if needs_mask:
    S[:, :, k_idx[None, :] > q_idx[:, None]] = -math.inf
m_new = torch.maximum(m_i, torch.amax(S, dim=-1, keepdim=True))
alpha = torch.exp2((m_i - m_new) * LOG2E)
p = torch.exp2((S - m_new) * LOG2E)
l_i[...] = l_i * alpha + p.sum(dim=-1)[..., None]
acc[...] = acc * alpha + torch.bmm(p.flatten(0, 1), Vj.flatten(0, 1)).view(acc.shape)
m_i[...] = m_new""",
        "query by query": '''\
"""Slow, but right."""
for i in range(q_end - q_start):
    s = S[:, :, i].clone()
    if needs_mask:
        s = s.masked_fill(k_idx > q_idx[i], torch.finfo(s.dtype).min)
    m = torch.maximum(m_i[:, :, i], s.amax(-1, keepdim=True))
    assert m.shape == m_i[:, :, i].shape, "one maximum a query"
    a, p = torch.exp(m_i[:, :, i] - m), torch.exp(s - m)
    l_i[:, :, i] = l_i[:, :, i] * a + p.sum(-1, keepdim=True)
    acc[:, :, i] = acc[:, :, i] * a + (p.unsqueeze(-2) @ Vj).squeeze(-2)
    m_i[:, :, i] = m
    if i % 64 == 0:
        print("row", i, m.shape)''',
    },
    "p2.1": {
        "block pointers": """\
pid = tl.program_id(axis=0)
x_block_ptr = tl.make_block_ptr(
    base=x_ptr, shape=(rows, cols), strides=(stride_xr, stride_xc),
    offsets=(pid * BLOCK_R, 0), block_shape=(BLOCK_R, BLOCK_C), order=(1, 0),
)
w_block_ptr = tl.make_block_ptr(
    base=w_ptr, shape=(cols,), strides=(stride_w,), offsets=(0,), block_shape=(BLOCK_C,),
    order=(0,),
)
acc = tl.zeros((BLOCK_R,), dtype=tl.float32)
for _ in range(tl.cdiv(cols, BLOCK_C)):
    x = tl.load(x_block_ptr, boundary_check=(0, 1), padding_option="zero").to(tl.float32)
    w = tl.load(w_block_ptr, boundary_check=(0,), padding_option="zero").to(tl.float32)
    acc += tl.sum(x * w[None, :], 1)
    x_block_ptr = x_block_ptr.advance((0, BLOCK_C))
    w_block_ptr = tl.advance(w_block_ptr, (BLOCK_C,))
offs = pid * BLOCK_R + tl.arange(0, BLOCK_R)
tl.store(out_ptr + offs * stride_out, acc.to(out_ptr.type.element_ty), offs < rows)""",
        "a while loop and expand_dims": """\
row_start: tl.constexpr = 0
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(row_start, BLOCK_R)
offs_r = tl.max_contiguous(tl.multiple_of(offs_r, BLOCK_R), BLOCK_R)
acc = tl.full([BLOCK_R], 0.0, tl.float32)
start = 0
tl.assume(stride_w > 0)
while start < cols:
    offs_c = start + tl.arange(0, BLOCK_C)
    mask = tl.expand_dims(offs_r < rows, 1) & tl.expand_dims(offs_c < cols, 0)
    ptrs = x_ptr + offs_r.expand_dims(1).to(tl.int64) * stride_xr
    x = tl.load(ptrs + offs_c.expand_dims(0) * stride_xc, mask, 0.0, cache_modifier=".cg")
    w = tl.load(w_ptr + offs_c * stride_w, offs_c < cols, 0.0, eviction_policy="evict_last")
    acc = tl.fma(acc, 1.0, tl.sum(tl.cast(x, tl.float32) * tl.cast(w, tl.float32), axis=1))
    start += BLOCK_C
tl.store(out_ptr + offs_r * stride_out, acc, mask=offs_r < rows)""",
        "one row at a time, static": """\
pid = tl.program_id(0)
tl.static_assert(BLOCK_R > 0, "at least one row")
for i in tl.static_range(BLOCK_R):
    r = (pid * BLOCK_R + i).to(tl.int64)
    if r < rows and stride_out > 0:
        total = 0.0
        for c in tl.range(0, cols, BLOCK_C, num_stages=2):
            offs = c + tl.arange(0, BLOCK_C)
            x = tl.load(x_ptr + r * stride_xr + offs * stride_xc, mask=offs < cols, other=0)
            w = tl.load(w_ptr + offs * stride_w, mask=offs < cols, other=0)
            total += tl.sum(x.to(tl.float32) * w.to(tl.float32))
        tl.store(out_ptr + r * stride_out, total)
    else:
        pass""",
        "a dot product": """\
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
sum = tl.zeros([BLOCK_R, 16], dtype=tl.float32)
for c in range(0, tl.cdiv(cols, BLOCK_C) * BLOCK_C, BLOCK_C):
    offs_c = c + tl.arange(0, BLOCK_C)
    ok = (offs_r[:, None] < rows) & (offs_c[None, :] < cols)
    x = tl.load(x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc, ok, other=0)
    w = tl.load(w_ptr + offs_c * stride_w, offs_c < cols, other=0).to(x.dtype)
    w2 = tl.broadcast_to(w[:, None], (BLOCK_C, 16))
    sum = tl.dot(x, w2, acc=sum, input_precision="ieee")
out = tl.max(sum, axis=1)
tl.store(out_ptr + offs_r * stride_out, out.to(out_ptr.dtype.element_ty), mask=offs_r < rows)""",
    },
    "p3.1": {
        "exp by hand, dots in float32": """\
# if not EVEN_N: (commented out)
mask = (start_n + offs_n) < Nk
qk += tl.where(mask[None, :], 0, -1.0e6 * float("inf"))
m_ij = tl.maximum(m_i, tl.max(qk, 1))
ln2: tl.constexpr = 0.6931471805599453
p = tl.math.exp((qk - m_ij[:, None]) * ln2)
correction = tl.math.exp2(m_i - m_ij)
l_i *= correction
l_i += tl.sum(p, 1)
acc *= tl.reshape(correction, (BLOCK_M, 1))
acc += tl.dot(p.to(tl.float32), v.to(tl.float32), allow_tf32=False, out_dtype=tl.float32)
m_i = m_ij""",
        "guards, methods, conditional expressions": """\
limit = Nk if not EVEN_N else start_n + BLOCK_N
kept = tl.broadcast_to(tl.view(offs_n, (1, BLOCK_N)) + start_n < limit, qk.shape)
qk = tl.where(kept, qk, -float("inf"))
m_new = tl.maximum(m_i, qk.max(1), propagate_nan=tl.PropagateNan.NONE)
m_safe = tl.where(m_new == float("-inf"), 0.0, m_new)
alpha, p = tl.exp2(m_i - m_safe), tl.exp2(qk - m_safe.expand_dims(1))
l_i = tl.fma(l_i, alpha, p.sum(axis=1))
acc = tl.dot(p.cast(v.type.element_ty), v, acc * alpha[:, None])
m_i = m_new
tl.debug_barrier()""",
    },
    "p6.1": {
        "integers of Python": """\
first = max(start_m - window_size + 1, 0) // BLOCK_N * BLOCK_N
whole_from = max(0, start_m + BLOCK_Q - window_size)
inside = min((whole_from + BLOCK_N - 1) // BLOCK_N * BLOCK_N, diagonal)""",
        "triton's cdiv, ifs": """\
first = 0
if start_m >= window_size - 1:
    first = (start_m - window_size + 1) & ~(BLOCK_N - 1)
inside = tl.where(window_size > start_m + BLOCK_Q, 0, start_m + BLOCK_Q - window_size)
inside = triton.cdiv(inside, BLOCK_N) * BLOCK_N
if inside > diagonal:
    inside = diagonal""",
    },
    "p8.3": {
        "tensor cores left alone": """\
delta = tl.zeros_like(lse)
delta += (do.to(tl.float32) * o.to(tl.float32)).sum(1)""",
    },
    "p9.5": {
        "with its remark": '''\
"""
What the window does not see:
query - window >= key
"""
key, query = offs_n.expand_dims(1), offs_m[None]
far = query - window >= key
seen = tl.where(key < sink, far, False).to(tl.int1)
dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, MASKED=True)''',
    },
}

FUNCTIONS = {
    "tutorial: softmax, layer norm, dropout, swizzle": '''\
@triton.jit
def row_softmax(out_ptr, in_ptr, stride, n_rows, n_cols, BLOCK: tl.constexpr):
    """One row a program."""
    row_start = tl.program_id(0)
    row_step = tl.num_programs(0)
    for row_idx in tl.range(row_start, n_rows, row_step, num_stages=2):
        cols = tl.arange(0, BLOCK)
        row = tl.load(in_ptr + row_idx * stride + cols, mask=cols < n_cols, other=-float("inf"))
        row_minus_max = row - tl.max(row, axis=0)
        numerator = tl.exp(row_minus_max)
        y = tl.fdiv(numerator, tl.sum(numerator, axis=0))
        tl.store(out_ptr + row_idx * stride + cols, y, mask=cols < n_cols)


@triton.jit
def combine(a, b):
    return a * b


@triton.jit
def tail(x_ptr, lock_ptr, n, seed, p: tl.constexpr = 0.5, GROUP: tl.constexpr = 8):
    pid_m, pid_n = tl.swizzle2d(tl.program_id(0), tl.program_id(1), 4, 4, GROUP)
    if pid_m >= n:
        return
    offs = pid_m * 16 + tl.arange(0, 16)
    x = tl.load(x_ptr + offs, mask=offs < n)
    x = tl.where(tl.rand(seed, offs) > p, x / (1 - p), 0.0)
    mean = tl.sum(x, axis=0) / n
    rstd = tl.rsqrt(tl.sum((x - mean) * (x - mean), axis=0) / n + 1e-5)
    x = tl.cumsum(x * rstd, 0) + tl.associative_scan(x, 0, combine)
    y = tl.reduce(x, axis=0, combine_fn=combine)
    while tl.atomic_cas(lock_ptr, 0, 1) == 1:
        pass
    tl.atomic_add(x_ptr + offs, x + y, mask=offs < n, sem="relaxed")
    tl.atomic_xchg(lock_ptr, 0)
''',
    "tutorial: flash attention's inner loop": """\
@triton.jit
def inner(acc, l_i, m_i, q, K_block_ptr, V_block_ptr, start_m, qk_scale,
          BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, STAGE: tl.constexpr,
          offs_m, offs_n, N_CTX: tl.constexpr, fp8_v: tl.constexpr = False):
    if STAGE == 1:
        lo, hi = 0, start_m * BLOCK_M
    elif STAGE == 2:
        lo, hi = start_m * BLOCK_M, (start_m + 1) * BLOCK_M
        lo = tl.multiple_of(lo, BLOCK_M)
    else:
        lo, hi = 0, N_CTX
    K_block_ptr = tl.advance(K_block_ptr, (0, lo))
    V_block_ptr = tl.advance(V_block_ptr, (lo, 0))
    for start_n in range(lo, hi, BLOCK_N):
        start_n = tl.multiple_of(start_n, BLOCK_N)
        k = tl.load(K_block_ptr)
        qk = tl.dot(q, k)
        if STAGE == 2:
            mask = offs_m[:, None] >= (start_n + offs_n[None, :])
            qk = qk * qk_scale + tl.where(mask, 0, -1.0e6)
            m_ij = tl.maximum(m_i, tl.max(qk, 1))
            qk -= m_ij[:, None]
        else:
            m_ij = tl.maximum(m_i, tl.max(qk, 1) * qk_scale)
            qk = qk * qk_scale - m_ij[:, None]
        p = tl.math.exp2(qk)
        l_ij = tl.sum(p, 1)
        alpha = tl.math.exp2(m_i - m_ij)
        l_i = l_i * alpha + l_ij
        acc = acc * alpha[:, None]
        v = tl.load(V_block_ptr)
        p = p.to(tl.float8e5 if fp8_v else tl.float16)
        acc = tl.dot(p, v, acc)
        m_i = m_ij
        V_block_ptr = tl.advance(V_block_ptr, (BLOCK_N, 0))
        K_block_ptr = tl.advance(K_block_ptr, (0, BLOCK_N))
    return acc, l_i, m_i
""",
    "descriptors and permutations": """\
@triton.jit
def copy(x_ptr, out_ptr, M, N, BM: tl.constexpr, BN: tl.constexpr, SCALE: tl.constexpr = -1):
    desc = tl.make_tensor_descriptor(x_ptr, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
    x = desc.load([tl.program_id(0) * BM, 0])
    x = tl.trans(x, (1, 0)).permute(1, 0)
    a, b = tl.split(tl.join(x, x * SCALE))
    y = tl.ravel(tl.interleave(a, b)) if BM * BN <= 1024 else tl.reshape(a, (BM * BN,))
    size: tl.constexpr = triton.next_power_of_2(BM) * x.dtype.primitive_bitwidth // 8
    if x.dtype.is_fp16() or x.dtype == tl.bfloat16:
        y = y.to(tl.float32)
    index, value = tl.argmax(y, axis=0), tl.sort(y)
    tl.device_assert(index >= 0, "an index")
    tl.device_print("value", value)
    tl.store(out_ptr + tl.arange(0, BM * BN), y * size)
""",
}
