"""Wrong answers to p7, a third time: written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

SINK_LOOP = "range(0, tl.minimum(sink_size, first), BLOCK_S)"
KEPT = "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)"

MUTANTS = (
    wrong(
        "p7",
        "sinks",
        "sinks-twice",
        "p7.1 step 1",
        "sinks up to the diagonal",
        "The diagonal tiles bring their sinks themselves.",
        (SINK_LOOP, "range(0, tl.minimum(sink_size, diagonal), BLOCK_S)"),
    ),
    wrong(
        "p7",
        "sinks",
        "tiles-overlap",
        "p7.1 step 1",
        "numbers of tiles instead of positions",
        "I count tiles, and forgot to multiply.",
        (SINK_LOOP, "range(0, tl.cdiv(tl.minimum(sink_size, first), BLOCK_S))"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-missing",
        "p7.1 step 1",
        "only where all sinks lie before first",
        "If the window's tiles reach the sinks, they bring them.",
        (SINK_LOOP, "range(0, sink_size if first >= sink_size else 0, BLOCK_S)"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-one-tile",
        "p7.1 step 1",
        "no loop, sinks fit into one tile",
        "There are only a few sinks.",
        (SINK_LOOP, "range(0, tl.minimum(tl.minimum(sink_size, first), BLOCK_S), BLOCK_S)"),
    ),
    wrong(
        "p7",
        "window edges",
        "edge-by-tile",
        "p7.2 step 4",
        "the age for the tile's first query",
        "start_m stands for the tile.",
        (
            "recent = offs_m[:, None] - (start_n + offs_n[None, :]) < window_size",
            "recent = start_m - (start_n + offs_n[None, :]) < window_size",
        ),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-forgotten-on-edge",
        "p7.2 step 4",
        "sinks taken out on the edge",
        "No key may be counted twice, so the window leaves the sinks out.",
        (
            "recent | (start_n + offs_n[None, :] < sink_size)",
            "recent & (start_n + offs_n[None, :] >= sink_size)",
        ),
    ),
    wrong(
        "p7",
        "window edges",
        "edge-not-masked",
        "p7.2 step 4",
        "masks the tiles inside instead",
        "Inside the window I mask.",
        ("if start_n < inside:", "if start_n >= inside:"),
    ),
    wrong(
        "p7",
        "masking",
        "causal-hides-own-key",
        "p7.3 step 6",
        "greater than 0",
        "The past is a positive distance.",
        ("distance >= 0", "distance > 0"),
    ),
    wrong(
        "p7",
        "sinks",
        "window-counts-sinks",
        "p7.3 step 6",
        "a window longer by the sinks",
        "A query sees window_size + sink_size keys.",
        ("distance < window_size", "distance < window_size + sink_size"),
    ),
    wrong(
        "p7",
        "window edges",
        "window-starts-late",
        "p7.2 step 3",
        "the loop begins at first + BLOCK_N",
        "first is the sinks' end.",
        ("range(first, diagonal, BLOCK_N)", "range(first + BLOCK_N, diagonal, BLOCK_N)"),
    ),
    free(
        "p7",
        "loop",
        "tile-skipped",
        "p7.2 step 3",
        "two loops, the second from inside + BLOCK_N",
        "The tile at `inside` belongs to the edge.",
        """
for start_n in range(first, inside, BLOCK_N):
    k = _load_tile(k_base, start_n + offs_n, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)
    qk = tl.dot(q, tl.trans(k))
    key = start_n + offs_n[None, :]
    qk = tl.where((offs_m[:, None] - key < window_size) | (key < sink_size), qk, float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
for start_n in range(inside + BLOCK_N, diagonal, BLOCK_N):
    k = _load_tile(k_base, start_n + offs_n, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)
    m_i, l_i, acc = _update(tl.dot(q, tl.trans(k)), v, m_i, l_i, acc, qk_scale)
""",
    ),
    wrong(
        "p7",
        "loads",
        "tile-stays",
        "p7.2 step 3",
        "v from the first tile",
        "I took `first` for the tile's start in v.",
        (
            "v = _load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)",
            "v = _load_tile(v_base, first + offs_n, offs_d, stride_vn, stride_vd)",
        ),
    ),
    wrong(
        "p7",
        "masking",
        "sink-tile-positions",
        "p7.3 step 6",
        "offs_n below sink_size, on the diagonal",
        "The first keys of a tile are the sinks.",
        (KEPT, "kept = (distance < window_size) | (offs_n[None, :] < sink_size)"),
    ),
    wrong(
        "p7",
        "masking",
        "sinks-by-query",
        "p7.3 step 6",
        "queries below sink_size",
        "The first rows are the sinks.",
        (KEPT, "kept = (distance < window_size) | (offs_m[:, None] < sink_size)"),
    ),
    wrong(
        "p7",
        "masking",
        "causal-missing",
        "p7.3 step 6",
        "the distance without its sign",
        "A distance is not negative.",
        (
            "distance = offs_m[:, None] - (start_n + offs_n[None, :])",
            "distance = tl.abs(offs_m[:, None] - (start_n + offs_n[None, :]))",
        ),
    ),
    wrong(
        "p7",
        "masking",
        "mask-flipped",
        "p7.2 step 4",
        "keeps the old keys of the edge",
        "The mask says what is too old.",
        ("(start_n + offs_n[None, :]) < window_size", "(start_n + offs_n[None, :]) >= window_size"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-in-future",
        "p7.3 step 6",
        "visible, or a sink",
        "Sinks are always seen.",
        ("(distance >= 0) & kept", "((distance >= 0) & (distance < window_size)) | kept"),
        (KEPT, "kept = start_n + offs_n[None, :] < sink_size"),
    ),
    wrong(
        "p7",
        "sinks",
        "sink-tile-not-masked",
        "p7.1 step 2",
        "masked by `first`",
        "Keys before `first` belong to this loop.",
        ("start_n + offs_s[None, :] < sink_size", "start_n + offs_s[None, :] < first"),
    ),
)
