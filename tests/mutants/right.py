"""Right answers in other styles: those that the trust tests know, and a few more."""

from __future__ import annotations

from collections.abc import Mapping

from right_variants import RIGHT

from .form import Work
from .untouched.right import RIGHT as UNTOUCHED

_ROUGH = """\
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
m_new = tl.maximum(m_i, {maximum})
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new"""

MORE: dict[str, dict[str, str]] = {
    "p1: the maximum in 16 bits": {
        "p1.1": """\
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True).half().float())
alpha = torch.exp(m_i - m_new)
p = torch.exp(S - m_new)
l_i = l_i * alpha + p.sum(dim=-1, keepdim=True)
acc = acc * alpha + p @ Vj
m_i = m_new"""
    },
    "p1: p rounded to the inputs' dtype": {
        "p1.1": """\
if needs_mask:
    S = torch.where(q_idx[:, None] >= k_idx, S, -math.inf)
m_new = torch.maximum(S.amax(-1, True), m_i)
p = (S - m_new).exp_()
alpha = (m_i - m_new).exp_()
l_i = torch.addcmul(p.sum(-1, True), l_i, alpha)
acc = torch.addcmul(p.to(Q.dtype).float() @ Vj, acc, alpha)
m_i = m_new"""
    },
    "p2: rows of one program by a mask of their own": {
        "p2.1": """\
first = tl.program_id(0).to(tl.int64) * BLOCK_R
offs_r = first + tl.arange(0, BLOCK_R)
x_rows = x_ptr + offs_r * stride_xr
acc = tl.full([BLOCK_R], 0.0, tl.float32)
start = 0
while start < cols:
    offs_c = start + tl.arange(0, BLOCK_C).to(tl.int64)
    seen = (offs_r < rows)[:, None] & (offs_c < cols)[None, :]
    x = tl.load(x_rows[:, None] + offs_c[None, :] * stride_xc, mask=seen, other=0.0)
    w = tl.load(w_ptr + offs_c * stride_w, mask=offs_c < cols, other=0.0)
    acc += tl.sum(tl.where(seen, x.to(tl.float32) * w.to(tl.float32)[None, :], 0.0), axis=1)
    start += BLOCK_C
tl.store(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), mask=offs_r < rows)"""
    },
    "p3: the maximum in 16 bits": {
        "p3.1": _ROUGH.format(maximum="tl.max(qk, axis=1).to(tl.float16).to(tl.float32)")
    },
    "p3: the maximum rounded up": {"p3.1": _ROUGH.format(maximum="tl.ceil(tl.max(qk, axis=1))")},
    "p3: the maximum follows lazily": {
        "p3.1": """\
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
tile = tl.max(qk, axis=1)
m_new = tl.where(tile > m_i + 8.0, tile, m_i)
alpha = tl.exp2(m_i - m_new)
p = tl.exp2(qk - m_new[:, None])
l_i = l_i * alpha + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
m_i = m_new"""
    },
    "p4: the mask as a difference of positions": {
        "p4.2": """\
key = start_n + offs_n
there = key < Nk
v = tl.load(v_base + v_offs, mask=there[:, None], other=0.0)
k = tl.load(k_base + k_offs, mask=there[:, None], other=0.0)
ahead = key[None, :] - offs_m[:, None]
qk = tl.where((ahead > 0) | (key >= Nk)[None, :], float("-inf"), tl.dot(q, tl.trans(k)))
top = tl.max(qk, axis=1) * qk_scale
m_new = tl.where(top > m_i, top, m_i)
p = tl.exp2(qk * qk_scale - m_new[:, None])
alpha = tl.exp2(m_i - m_new)
acc = tl.dot(p.to(v.dtype), v, alpha[:, None] * acc)
l_i = alpha * l_i + tl.sum(p, axis=1)
m_i = m_new"""
    },
    "p5: the batch varies fastest": {
        "p5.1": """\
sequences = tl.num_programs(0) // H
b = (pid_bh % sequences).to(tl.int64)
h = (pid_bh // sequences).to(tl.int64)
q_base = q_ptr + b * stride_qb + h * stride_qh
k_base = k_ptr + b * stride_kb + (h // GROUP) * stride_kh
v_base = v_ptr + b * stride_vb + (h // GROUP) * stride_vh"""
    },
    "p5: pads read as 1": {
        "p5.3": """\
k = tl.load(k_base + k_offs, mask=key[:, None] < Nk, other=1.0)
v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=1.0)"""
    },
    "p6: every tile of the past, masked": {"p6.1": "first = 0\ninside = diagonal"},
    "p6: one tile more than needed": {
        "p6.1": """\
first = tl.maximum(start_m - window_size, 0) // BLOCK_N * BLOCK_N
whole = tl.maximum(start_m + BLOCK_M - window_size, 0)
inside = tl.minimum(tl.cdiv(whole, BLOCK_N) * BLOCK_N, diagonal)"""
    },
    "p7: sinks in the window's tile size": {
        "p7.1": """\
for start_n in range(0, tl.minimum(sink_size, first), BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd)
    qk = tl.where(key[None, :] < sink_size, tl.dot(q, tl.trans(k)), float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"""
    },
    "p8: one loop, masked throughout": {
        "p8.5": """\
for start_m in range(start_n, N, BLOCK_M):
    offs_m = start_m + tile_m
    q, do, lse, delta = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)
    q_base += BLOCK_M * stride_qn
    do_base += BLOCK_M * stride_gn"""
    },
    "p9: all queries to the end, masked": {"p9.4": "window_end = N\nwhole_end = start_n"},
    "p9: keys after the sinks, which nobody stores": {
        "p9.5": """\
seen = offs_n[:, None] <= offs_m[None, :] - window
dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)"""
    },
    "p9: no tile without a mask": {
        "p9.1": """\
window_start = tl.maximum(start_m - window, 0) // BLOCK_N * BLOCK_N
whole_start = start_m"""
    },
}


def right_answers(problem_id: str, solution: Mapping[str, str]) -> dict[str, Work]:
    """The solution of a problem and all right answers in other styles, by name."""
    styles = {
        name: {**solution, **regions}
        for name, regions in (RIGHT | MORE | UNTOUCHED).items()
        if name.startswith(f"{problem_id}:")
    }
    return {f"{problem_id}: the solution": dict(solution), **styles}
