"""Wrong answers for causes that no other one reaches."""

from __future__ import annotations

from functools import partial

from ..form import wrong

PROBLEMS = ("p1", "p3", "p4", "p5", "p6", "p7")
p1, p3, p4, p5, p6, p7 = (partial(wrong, problem) for problem in PROBLEMS)
ADD_ROWS = "acc = tl.dot(p.to(v.dtype), v, acc)"
WINDOW_LOOP = "in range(first, diagonal, BLOCK_N)"
DIAGONAL_LOOP = "in range(diagonal, start_m + BLOCK_Q, BLOCK_N)"
UPDATE = "\n    m_i, l_i, acc = _update(qk, v, m_i, l_i, acc, qk_scale)"
HEAD = "q_ptr + b * stride_qb + h * stride_qh"
BASE = "k_ptr + b * stride_kb + kv_h * stride_kh"
MUTANTS = (
    p1(
        "state",
        "l-not-added",
        "p1.1 step 5",
        "l_i only shrinks",
        "adds to acc alone",
        ("l_i = l_i + p.sum(dim=-1, keepdim=True)\n", ""),
    ),
    p3(
        "state",
        "not-accumulated",
        "p3.1 step 5",
        "the tile's own sums",
        "takes step 5 for the sums of the tile",
        ("l_i = l_i + tl.sum(p, axis=1)", "l_i = tl.sum(p, axis=1)"),
        (ADD_ROWS, "acc = tl.dot(p.to(v.dtype), v)"),
    ),
    p4(
        "state",
        "acc-not-added",
        "p4.2 step 4",
        "loads v and leaves it",
        "forgets the last line",
        (ADD_ROWS, ""),
    ),
    p4(
        "state",
        "added-twice",
        "p4.1 step 6",
        "adds the tile with dot and with plus",
        "takes dot's third argument for the shape",
        (ADD_ROWS, "acc += tl.dot(p.to(v.dtype), v)\n" + ADD_ROWS),
    ),
    p5(
        "heads",
        "head-missing",
        "p5.1 step 3",
        "q begins at its sequence",
        "thinks that program_id brings the head",
        (HEAD, "q_ptr + b * stride_qb"),
    ),
    p5(
        "loads",
        "tile-stays",
        "p5.2 step 1",
        "k from where its head begins",
        "writes the base once more",
        ("tl.load(k_base + k_offs)", f"tl.load({BASE} + k_offs)"),
    ),
    p6(
        "scale",
        "scaled-twice",
        "p6.3 step 4",
        "the diagonal scales its scores",
        "scales where it masks, as in problem 3",
        (
            'qk = tl.where(visible, qk, float("-inf"))',
            'qk = tl.where(visible, qk * qk_scale, float("-inf"))',
        ),
    ),
    p7(
        "loop",
        "last-tile-only",
        "p7.3 step 6",
        "the update stands behind the loop",
        "indents the last line like the loop",
        (UPDATE, UPDATE.replace("\n    ", "\n")),
    ),
    p7(
        "loop",
        "window-starts-late",
        "p7.2 step 3",
        "from the tile after first",
        "takes first for the sinks' last tile",
        (WINDOW_LOOP, "in range(first + BLOCK_N, diagonal, BLOCK_N)"),
    ),
    p7(
        "loop",
        "window-loop-too-short",
        "p7.2 step 3",
        "until the tile before diagonal",
        "takes the end for the last tile",
        (WINDOW_LOOP, "in range(first, diagonal - BLOCK_N, BLOCK_N)"),
    ),
    p7(
        "loop",
        "window-loop-too-far",
        "p7.2 step 3",
        "until the last query",
        "thinks that the window ends at the query",
        (WINDOW_LOOP, "in range(first, start_m + BLOCK_Q, BLOCK_N)"),
    ),
    p7(
        "loop",
        "diagonal-starts-early",
        "p7.3 step 5",
        "the diagonal begins at first",
        "one loop for all keys",
        (DIAGONAL_LOOP, DIAGONAL_LOOP.replace("diagonal", "first")),
    ),
)
