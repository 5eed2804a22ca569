"""More wrong answers to p8, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

DIAGONAL_LOOP = "for start_m in range(start_n, tl.minimum(start_n + BLOCK_N, N), BLOCK_M):"
MUTANTS = (
    wrong(
        "p8",
        "lse",
        "lse-divided",
        "p8.1 step 1",
        "m_i over l_i",
        "The sum divides.",
        ("lse = m_i + tl.log2(l_i)", "lse = m_i / l_i"),
    ),
    free(
        "p8",
        "delta",
        "delta-of-tile",
        "p8.2 step 4",
        "delta from this tile alone",
        "delta is the row's sum of p * dp. I have both here.",
        """
qk = tl.dot(q, tl.trans(k)) * qk_scale
if MASKED:
    qk = tl.where(offs_m[:, None] >= offs_n[None, :], qk, float("-inf"))
p = tl.exp2(qk - lse[:, None])
dp = tl.dot(do, tl.trans(v))
mean = tl.sum(p * dp, axis=1)
ds = p * (dp - mean[:, None])
dq += tl.dot(ds.to(k.dtype), k)
""",
    ),
    free(
        "p8",
        "softmax",
        "normalised-per-tile",
        "p8.2 step 2",
        "a softmax of the tile",
        "The probabilities are the softmax of the scores.",
        """
qk = tl.dot(q, tl.trans(k)) * qk_scale
if MASKED:
    qk = tl.where(offs_n[None, :] <= offs_m[:, None], qk, float("-inf"))
e = tl.exp2(qk - tl.max(qk, axis=1)[:, None])
p = e / tl.sum(e, axis=1)[:, None]
ds = p * (tl.dot(do, tl.trans(v)) - delta[:, None])
dq = tl.dot(ds.to(k.dtype), k, dq)
""",
    ),
    free(
        "p8",
        "scale",
        "gradient-scaled-twice",
        "p8.4 step 5",
        "q carries the scale into dk",
        "Scaling q once is cheaper than scaling all scores.",
        """
q = (q * qk_scale).to(k.dtype)
qk_t = tl.dot(k, tl.trans(q))
if MASKED:
    qk_t = tl.where(offs_n[:, None] <= offs_m[None, :], qk_t, float("-inf"))
p_t = tl.exp2(qk_t - lse[None, :])
dv += tl.dot(p_t.to(do.dtype), do)
dp_t = tl.dot(v, tl.trans(do))
ds_t = p_t * (dp_t - delta[None, :])
dk += tl.dot(ds_t.to(q.dtype), q)
""",
    ),
    wrong(
        "p8",
        "delta",
        "delta-wrong-sum",
        "p8.3 step 1",
        "do times all of o's rows",
        "A sum of products is a dot.",
        (
            "delta = tl.sum(do.to(tl.float32) * o.to(tl.float32), axis=1)",
            "delta = tl.sum(tl.dot(do, tl.trans(o)), axis=1)",
        ),
    ),
    free(
        "p8",
        "order",
        "dv-from-ds",
        "p8.4 step 3",
        "p_t is overwritten before dv",
        "I turn p_t into ds_t in place and add to dv and dk at the end.",
        """
s = tl.dot(k, tl.trans(q)) * qk_scale
if MASKED:
    s = tl.where(offs_m[None, :] >= offs_n[:, None], s, float("-inf"))
p_t = tl.exp2(s - lse[None, :])
p_t *= tl.dot(v, tl.trans(do)) - delta[None, :]
dv = tl.dot(p_t.to(do.dtype), do, dv)
dk = tl.dot(p_t.to(q.dtype), q, dk)
""",
    ),
    free(
        "p8",
        "loop",
        "diagonal-not-masked",
        "p8.5 step 1",
        "one loop without a mask",
        "One loop over all queries from start_n on is simpler.",
        """
for start_m in range(start_n, N, BLOCK_M):
    offs_m = start_m + tile_m
    q, do, lse, delta = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, False)
    q_base += BLOCK_M * stride_qn
    do_base += BLOCK_M * stride_gn
""",
    ),
    free(
        "p8",
        "loop",
        "pointer-not-advanced",
        "p8.5 step 2",
        "one loop, do_base stays",
        "One loop with a mask everywhere. I moved q on.",
        """
for start_m in range(start_n, N, BLOCK_M):
    offs_m = start_m + tile_m
    q, do, lse, delta = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)
    q_base += BLOCK_M * stride_qn
""",
    ),
    wrong(
        "p8",
        "loop",
        "diagonal-first-tile-only",
        "p8.5 step 1",
        "the diagonal ends after BLOCK_M",
        "The diagonal is one tile long.",
        (DIAGONAL_LOOP, DIAGONAL_LOOP.replace("start_n + BLOCK_N", "start_n + BLOCK_M")),
    ),
    free(
        "p8",
        "mask",
        "shapes-do-not-fit",
        "p8.5 step 1",
        "keys and queries change places",
        "Everything is transposed here, so keys come before queries in the call.",
        """
for start_m in range(start_n, N, BLOCK_M):
    offs_m = start_m + tile_m
    tile = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    q, do, lse, delta = tile
    on_diagonal = start_m < start_n + BLOCK_N
    if on_diagonal:
        dk, dv = _dk_dv_tile(
            dk, dv, k, v, q, do, lse, delta, offs_n, offs_m, qk_scale, True
        )
    else:
        dk, dv = _dk_dv_tile(
            dk, dv, k, v, q, do, lse, delta, offs_n, offs_m, qk_scale, False
        )
    q_base += BLOCK_M * stride_qn
    do_base += BLOCK_M * stride_gn
""",
    ),
)
