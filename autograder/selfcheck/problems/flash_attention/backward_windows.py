"""p9's regions watched: tiles under a window with sinks, and where the loops begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from ...trace import Moment, Observed
from ...witness import Finding, Run, Witnesses
from .backward_reasons import BACKWARD
from .backward_tiles import (
    GRADS,
    TILE,
    Values,
    compare,
    dk_dv_out,
    dq_out,
    scene,
    tile_guesses,
    with_lowest,
)
from .backward_window_reasons import BACKWARD_WINDOW
from .window_facts import told_limits


def window_masks(b: Values):
    """Masks of p9's tiles in dq."""
    i, j, w, s = b["offs_m"][:, None], b["offs_n"][None], b["window"], b["sink"]
    free = torch.full((len(b["offs_m"]), len(b["offs_n"])), not bool(b["MASKED"]))
    past, recent = j <= i, j > i - w
    yield "", (past & (recent | (j < s))) | free
    yield "causal-missing", torch.ones_like(free)
    yield "sinks-forgotten-in-dq", (past & recent) | free
    yield "window-missing-in-dq", past | free
    yield "mask-flipped", ~(past & (recent | (j < s))) | free
    yield "window-and-sink-swapped", (past & ((j > i - s) | (j < w))) | free
    yield "window-one-too-long", (past & ((j >= i - w) | (j < s))) | free
    yield "window-one-too-short", (past & ((j > i - w + 1) | (j < s))) | free
    yield "sink-one-too-many", (past & (recent | (j <= s))) | free
    yield "causal-one-too-many", ((j <= i + 1) & (recent | (j < s))) | free
    yield "mask-transposed", ((i <= j) & ((i > j - w) | (i < s))) | free
    yield "causal-hides-own-key", ((j < i) & (recent | (j < s))) | free


def seen_masks(b: Values):
    """Masks of p9's tiles in dk and dv, which are given."""
    free = torch.full((len(b["q"]), len(b["k"])), not bool(b["MASKED"]))
    yield "", (b["seen"].T.bool() if "seen" in b else free) | free
    yield "seen-ignored", torch.ones_like(free)
    yield "mask-flipped", (~b["seen"].T.bool() if "seen" in b else free) | free


def read_sinks(runs: Sequence[Run], region: str) -> list[Finding]:
    """Which pairs p9's sink kernel adds to dk and dv. Rows after the last sink are not stored."""
    runs = [replace(run, observed=stored(run.observed, region)) for run in runs]

    def out(b, p, ds, dp=None):
        keep = b["offs_n"] < b["sink"]
        return dk_dv_out(b, p * keep, ds * keep, None if dp is None else dp * keep)

    def masks(b):
        i, j, w, s = b["offs_m"][:, None], b["offs_n"][None], b["window"], b["sink"]
        yield "", (j < s) & (j <= i - w)
        yield "sinks-twice", (j < s) & (j <= i)
        yield "sinks-window-off-by-one", (j < s) & (j < i - w)
        yield "sinks-window-off-by-one", (j < s) & (j <= i - w + 1)
        yield "sinks-not-masked", (j == j) | (i == i)
        yield "sinks-flipped", (j < s) & (j > i - w)

    found = compare(runs, region, GRADS, partial(tile_guesses, out=out, masks=masks))
    names = {"gradient-not-added": "sinks-not-added"}
    if found and found[0].kind in names and wrong_outputs(runs, region) == 1:
        return [Finding("gradient-not-accumulated", region, "", ("dk", "dv"))]
    return [Finding(names.get(one.kind, one.kind), region, "", ("seen", "dk")) for one in found]


def stored(seen: Observed, region: str) -> Observed:
    """What was seen, with dk and dv of a region as they are stored."""

    def kept(side: Values, sinks: torch.Tensor) -> dict[str, torch.Tensor]:
        return {n: torch.where(sinks, x, 0) if n in GRADS else x for n, x in side.items()}

    moments = []
    for one in seen.moments:
        if one.region == region and {"offs_n", "sink"} <= one.before.keys():
            sinks = (one.before["offs_n"] < one.before["sink"])[:, None]
            one = Moment(region, kept(one.before, sinks), kept(one.after, sinks))
        moments.append(one)
    return replace(seen, moments=moments)


def wrong_outputs(runs: Sequence[Run], region: str) -> int:
    """How many of dk and dv a region leaves as they were, in every passage."""
    moments = [m for run in runs for m in run.observed.moments if m.region == region and m.after]
    return sum(all(torch.equal(m.before[n], m.after[n]) for m in moments) for n in ("dk", "dv"))


def limits_of(runs: Sequence[Run], region: str, given: Sequence[str], found: Sequence[str]):
    """Columns of whole numbers: what the region was given and what it found."""
    rows = [
        [int(moment.before[name]) for name in given] + [int(moment.after[name]) for name in found]
        for run in runs
        for moment in run.observed.moments
        if moment.region == region and set(found) <= moment.after.keys()
    ]
    return torch.tensor(rows, dtype=torch.int64).T if rows else None


def read_key_limits(runs: Sequence[Run]) -> list[Finding]:
    """What is wrong with window_start and whole_start."""
    names = ("window_start", "whole_start")
    table = limits_of(runs, "p9.1", ("start_m", "window", "BLOCK_N", "BLOCK_M"), names)
    if table is None:
        return []
    found = told_limits("p9.1", names, *table)
    if not found and bool((table[5] > table[0]).any()):
        return [Finding("inside-beyond-diagonal", "p9.1", "", names[1:])]
    return found


def read_query_limits(runs: Sequence[Run]) -> list[Finding]:
    """What is wrong with whole_end and window_end."""
    names = ("start_n", "N", "window", "BLOCK_M", "BLOCK_N")
    table = limits_of(runs, "p9.4", names, ("whole_end", "window_end"))
    if table is None:
        return []
    s, total, w, m, n, whole, end = table
    if bool((end > total).any()):
        return [Finding("query-end-beyond-n", "p9.4", "", ("window_end",))]
    if bool((end < torch.minimum(s + n - 1 + w, total)).any()):
        return [Finding("query-end-too-early", "p9.4", "", ("window_end",))]
    if bool(((whole > s + w) & (whole > s + n)).any()):
        return [Finding("whole-end-too-late", "p9.4", "", ("whole_end",))]
    if bool((((whole - s) % m != 0) & (whole != end)).any()):
        return [Finding("whole-end-not-rounded", "p9.4", "", ("whole_end",))]
    return []


def read_p9(runs: Sequence[Run]) -> list[Finding]:
    dq = partial(tile_guesses, out=dq_out, masks=window_masks)
    dk_dv = partial(tile_guesses, out=dk_dv_out, masks=seen_masks)
    found = [
        *read_key_limits(runs),
        *compare(runs, "p9.2", ("dq",), dq),
        *compare(runs, "p9.3", ("dk", "dv"), dk_dv),
        *read_query_limits(runs),
    ]
    return found or read_sinks(runs, "p9.5")


P9 = Witnesses(
    scenes=(
        scene(N=130, H=1, window_size=98, sink_size=4, scale=None),
        scene(N=100, H=1, window_size=20, sink_size=20, scale=None, D=128),
        scene(N=40, H=1, window_size=16, sink_size=4, scale=None, scores="abyss"),
    ),
    names={
        "p9.1": ("start_m", "window", "BLOCK_M", "BLOCK_N", "window_start", "whole_start"),
        "p9.2": (*TILE, "window", "sink", "dq"),
        "p9.3": (*TILE, "seen", *GRADS),
        "p9.4": ("start_n", "N", "window", "BLOCK_M", "BLOCK_N", "whole_end", "window_end"),
        "p9.5": (*TILE, "window", "sink", *GRADS),
    },
    read=with_lowest(read_p9, {"p9.2": ("dq",)}),  # what p9.3 gives to no sink is not stored
    steps={
        "p9.1": {"first": 1, "inside": 2, "mask": 2},
        "p9.2": {"scores": 1, "mask": 1, "seen": 1}
        | dict.fromkeys(("weights", "dp", "ds", "add", "add-q"), 2),
        "p9.3": dict.fromkeys(("scores", "mask", "weights", "dp", "ds", "dv", "dk", "add"), 1),
        "p9.4": {"end": 1, "whole": 2},
        "p9.5": {"mask": 1, "seen": 1, "add": 2, "later": 2},
    },
    reasons=BACKWARD | BACKWARD_WINDOW,
)
