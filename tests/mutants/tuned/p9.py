"""p9: wrong windows and sinks in a backward pass."""

from functools import partial

from ..form import wrong

window = partial(wrong, "p9", "window edges")
sinks = partial(wrong, "p9", "sinks")
product = partial(wrong, "p9", "backward products")
base = partial(wrong, "p9", "scale and base")
mask = partial(wrong, "p9", "masking")

START = "window_start = tl.maximum(start_m - window + 1, 0) // BLOCK_N * BLOCK_N"
LAST = "last_start = tl.maximum(start_m + BLOCK_M - window, 0)"
WHOLE = "whole_start = tl.minimum(tl.cdiv(last_start, BLOCK_N) * BLOCK_N, start_m)"
HIDE = 'qk = tl.where(_visible(offs_m[:, None], offs_n[None, :], window, sink), qk, float("-inf"))'
P, P_T = "p = tl.exp2(qk - lse[:, None])", "p_t = tl.exp2(qk_t - lse[None, :])"
DP_T = "dp_t = tl.dot(v, tl.trans(do))"
DS, DS_T = "ds = p * (dp - delta[:, None])", "ds_t = p_t * (dp_t - delta[None, :])"
DQ = "dq = tl.dot(ds.to(k.dtype), k, dq)"
DK, DV = "dk = tl.dot(ds_t.to(q.dtype), q, dk)", "dv = tl.dot(p_t.to(do.dtype), do, dv)"
HIDE_T = 'qk_t = tl.where(seen, qk_t, float("-inf"))'
QK_T = "qk_t = tl.dot(k, tl.trans(q)) * qk_scale"
WINDOW_END = "window_end = tl.minimum(start_n + BLOCK_N - 1 + window, N)"
WHOLE_END = "whole_end = tl.minimum(start_n + window // BLOCK_M * BLOCK_M, window_end)"
SEEN = "seen = (offs_n[:, None] < sink) & (offs_n[:, None] <= offs_m[None, :] - window)"
ADD = "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)"

MUTANTS = (
    window(
        "first-rounds-up", "p9.1 step 1", "the window begins a tile late",
        "rounds up to stay inside",
        (START, "window_start = tl.cdiv(tl.maximum(start_m - window + 1, 0), BLOCK_N) * BLOCK_N"),
    ),
    window(
        "first-not-rounded", "p9.1 step 1", "window_start is no multiple of the tile",
        "starts at the key itself", (START, "window_start = tl.maximum(start_m - window + 1, 0)"),
    ),
    window(
        "first-below-zero", "p9.1 step 1", "window_start may be negative",
        "leaves out the maximum with 0",
        (START, "window_start = (start_m - window + 1) // BLOCK_N * BLOCK_N"),
    ),
    window(
        "first-by-last-query", "p9.1 step 1", "window_start follows the tile's last query",
        "takes the wrong end of the query tile",
        (START, "window_start = tl.maximum(start_m + BLOCK_M - window, 0) // BLOCK_N * BLOCK_N"),
    ),
    window(
        "first-off-by-one", "p9.1 step 1", "the oldest key is one too young",
        "adds one twice", (START, START.replace("window + 1", "window + 2")),
    ),
    window(
        "inside-rounds-down", "p9.1 step 2", "whole_start rounds down",
        "rounds both the same way",
        (WHOLE, "whole_start = tl.minimum(last_start // BLOCK_N * BLOCK_N, start_m)"),
    ),
    window(
        "inside-by-first-query", "p9.1 step 2", "whole_start follows the tile's first query",
        "takes the wrong end of the query tile",
        (LAST, "last_start = tl.maximum(start_m - window + 1, 0)"),
    ),
    window(
        "inside-beyond-diagonal", "p9.1 step 2", "whole_start may lie beyond start_m",
        "leaves out the minimum", (WHOLE, "whole_start = tl.cdiv(last_start, BLOCK_N) * BLOCK_N"),
    ),
    window(
        "edge-not-masked", "p9.1 step 2", "no tile is taken for an edge",
        "thinks that window_start cuts exactly", (WHOLE, "whole_start = window_start"),
    ),
    window(
        "query-end-too-early", "p9.4 step 1", "window_end follows the tile's first key",
        "takes the wrong end of the key tile",
        (WINDOW_END, "window_end = tl.minimum(start_n + window, N)"),
    ),
    window(
        "query-end-too-early", "p9.4 step 1", "window_end leaves the last query out",
        "off by one", (WINDOW_END, WINDOW_END.replace("- 1 + window", "- 2 + window")),
    ),
    window(
        "query-end-beyond-n", "p9.4 step 1", "window_end may lie beyond N",
        "leaves out the minimum", (WINDOW_END, "window_end = start_n + BLOCK_N - 1 + window"),
    ),
    window(
        "whole-end-too-late", "p9.4 step 2", "whole_end follows the tile's last key",
        "takes the wrong end of the key tile",
        (WHOLE_END,
         "whole_end = tl.minimum(start_n + (window + BLOCK_N) // BLOCK_M * BLOCK_M, window_end)"),
    ),
    window(
        "whole-end-too-late", "p9.4 step 2", "whole_end rounds up",
        "rounds to the wrong side",
        (WHOLE_END, WHOLE_END.replace("window // BLOCK_M", "tl.cdiv(window, BLOCK_M)")),
    ),
    window(
        "whole-end-not-rounded", "p9.4 step 2", "whole_end is no end of a tile",
        "counts queries, not tiles",
        (WHOLE_END, "whole_end = tl.minimum(start_n + window, window_end)"),
    ),
    sinks(
        "sinks-twice", "p9.5 step 1", "pairs inside the window count as sinks too",
        "asks only whether the key is a sink",
        (SEEN, "seen = (offs_n[:, None] < sink) & (offs_n[:, None] <= offs_m[None, :])"),
    ),
    sinks(
        "sinks-window-off-by-one", "p9.5 step 1", "the first query after the window is left out",
        "< for <=", (SEEN, SEEN.replace("<= offs_m", "< offs_m")),
    ),
    sinks(
        "sinks-window-off-by-one", "p9.5 step 1", "the window's last query counts twice",
        "off by one", (SEEN, SEEN.replace("- window", "- window + 1")),
    ),
    sinks(
        "sinks-not-added", "p9.5 step 2", "the sink tile's sums are dropped",
        "forgets to take back what the helper returns", (ADD, ADD.replace("dk, dv = ", "")),
    ),
    sinks(
        "gradient-not-accumulated", "p9.5 step 2", "dk of the sinks is dropped",
        "takes back dv only", (ADD, ADD.replace("dk, dv = ", "_, dv = ")),
    ),
    sinks(
        "sinks-forgotten-in-dq", "p9.2 step 1", "dq knows no sinks",
        "passes 0 as in the other kernel", (HIDE, HIDE.replace("sink)", "0)")),
    ),
    mask(
        "causal-missing", "p9.2 step 1", "no mask in dq",
        "thinks that lse has taken care of it", (HIDE, "qk = qk"),
    ),
    mask(
        "window-missing-in-dq", "p9.2 step 1", "dq is masked by the future alone",
        "copies problem 8",
        (HIDE, 'qk = tl.where(offs_n[None, :] <= offs_m[:, None], qk, float("-inf"))'),
    ),
    mask(
        "mask-transposed", "p9.2 step 1", "keys and queries change places in the mask",
        "mixes up the arguments",
        (HIDE,
         HIDE.replace("offs_m[:, None], offs_n[None, :]", "offs_n[None, :], offs_m[:, None]")),
    ),
    mask(
        "seen-ignored", "p9.3 step 1", "dk and dv without the mask",
        "copies the tile and forgets `seen`", (HIDE_T, "qk_t = qk_t"),
    ),
    mask(
        "mask-zero", "p9.3 step 1", "hidden scores become 0",
        "masks the scores as if they were weights",
        (HIDE_T, HIDE_T.replace('float("-inf")', "0.0")),
    ),
    mask(
        "mask-not-inf", "p9.3 step 1", "hidden scores become -1e4",
        "takes a large number for infinity",
        (HIDE_T, HIDE_T.replace('float("-inf")', "-1.0e4")),
        ("p9.2", HIDE, HIDE.replace('float("-inf")', "-1.0e4")),
    ),
    base(
        "p-wrong-base", "p9.2 step 2", "p by exp in dq",
        "writes exp by habit", (P, P.replace("exp2", "exp")),
    ),
    base(
        "p-wrong-base", "p9.3 step 1", "p by exp in dk and dv",
        "writes exp by habit", (P_T, P_T.replace("exp2", "exp")),
    ),
    base(
        "scale-missing", "p9.3 step 1", "scores without the scale in dk and dv",
        "thinks that the scale comes at the end", (QK_T, "qk_t = tl.dot(k, tl.trans(q))"),
    ),
    base(
        "gradient-scaled-twice", "p9.2 step 2", "dq is scaled in every tile, and again at the end",
        "knows that ds needs the scale", (DS, DS + " * qk_scale"),
    ),
    product(
        "delta-missing", "p9.2 step 2", "ds without delta in dq",
        "differentiates exp, not softmax", (DS, "ds = p * dp"),
    ),
    product(
        "delta-missing", "p9.3 step 1", "ds without delta in dk",
        "differentiates exp, not softmax", (DS_T, "ds_t = p_t * dp_t"),
    ),
    product(
        "ds-without-p", "p9.3 step 1", "ds_t without p",
        "forgets the outer factor", (DS_T, "ds_t = dp_t - delta[None, :]"),
    ),
    product(
        "dp-from-wrong-tensor", "p9.3 step 1", "dp_t is k against do",
        "takes k for v", (DP_T, "dp_t = tl.dot(k, tl.trans(do))"),
    ),
    product(
        "dk-from-wrong-tensor", "p9.3 step 1", "dk adds ds_t times do",
        "takes do for q", (DK, "dk = tl.dot(ds_t.to(do.dtype), do, dk)"),
    ),
    product(
        "dv-from-ds", "p9.3 step 1", "dv is made from ds_t",
        "uses ds for all three gradients",
        (DV, "dv = tl.dot((p_t * (dp_t - delta[None, :])).to(do.dtype), do, dv)"),
    ),
    product(
        "gradient-not-accumulated", "p9.2 step 2", "dq is that of the last tile",
        "leaves dq out of tl.dot", (DQ, "dq = tl.dot(ds.to(k.dtype), k)"),
    ),
    product(
        "gradient-not-accumulated", "p9.3 step 1", "dv is that of the last tile",
        "leaves dv out of tl.dot", (DV, "dv = tl.dot(p_t.to(do.dtype), do)"),
    ),
)  # fmt: skip
