"""p8: wrong backward passes with grouped queries, for measuring."""

from functools import partial

from ..form import free, wrong

lse = partial(wrong, "p8", "logsumexp")
mask = partial(wrong, "p8", "masking")
base = partial(wrong, "p8", "scale and base")
chain = partial(wrong, "p8", "chain rule")
loops = partial(wrong, "p8", "loops")
precision = partial(wrong, "p8", "precision")
rewritten = partial(free, "p8", "written anew")

MUTANTS = (
    lse(
        "lse-sign",
        "p8.1 step 1",
        "the sum's logarithm is subtracted",
        "thinks of the division",
        ("m_i + tl.log2(l_i)", "m_i - tl.log2(l_i)"),
    ),
    lse(
        "lse-wrong-base",
        "p8.1 step 1",
        "lse in base e",
        "gives the logsumexp of the textbook",
        ("m_i + tl.log2(l_i)", "m_i * 0.6931471805599453 + tl.log(l_i)"),
    ),
    mask(
        "causal-flipped",
        "p8.2 step 1",
        "dq from the future",
        "turns the comparison round",
        ("offs_n[None, :] <= offs_m[:, None]", "offs_n[None, :] >= offs_m[:, None]"),
    ),
    mask(
        "causal-hides-own-key",
        "p8.4 step 2",
        "dk and dv without the own key",
        "writes < for <=",
        ("offs_n[:, None] <= offs_m[None, :]", "offs_n[:, None] < offs_m[None, :]"),
    ),
    base(
        "scale-missing",
        "p8.2 step 1",
        "dq from unscaled scores",
        "thinks that lse knows the scale",
        ("tl.dot(q, tl.trans(k)) * qk_scale", "tl.dot(q, tl.trans(k))"),
    ),
    base(
        "p-wrong-base",
        "p8.4 step 2",
        "exp for exp2",
        "copies a base-e kernel",
        ("tl.exp2(qk_t", "tl.exp(qk_t"),
    ),
    base(
        "gradient-scaled-twice",
        "p8.2 step 5",
        "each share of dq is scaled",
        "does not see the scale at the end",
        ("dq = tl.dot(ds.to(k.dtype), k, dq)", "dq += tl.dot(ds.to(k.dtype), k) * qk_scale"),
    ),
    chain(
        "dp-from-wrong-tensor",
        "p8.2 step 3",
        "dp from the keys",
        "copies the line of the scores",
        ("tl.dot(do, tl.trans(v))", "tl.dot(do, tl.trans(k))"),
    ),
    chain(
        "delta-outside-p",
        "p8.2 step 4",
        "delta subtracted outside",
        "loses the brackets",
        ("p * (dp - delta[:, None])", "p * dp - delta[:, None]"),
    ),
    chain(
        "dq-from-wrong-tensor",
        "p8.2 step 5",
        "dq from the values",
        "confuses k and v",
        ("tl.dot(ds.to(k.dtype), k, dq)", "tl.dot(ds.to(v.dtype), v, dq)"),
    ),
    chain(
        "delta-from-wrong-tensor",
        "p8.3 step 1",
        "delta from q",
        "takes the wrong tensor",
        ("* o.to(tl.float32)", "* q.to(tl.float32)"),
    ),
    chain(
        "delta-sign",
        "p8.4 step 4",
        "delta is added",
        "loses the sign",
        ("dp_t - delta[None, :]", "dp_t + delta[None, :]"),
    ),
    chain(
        "dv-from-wrong-tensor",
        "p8.4 step 3",
        "dv from the queries",
        "mixes up dk and dv",
        ("tl.dot(p_t.to(do.dtype), do, dv)", "tl.dot(p_t.to(q.dtype), q, dv)"),
    ),
    precision(
        "delta-16-bit",
        "p8.3 step 1",
        "products of 16 bits",
        "converts at the end",
        (
            "tl.sum(do.to(tl.float32) * o.to(tl.float32), axis=1)",
            "tl.sum(do * o, axis=1).to(tl.float32)",
        ),
    ),
    loops(
        "diagonal-twice",
        "p8.5 step 2",
        "the second loop starts on the diagonal",
        "forgets to move on by a tile",
        ("range(start_n + BLOCK_N, N, BLOCK_M)", "range(start_n, N, BLOCK_M)"),
    ),
    loops(
        "last-tile-missing",
        "p8.5 step 2",
        "the last query tile is left out",
        "stops a tile early",
        ("range(start_n + BLOCK_N, N, BLOCK_M)", "range(start_n + BLOCK_N, N - BLOCK_M, BLOCK_M)"),
    ),
    loops(
        "diagonal-not-masked",
        "p8.5 step 1",
        "the diagonal without its mask",
        "copies the call of step 2",
        ("offs_n, qk_scale, True)", "offs_n, qk_scale, False)"),
    ),
    rewritten(
        "gradient-not-accumulated",
        "p8.2 step 5",
        "dq of the last tile",
        "overwrites dq",
        """
s = tl.dot(q, k.T) * qk_scale
if MASKED:
    s = tl.where(offs_m[:, None] >= offs_n[None, :], s, float("-inf"))
p = tl.exp2(s - lse[:, None])
ds = p * (tl.dot(do, v.T) - delta[:, None])
dq = tl.dot(ds.to(k.dtype), k)
""",
    ),
    rewritten(
        "dv-from-ds",
        "p8.4 step 3",
        "one table for both gradients",
        "computes ds first and uses it twice",
        """
s = tl.dot(k, tl.trans(q)) * qk_scale
if MASKED:
    s = tl.where(offs_n[:, None] <= offs_m[None, :], s, float("-inf"))
weights = tl.exp2(s - lse[None, :])
weights = weights * (tl.dot(v, tl.trans(do)) - delta[None, :])
dv = tl.dot(weights.to(do.dtype), do, dv)
dk = tl.dot(weights.to(q.dtype), q, dk)
""",
    ),
    rewritten(
        "pointer-not-advanced",
        "p8.5 step 1",
        "q and do stay after the diagonal",
        "moves the pointers in one loop of two",
        """
for start_m in range(start_n, tl.minimum(start_n + BLOCK_N, N), BLOCK_M):
    offs_m = start_m + tile_m
    q, do, lse, delta = _load_queries(
        q_base + q_offs, do_base + do_offs, lse_ptrs + start_m, delta_ptrs + start_m,
        offs_m, N, EVEN_N,
    )
    dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, True)
for start_m in range(start_n + BLOCK_N, N, BLOCK_M):
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
)
