"""More wrong answers to p6, written before a look at the diagnosis."""

from __future__ import annotations

from ..form import free, wrong

MUTANTS = (
    free(
        "p6",
        "bounds",
        "first-by-last-query",
        "p6.1 step 1",
        "the oldest key of the last query",
        "The window of the tile ends at its last query, so I count back from there.",
        """
last = start_m + BLOCK_Q - 1
oldest = tl.maximum(last - window_size + 1, 0)
first = oldest // BLOCK_N * BLOCK_N
inside = tl.minimum(tl.cdiv(oldest, BLOCK_N) * BLOCK_N, diagonal)
""",
    ),
    wrong(
        "p6",
        "bounds",
        "inside-wrong",
        "p6.1 step 2",
        "one tile on the edge",
        "The edge of the window cuts one tile; after that one, all see all.",
        (
            "inside = tl.minimum(tl.cdiv(whole_from, BLOCK_N) * BLOCK_N, diagonal)",
            "inside = tl.minimum(first + BLOCK_N, diagonal)",
        ),
    ),
    wrong(
        "p6",
        "mask",
        "edge-not-masked",
        "p6.2 step 3",
        "key minus query on the edge",
        "Distance is key minus query.",
        (
            "distance = offs_m[:, None] - (start_n + offs_n[None, :])",
            "distance = start_n + offs_n[None, :] - offs_m[:, None]",
        ),
    ),
    wrong(
        "p6",
        "mask",
        "causal-missing",
        "p6.3 step 4",
        "the distance's absolute value",
        "A key counts if it is less than window_size away.",
        (
            "visible = (distance >= 0) & (distance < window_size)",
            "visible = tl.abs(distance) < window_size",
        ),
    ),
    free(
        "p6",
        "mask",
        "mask-zero",
        "p6.2 step 3",
        "a hidden score times zero",
        "I multiply by the mask: hidden scores vanish.",
        """
keep = offs_m[:, None] < start_n + offs_n[None, :] + window_size
qk = qk * keep.to(tl.float32)
""",
    ),
    wrong(
        "p6",
        "mask",
        "window-one-too-long",
        "p6.3 step 4",
        "window_size keys before its own",
        "The query's own key comes on top of the window.",
        ("(distance < window_size)", "(distance <= window_size)"),
    ),
)
