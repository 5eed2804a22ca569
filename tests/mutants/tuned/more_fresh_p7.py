"""More wrong answers to p7, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p7",
        "sinks",
        "sinks-one-tile",
        "p7.1 step 1",
        "one tile of sinks, no loop",
        "Sinks are few: one tile holds them all.",
        """
if first > 0:
    if sink_size > 0:
        k = _load_tile(k_base, offs_s, offs_d, stride_kn, stride_kd)
        v = _load_tile(v_base, offs_s, offs_d, stride_vn, stride_vd)
        qk = tl.dot(q, tl.trans(k))
        qk = tl.where(offs_s[None, :] < sink_size, qk, float("-inf"))
        m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
""",
    ),
    wrong(
        "p7",
        "sinks",
        "tile-stays",
        "p7.1 step 2",
        "every sink tile reads the first keys",
        "offs_s are the positions of the sinks.",
        ("_load_tile(k_base, start_n + offs_s,", "_load_tile(k_base, offs_s,"),
        ("_load_tile(v_base, start_n + offs_s,", "_load_tile(v_base, offs_s,"),
    ),
    wrong(
        "p7",
        "sinks",
        "sink-tile-not-masked",
        "p7.1 step 2",
        "sinks are masked by first",
        "What lies before first is a sink.",
        ("start_n + offs_s[None, :] < sink_size", "start_n + offs_s[None, :] < first"),
    ),
    wrong(
        "p7",
        "sinks",
        "sinks-missing",
        "p7.1 step 1",
        "no sinks where they reach the window",
        "If the sinks reach the window's tiles, those bring them.",
        (
            "range(0, tl.minimum(sink_size, first), BLOCK_S)",
            "range(0, tl.where(sink_size < first - BLOCK_N, sink_size, 0), BLOCK_S)",
        ),
    ),
    wrong(
        "p7",
        "window",
        "window-starts-late",
        "p7.2 step 3",
        "the window starts after the sinks",
        "The sinks have been counted, so the window begins behind them.",
        (
            "in range(first, diagonal, BLOCK_N)",
            "in range(tl.maximum(first, tl.minimum(tl.cdiv(sink_size, BLOCK_N) * BLOCK_N, "
            "diagonal)), diagonal, BLOCK_N)",
        ),
    ),
    wrong(
        "p7",
        "window",
        "edge-not-masked",
        "p7.2 step 4",
        "masks from inside on",
        "inside is where the mask begins.",
        ("if start_n < inside:", "if start_n >= inside:"),
    ),
    wrong(
        "p7",
        "state",
        "results-swapped",
        "p7.2 step 3",
        "l_i and m_i change places",
        "I took the results in another order.",
        (
            "m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)",
            "l_i, m_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)",
        ),
    ),
    wrong(
        "p7",
        "strides",
        "stride-of-another",
        "p7.2 step 3",
        "window values with k's row stride",
        "k and v are laid out alike.",
        (
            "_load_tile(v_base, start_n + offs_n, offs_d, stride_vn, stride_vd)",
            "_load_tile(v_base, start_n + offs_n, offs_d, stride_kn, stride_vd)",
        ),
    ),
    wrong(
        "p7",
        "mask",
        "window-counts-sinks",
        "p7.3 step 6",
        "window and sinks added up",
        "A query sees window_size + sink_size keys.",
        (
            "kept = (distance < window_size) | (start_n + offs_n[None, :] < sink_size)",
            "kept = distance < window_size + sink_size",
        ),
    ),
    free(
        "p7",
        "loop",
        "last-tile-missing",
        "p7.3 step 5",
        "one diagonal tile, no loop",
        "The diagonal is one tile.",
        """
key = diagonal + offs_n
k = _load_tile(k_base, key, offs_d, stride_kn, stride_kd, N)
v = _load_tile(v_base, key, offs_d, stride_vn, stride_vd, N)
age = offs_m[:, None] - key[None, :]
hidden = (age < 0) | ((age >= window_size) & (key[None, :] >= sink_size))
qk = tl.where(hidden, float("-inf"), tl.dot(q, tl.trans(k)))
m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)
""",
    ),
    wrong(
        "p7",
        "mask",
        "mask-tile-positions",
        "p7.3 step 6",
        "offs_n alone on the diagonal",
        "offs_n are the keys of this tile.",
        (
            "distance = offs_m[:, None] - (start_n + offs_n[None, :])",
            "distance = rows[:, None] % BLOCK_Q - offs_n[None, :]",
        ),
    ),
)
