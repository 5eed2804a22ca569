"""p7: wrong sinks, for measuring."""

from functools import partial

from ..form import free, wrong

sinks = partial(wrong, "p7", "sink tiles")
window = partial(wrong, "p7", "window tiles")
diagonal = partial(wrong, "p7", "diagonal tiles")
rewritten = partial(free, "p7", "written anew")

MUTANTS = (
    sinks(
        "sinks-twice",
        "p7.1 step 1",
        "all sinks, wherever the window begins",
        "forgets that a window may reach the sinks",
        ("tl.minimum(sink_size, first)", "sink_size"),
    ),
    sinks(
        "sink-tile-not-masked",
        "p7.1 step 2",
        "the last sink tile is taken whole",
        "thinks a sink tile holds only sinks",
        ('    qk = tl.where(start_n + offs_s[None, :] < sink_size, qk, float("-inf"))\n', ""),
    ),
    sinks(
        "sink-tile-positions",
        "p7.1 step 2",
        "the mask counts from the tile's start",
        "forgets start_n",
        ("start_n + offs_s[None, :] < sink_size", "offs_s[None, :] < sink_size"),
    ),
    sinks(
        "sink-one-too-many",
        "p7.1 step 2",
        "one sink too many",
        "writes <= for <",
        ("start_n + offs_s[None, :] < sink_size", "start_n + offs_s[None, :] <= sink_size"),
    ),
    sinks(
        "v-stays-at-first-tile",
        "p7.1 step 2",
        "the values of the first sinks",
        "forgets start_n in one of two lines",
        ("v_base, start_n + offs_s", "v_base, offs_s"),
    ),
    window(
        "sinks-forgotten-on-edge",
        "p7.2 step 4",
        "the edge hides sinks",
        "copies problem 6",
        ("recent | (start_n + offs_n[None, :] < sink_size)", "recent"),
    ),
    window(
        "edge-not-masked",
        "p7.2 step 4",
        "masks inside, not on the edge",
        "turns the comparison round",
        ("start_n < inside", "start_n >= inside"),
    ),
    window(
        "recent-and-sink",
        "p7.2 step 4",
        "only sinks that are recent",
        "joins the two conditions by and",
        ("recent | (start_n", "recent & (start_n"),
    ),
    window(
        "diagonal-twice",
        "p7.2 step 3",
        "the loop takes a diagonal tile along",
        "thinks that range includes its end",
        ("range(first, diagonal, BLOCK_N)", "range(first, diagonal + BLOCK_N, BLOCK_N)"),
    ),
    window(
        "tiles-skipped",
        "p7.2 step 3",
        "starts after the edge",
        "takes inside for the window's beginning",
        ("range(first, diagonal, BLOCK_N)", "range(inside, diagonal, BLOCK_N)"),
    ),
    diagonal(
        "sinks-in-future",
        "p7.3 step 6",
        "sinks are seen before their time",
        "sets the brackets elsewhere",
        (
            "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)",
            "kept = start_n + offs_n[None, :] < sink_size",
        ),
        ("(distance >= 0) & kept", "((distance >= 0) & (distance < window_size)) | kept"),
    ),
    diagonal(
        "first-tile-only",
        "p7.3 step 5",
        "one diagonal tile only",
        "thinks that queries and keys have equal tiles",
        (
            "range(diagonal, start_m + BLOCK_Q, BLOCK_N)",
            "range(diagonal, diagonal + BLOCK_N, BLOCK_N)",
        ),
    ),
    diagonal(
        "causal-hides-own-key",
        "p7.3 step 6",
        "a query does not see itself",
        "writes > for >=",
        ("distance >= 0", "distance > 0"),
    ),
    rewritten(
        "sinks-forgotten-on-diagonal",
        "p7.3 step 6",
        "problem 6's last loop",
        "copies what worked",
        """
for start_n in range(diagonal, start_m + BLOCK_Q, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd, N)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd, N)
    age = offs_m[:, None] - key[None, :]
    qk = tl.where((age >= 0) & (age < window_size), tl.dot(q, tl.trans(k)), float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
""",
    ),
    rewritten(
        "sinks-one-tile",
        "p7.1 step 1",
        "a single tile of sinks",
        "thinks that sinks are few",
        """
if tl.minimum(sink_size, first) > 0:
    k = _load_tile(k_base, offs_s, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, offs_s, offs_d, stride_vn, stride_vd)
    qk = tl.where(offs_s[None, :] < sink_size, tl.dot(q, tl.trans(k)), float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
""",
    ),
    rewritten(
        "scaled-twice",
        "p7.2 step 4",
        "scores of the window scaled early",
        "does not read what _update does",
        """
for start_n in range(first, diagonal, BLOCK_N):
    key = start_n + offs_n
    k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd)
    v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd)
    qk = tl.dot(q, tl.trans(k)) * qk_scale
    if start_n < inside:
        kept = (offs_m[:, None] - key[None, :] < window_size) | (key[None, :] < sink_size)
        qk = tl.where(kept, qk, float("-inf"))
    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
""",
    ),
)
