"""p6 watched: where the window's tiles begin, and which scores a mask hides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ...witness import Finding, Run, Witnesses
from .passages import LOG2_E
from .reasons import FORWARD
from .scenes import scenes
from .window_facts import FOUR, ONE, PLAIN, SHARED, Guesses, numbers_of, told, told_limits
from .window_reasons import LIMIT_REASONS, WINDOW_REASONS

FIRST = ("start_m", "window_size", "BLOCK_N", "BLOCK_Q")


def read_limits(runs: Sequence[Run], region: str) -> list[Finding]:
    """What is wrong with `first` and `inside`, the ends of the window's tiles."""
    rows = []
    for run in runs:
        for moment in run.observed.moments:
            if moment.region == region and {"first", "inside"} <= moment.after.keys():
                given = numbers_of(moment, ("start_m", "window_size", "BLOCK_N", "BLOCK_Q"))
                rows.append(
                    (*given.values(), int(moment.after["first"]), int(moment.after["inside"]))
                )
    if not rows:
        return []
    s, w, n, q, first, inside = torch.tensor(rows, dtype=torch.int64).T
    return told_limits(region, ("first", "inside"), s, w, n, q, first, inside)


def read_masks(
    runs: Sequence[Run], region: str, right: Callable, wrong: Callable[..., Guesses]
) -> list[Finding]:
    """What is wrong with a region that hides scores in qk."""
    parts: dict[str, list[torch.Tensor]] = {}
    changed: list[torch.Tensor] = []
    for run in runs:
        for moment in run.observed.moments:
            if moment.region != region or "qk" not in moment.after:
                continue
            given = numbers_of(moment, ("start_m", "start_n", "window_size", "N"))
            i, before, after = moment.before["offs_m"], moment.before["qk"], moment.after["qk"]
            if before.shape != after.shape or before.dim() != 2 or len(i) != len(before):
                continue
            j = given["start_n"] + torch.arange(before.shape[1])[None]
            row = torch.arange(len(i))[:, None]
            view: dict[str, Any] = {"i": i[:, None].long(), "j": j, "row": row}
            view |= {"t": given["start_n"], "s": given["start_m"], "w": given["window_size"]}
            real = (view["i"] < given["N"]) & (j < given["N"])
            kept = (after / before)[right(view) & real & (after != before) & (after > -1e30)]
            changed.append(kept * math.sqrt(run.scene.params["D"]))
            guesses = dict(enumerate((("", right(view)), *wrong(view))))
            parts.setdefault("after", []).append(torch.where(after == before, 1.0, 0.0)[real])
            parts.setdefault("value", []).append(after[real])
            for number, (kind, mask) in guesses.items():
                wide = mask.expand_as(after)[real].double()
                parts.setdefault(f"{number} {kind}", []).append(wide)
            parts.setdefault("query", []).append(view["i"].expand_as(after)[real])
            parts.setdefault("key", []).append(j.expand_as(after)[real])
    if not parts:
        return []
    table = {name: torch.cat(some) for name, some in parts.items()}
    times = torch.cat(changed)
    for scale in (LOG2_E, 1.0):
        if len(times) and bool((times - scale).abs().max() < 1e-3):
            return [Finding("scaled-twice", region, "", ("qk",))]
    return told(region, table, ("visible", "qk"))


def edge_mask(x):
    return x["i"] - x["j"] < x["w"]


def wrong_edges(x) -> Guesses:
    """Wrong masks on the edge of the window, where nothing is in the future."""
    distance = x["i"] - x["j"]
    yield "edge-not-masked", torch.ones_like(distance, dtype=torch.bool)
    yield "window-one-too-long", distance < x["w"] + 1
    yield "window-one-too-short", distance < x["w"] - 1
    yield "edge-by-tile", (x["s"] - x["j"] < x["w"]).expand_as(distance)
    yield "mask-tile-positions", x["i"] - (x["j"] - x["t"]) < x["w"]
    yield "mask-flipped", distance >= x["w"]
    yield "positions-of-rows", x["s"] + x["row"] - x["j"] < x["w"]
    yield "window-one-too-long", distance < x["w"] + 2


def diagonal_mask(x):
    return (x["i"] >= x["j"]) & edge_mask(x)


def wrong_diagonals(x) -> Guesses:
    """Wrong masks on the diagonal."""
    distance = x["i"] - x["j"]
    past, recent = distance >= 0, distance < x["w"]
    by_row = x["s"] + x["row"] - x["j"]
    yield "window-one-too-long", past & (distance < x["w"] + 1)
    yield "window-one-too-short", past & (distance < x["w"] - 1)
    yield "diagonal-window-missing", past
    yield "causal-missing", recent
    yield "causal-missing", torch.ones_like(past)
    yield "causal-hides-own-key", (distance > 0) & recent
    yield "causal-one-too-many", (distance >= -1) & recent
    yield "positions-of-rows", (by_row >= 0) & (by_row < x["w"])
    yield (
        "mask-tile-positions",
        (x["i"] - x["j"] + x["t"] >= 0) & (x["i"] - x["j"] + x["t"] < x["w"]),
    )
    yield "causal-flipped", (distance <= 0) & recent
    yield "causal-flipped", (distance < 0) & recent
    yield "causal-flipped", distance <= 0
    yield "causal-flipped", (distance <= 0) & (-distance < x["w"])
    yield "causal-missing", distance.abs() < x["w"]
    yield "mask-flipped", ~(past & recent)
    start = x["s"] - x["j"]
    yield "mask-by-first-query", ((start >= 0) & (start < x["w"])).expand_as(past)


def read_p6(runs: Sequence[Run]) -> list[Finding]:
    return [
        *read_limits(runs, "p6.1"),
        *read_masks(runs, "p6.2", edge_mask, wrong_edges),
        *read_masks(runs, "p6.3", diagonal_mask, wrong_diagonals),
    ]


P6 = Witnesses(
    scenes=(
        *scenes(*PLAIN, **SHARED, **FOUR, Nq=60, Nk=60, window_size=20),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=100, Nk=100, window_size=34),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=50, Nk=50, window_size=6),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=128, Nk=128, window_size=70),
    ),
    names={
        "p6.1": (*FIRST, "first", "inside"),
        "p6.2": ("start_m", "start_n", "window_size", "N", "offs_m", "qk"),
        "p6.3": ("start_m", "start_n", "window_size", "N", "offs_m", "qk"),
    },
    read=read_p6,
    steps={
        "p6.1": {"first": 1, "inside": 2, "mask": 2},
        "p6.2": {"mask": 3, "diagonal": 3, "scores": 3},
        "p6.3": {"mask": 4, "diagonal": 4, "scores": 4},
    },
    reasons=FORWARD | LIMIT_REASONS | WINDOW_REASONS,
    weights="O",
)
