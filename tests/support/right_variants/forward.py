"""The forward kernel, whole and causal, in other styles."""

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
