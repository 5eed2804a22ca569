"""The pictures in this assignment's notebooks, drawn from the code that grades when they are built.

An alt text says what the picture shows to those who do not see it.
"""

from __future__ import annotations

from functools import partial

from autograder.generate.pictures import Picture

from . import backward, memory, roofline, softmax
from .masks import FREE, MASKED, SINKS, SKIPPED, Tiling, counted, draw_mask

P1 = Tiling(queries=32, keys=32, rows=16, columns=8)
P4 = Tiling(queries=40, keys=40, rows=16, columns=8)
P6 = Tiling(queries=48, keys=48, rows=8, columns=8, window=20)
P7 = Tiling(queries=48, keys=48, rows=8, columns=8, window=20, sinks=2, sink_columns=2)
MISSED = "never loaded, never computed"


def _mask(tiling: Tiling, heading: str, says: dict[str, str], alt: str) -> Picture:
    count = counted(tiling, tuple(says))
    return Picture(f"{alt} {count}.", partial(draw_mask, tiling, heading, says))


PICTURES = {
    "tiling": Picture(
        "Q, K, V and O lie in GPU memory, cut into tiles. On the chip: one tile of Q, which stays; "
        "one tile of K and of V, which pass by; their scores; and m, l, acc. O is written once.",
        memory.draw_tiling,
    ),
    "ladder": Picture(
        "The memories of an H100 from small and fast to large and slow: registers, shared memory, "
        f"L2 cache, GPU memory. A tile of scores ({memory.tile_bytes() // memory.KB} KB) fits into "
        f"the {memory.home_of(memory.tile_bytes())}; the whole table "
        f"({memory.table_bytes() / memory.MB:.0f} MB) only into the "
        f"{memory.home_of(memory.table_bytes())}.",
        memory.draw_ladder,
    ),
    "causal-tiles": _mask(
        P1,
        "Causal, tiles of 16 queries × 8 keys",
        {
            FREE: "in the past of every query:\nno mask",
            MASKED: "on the diagonal: needs_mask.\nPale pairs are hidden",
            SKIPPED: f"in the future:\n{MISSED}",
        },
        "A causal mask of 32 queries and 32 keys in tiles of 16 by 8:",
    ),
    "strides": Picture(
        "The same tile of a 4 by 6 matrix and of its transpose, along the line of memory. With "
        f"strides (6, 1) its eight elements lie in {memory.lines_touched(False)} lines of memory, "
        f"with strides (1, 6) in {memory.lines_touched(True)}.",
        memory.draw_strides,
    ),
    "online-softmax": Picture(
        "One query meets three tiles of two keys. The scores are 1 and 3, then 2 and 5, then 4 and "
        "0. In the second tile the maximum rises from 3 to 5, so what was summed before is "
        "multiplied by alpha, a quarter; in the third it stays, and alpha is 1.",
        softmax.draw_online,
    ),
    "roofline": Picture(
        "Roofs of a T4, an A100 and an H200. At the naive version's "
        f"{roofline.intensities()['naive']:.0f} FLOP per byte memory sets the pace on all of them; "
        f"at the fused version's {roofline.intensities()['fused']:.0f} it does on none.",
        roofline.draw_roofline,
    ),
    "two-phases": _mask(
        P4,
        "Causal, N = 40, tiles of 16 queries × 8 keys",
        {
            FREE: "phase 1: no mask, no question",
            MASKED: "phase 2: on the diagonal.\nPale pairs are hidden",
            SKIPPED: f"the loop ends before them:\n{MISSED}",
        },
        "A causal mask of 40 queries and 40 keys in tiles of 16 by 8:",
    ),
    "heads": Picture(
        "Query heads 0 to 3 read kv head 0, query heads 4 to 7 read kv head 1. For every token, "
        "multi-head attention keeps 8 heads of keys and values, grouped 2, multi-query 1.",
        memory.draw_heads,
    ),
    "window": _mask(
        P6,
        "W = 20, N = 48, tiles of 8 × 8",
        {
            FREE: "between inside and diagonal:\nno mask",
            MASKED: "the window's edge, or the\ndiagonal. Pale pairs are hidden",
            SKIPPED: f"before first, or in the future:\n{MISSED}",
        },
        "A band along the diagonal: a window of 20 keys for 48 queries, in tiles of 8 by 8:",
    ),
    "sinks": _mask(
        P7,
        "W = 20, S = 2, N = 48, tiles of 8 × 8",
        {
            SINKS: "phase 1: sinks before first,\nin small tiles of their own",
            MASKED: "phase 2 on the window's edge,\nphase 3 on the diagonal",
            FREE: "phase 2, inside the window:\nno mask",
            SKIPPED: MISSED,
        },
        "A window of 20 keys and 2 sinks for 48 queries, in tiles of 8 by 8:",
    ),
    "backward-flow": Picture(
        "The data flow of the backward pass. Q and K give S; S and L give P; V and dO give dP; dO "
        "and O give delta; P, dP and delta give dS. P gives dV, dS gives dQ and dK.",
        backward.draw_flow,
    ),
    "two-directions": Picture(
        "The causal tiles twice. A program of dQ stays with its queries and goes along the keys, "
        "to the diagonal. A program of dK and dV stays with its keys and goes down the queries, "
        "from the diagonal on.",
        backward.draw_directions,
    ),
    "both-sides": Picture(
        f"A mask with window {backward.WINDOW} and {backward.SINKS} sinks. Each query sees a few "
        "recent keys and the sinks; an ordinary key is seen by as many queries as the window is "
        "long; a sink is seen by every later query. Pairs in the window belong to the window "
        "kernel, the others to the sink kernel.",
        backward.draw_sides,
    ),
}
