"""Wrong answers to p2, p4, and p6, a third time: written before a look at the diagnosis."""

from __future__ import annotations

from ..form import wrong

MUTANTS = (
    wrong(
        "p2",
        "loop",
        "tiles-overlap",
        "p2.1 step 3",
        "numbers of tiles, not multiplied",
        "I loop over tile numbers and add them.",
        ("range(0, cols, BLOCK_C)", "range(tl.cdiv(cols, BLOCK_C))"),
    ),
    wrong(
        "p2",
        "weights",
        "weights-squared",
        "p2.1 step 7",
        "weighed when made float32, and again",
        "I multiplied in step 6 already.",
        ("x = x.to(tl.float32)", "x = x.to(tl.float32) * w[None, :].to(tl.float32)"),
    ),
    wrong(
        "p2",
        "sums",
        "sum-replaced",
        "p2.1 step 2",
        "acc is made anew in the loop",
        "I set the sum to zero where I need it.",
        ("offs_c = (start +", "acc = tl.zeros([BLOCK_R], dtype=tl.float32)\n    offs_c = (start +"),
    ),
    wrong(
        "p4",
        "scale and base",
        "old-maximum-scaled",
        "p4.1 step 3",
        "the larger of both, then scaled",
        "Maximum first, scale after it.",
        (
            "tl.maximum(m_i, tl.max(qk, axis=1) * qk_scale)",
            "tl.maximum(m_i, tl.max(qk, axis=1)) * qk_scale",
        ),
    ),
    wrong(
        "p4",
        "rescaling",
        "factor-on-new-part",
        "p4.1 step 5",
        "alpha on the tile's sum",
        "The new part must be made to fit.",
        ("l_i * alpha + tl.sum(p, axis=1)", "l_i + alpha * tl.sum(p, axis=1)"),
    ),
    wrong(
        "p4",
        "masking",
        "causal-bottom-right",
        "p4.2 step 3",
        "the last query sees the last key",
        "With more keys than queries, the triangle ends at the bottom right.",
        ("key[None, :] <= offs_m[:, None]", "key[None, :] <= offs_m[:, None] + (Nk - Nq)"),
    ),
    wrong(
        "p4",
        "masking",
        "nk-taken-for-nq",
        "p4.2 step 4",
        "v up to Nq",
        "N is N.",
        (
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)",
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nq, other=0.0)",
        ),
    ),
    wrong(
        "p6",
        "window edges",
        "first-not-rounded",
        "p6.1 step 1",
        "rounded by BLOCK_Q",
        "A tile's start is a multiple of the tile's queries.",
        ("first = oldest // BLOCK_N * BLOCK_N", "first = oldest // BLOCK_Q * BLOCK_Q"),
    ),
    wrong(
        "p6",
        "masking",
        "causal-missing",
        "p6.3 step 4",
        "past or recent",
        "Visible is past, visible is recent.",
        ("(distance >= 0) & (distance", "(distance >= 0) | (distance"),
    ),
    wrong(
        "p6",
        "masking",
        "causal-missing",
        "p6.3 step 4",
        "the distance without its sign",
        "A distance is not negative.",
        (
            "(distance >= 0) & (distance < window_size)",
            "tl.abs(distance) < window_size",
        ),
    ),
    wrong(
        "p6",
        "masking",
        "edge-by-tile",
        "p6.2 step 3",
        "the age for the tile's first query",
        "start_m stands for the tile.",
        (
            "distance = offs_m[:, None] - (start_n + offs_n[None, :])",
            "distance = start_m - (start_n + offs_n[None, :])",
        ),
    ),
)
