"""p8: wrong backward passes, kept aside."""

from functools import partial

from ..form import wrong

product = partial(wrong, "p8", "backward products")

P_T = "p_t = tl.exp2(qk_t - lse[None, :])"
DS = "ds = p * (dp - delta[:, None])"
DK, DV = "dk = tl.dot(ds_t.to(q.dtype), q, dk)", "dv = tl.dot(p_t.to(do.dtype), do, dv)"
HIDE_T = 'qk_t = tl.where(offs_n[:, None] <= offs_m[None, :], qk_t, float("-inf"))'
ADD = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, offs_m, offs_n, qk_scale, False)"

MUTANTS = (
    product(
        "lse-multiplied", "p8.1 step 1", "maximum and log are multiplied",
        "slips", ("lse = m_i + tl.log2(l_i)", "lse = m_i * tl.log2(l_i)"),
    ),
    product(
        "lse-broadcast-wrong", "p8.4 step 2", "lse runs along the keys",
        "keeps [:, None] where the axes have changed places",
        (P_T, P_T.replace("[None, :]", "[:, None]")),
    ),
    product(
        "ds-without-p", "p8.2 step 4", "ds without p in dq",
        "forgets the outer factor", (DS, "ds = dp - delta[:, None]"),
    ),
    product(
        "gradient-not-accumulated", "p8.4 step 3", "dv is that of the last tile",
        "leaves dv out of tl.dot", (DV, "dv = tl.dot(p_t.to(do.dtype), do)"),
    ),
    product(
        "mask-zero", "p8.4 step 2", "hidden scores become 0 in dk and dv",
        "masks the scores as if they were weights",
        (HIDE_T, HIDE_T.replace('float("-inf")', "0.0")),
    ),
    product(
        "gradient-not-added", "p8.5 step 2", "dv gets nothing after the diagonal",
        "takes back dk alone", (ADD, ADD.replace("dk, dv =", "dk, _ =")),
    ),
)  # fmt: skip
