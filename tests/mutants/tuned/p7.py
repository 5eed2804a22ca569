"""p7: wrong sinks."""

from functools import partial

from ..form import wrong

sinks = partial(wrong, "p7", "sinks")
window = partial(wrong, "p7", "window edges")
mask = partial(wrong, "p7", "masking")
where = partial(wrong, "p7", "offsets and strides")

SINK_LOOP = "for start_n in range(0, tl.minimum(sink_size, first), BLOCK_S):"
SINK_MASK = 'qk = tl.where(start_n + offs_s[None, :] < sink_size, qk, float("-inf"))'
SINK_K = "k = _load_tile(k_base, start_n + offs_s, offs_d, stride_kn, stride_kd)"
SINK_V = "v = _load_tile(v_base, start_n + offs_s, offs_d, stride_vn, stride_vd)"
UPDATE = "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"
WINDOW_LOOP = "for start_n in range(first, diagonal, BLOCK_N):"
RECENT = "recent = offs_m[:, None] - (start_n + offs_n[None, :]) < window_size"
EDGE = 'qk = tl.where(recent | (start_n + offs_n[None, :] < sink_size), qk, float("-inf"))'
KEPT = "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)"
LAST = 'qk = tl.where((distance >= 0) & kept, qk, float("-inf"))'
LAST_LOOP = "for start_n in range(diagonal, start_m + BLOCK_Q, BLOCK_N):"

MUTANTS = (
    sinks(
        "sinks-twice", "p7.1 step 1", "phase 1 goes through all sinks",
        "forgets that some lie in the window's tiles",
        (SINK_LOOP,
         SINK_LOOP.replace("tl.minimum(sink_size, first)", "tl.minimum(sink_size, start_m)")),
    ),
    sinks(
        "sinks-twice", "p7.1 step 1", "phase 1 ends at the diagonal",
        "takes the wrong end", (SINK_LOOP, SINK_LOOP.replace("first", "diagonal")),
    ),
    sinks(
        "sinks-one-tile", "p7.1 step 1", "one tile of sinks and no more",
        "thinks of 4 sinks", (SINK_LOOP, SINK_LOOP.replace("first)", "min(first, BLOCK_S))")),
    ),
    sinks(
        "sinks-missing", "p7.1 step 1", "the first tile of sinks is left out",
        "begins where the second tile begins",
        (SINK_LOOP, SINK_LOOP.replace("range(0", "range(BLOCK_S")),
    ),
    sinks(
        "sinks-missing", "p7.1 step 1", "whole tiles of sinks only",
        "rounds the number of tiles down",
        (SINK_LOOP,
         SINK_LOOP.replace("first)", "first) // BLOCK_S * BLOCK_S")),
    ),
    sinks(
        "sink-tile-not-masked", "p7.1 step 2", "all keys of the last sink tile count",
        "thinks that sink_size is a multiple of the tile", (SINK_MASK, "qk = qk"),
    ),
    sinks(
        "sink-one-too-many", "p7.1 step 2", "one key after the sinks counts",
        "<= for <", (SINK_MASK, SINK_MASK.replace("<", "<=")),
    ),
    sinks(
        "sinks-not-added", "p7.1 step 2", "the sink tile's update is dropped",
        "forgets to take back what _update returns",
        (UPDATE, "_update(qk, v, m_i, l_i, acc, qk_scale)"),
    ),
    sinks(
        "sinks-forgotten-on-edge", "p7.2 step 4", "sinks are hidden on the window's edge",
        "copies the edge mask of problem 6", (EDGE, 'qk = tl.where(recent, qk, float("-inf"))'),
    ),
    sinks(
        "sinks-forgotten-on-diagonal", "p7.3 step 6", "sinks are hidden on the diagonal",
        "copies the diagonal mask of problem 6", (KEPT, "kept = distance < window_size"),
    ),
    sinks(
        "sinks-in-future", "p7.3 step 6", "a sink is visible even in the future",
        "trusts the precedence of & and |",
        (LAST,
         'sink = start_n + offs_n[None, :] < sink_size\n    '
         'qk = tl.where((distance >= 0) & (distance < window_size) | sink, qk, float("-inf"))'),
    ),
    sinks(
        "sink-one-too-many", "p7.3 step 6", "one sink too many on the diagonal",
        "<= for <", (KEPT, KEPT.replace("< sink_size", "<= sink_size")),
    ),
    sinks(
        "sink-tile-positions", "p7.2 step 4", "sinks are looked for by the position in the tile",
        "forgets start_n", (EDGE, EDGE.replace("start_n + offs_n", "offs_n")),
    ),
    window(
        "window-one-too-long", "p7.2 step 4", "a window of W keeps W + 1 keys",
        "counts the keys before its own",
        (RECENT, RECENT.replace("<", "<=")), ("p7.3", KEPT, KEPT.replace("< window", "<= window")),
    ),
    window(
        "window-one-too-short", "p7.3 step 6", "the diagonal's window is one key short",
        "subtracts one to be safe", (KEPT, KEPT.replace("window_size", "window_size - 1")),
    ),
    window(
        "edge-not-masked", "p7.2 step 4", "the window's edge has no mask",
        "leaves it for later", (EDGE, "qk = qk"),
    ),
    window(
        "diagonal-window-missing", "p7.3 step 6", "old keys are visible on the diagonal",
        "masks the future only", (LAST, 'qk = tl.where(distance >= 0, qk, float("-inf"))'),
    ),
    window(
        "tiles-from-zero", "p7.2 step 3", "the window's tiles begin at key 0",
        "lets the mask do the work, and counts sinks twice",
        (WINDOW_LOOP, WINDOW_LOOP.replace("first", "0")),
    ),
    window(
        "last-tile-missing", "p7.3 step 5", "only one tile of the diagonal",
        "thinks that the tiles are square",
        (LAST_LOOP,
         "for start_n in range(diagonal, min(diagonal + BLOCK_N, start_m + BLOCK_Q), BLOCK_N):"),
    ),
    mask(
        "causal-missing", "p7.3 step 6", "the future is visible on the diagonal",
        "copies the mask of phase 2", (LAST, LAST.replace("(distance >= 0) & kept", "kept")),
    ),
    mask(
        "mask-not-inf", "p7.3 step 6", "hidden scores become -1e4 on the diagonal",
        "takes a large number for infinity", (LAST, LAST.replace('float("-inf")', "-1.0e4")),
    ),
    mask(
        "positions-of-rows", "p7.2 step 4", "rows count as queries, whatever their head",
        "takes offs_m for start_m + arange",
        (RECENT, RECENT.replace("offs_m[:, None]", "(start_m + tl.arange(0, BLOCK_M))[:, None]")),
    ),
    where(
        "k-not-masked", "p7.3 step 5", "the diagonal is loaded without N",
        "copies the loads of phase 2",
        ("k = _load_tile(k_base, start_n + offs_n, offs_d, stride_kn, stride_kd, N)",
         "k = _load_tile(k_base, start_n + offs_n, offs_d, stride_kn, stride_kd)"),
        ("v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd, N)",
         "v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)"),
    ),
    where(
        "stride-of-another", "p7.1 step 2", "v is loaded by k's strides in phase 1",
        "copies the line of k",
        (SINK_V, SINK_V.replace("stride_vn, stride_vd", "stride_kn, stride_kd")),
    ),
    where(
        "k-and-v-swapped", "p7.2 step 3", "v is loaded from k's base in phase 2",
        "copies the line of k",
        ("v = _load_tile(v_base,", "v = _load_tile(k_base,"),
    ),
    where(
        "scaled-twice", "p7.1 step 2", "the sinks' scores are scaled twice",
        "does not see that _update scales",
        (SINK_MASK, SINK_MASK.replace(", qk,", ", qk * qk_scale,")),
    ),
)  # fmt: skip
