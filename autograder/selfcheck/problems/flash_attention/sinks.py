"""p7 watched: which keys each region adds, and how often."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ...witness import Finding, Run, Witnesses
from .passages import LOG2_E, true_scores
from .reasons import FORWARD
from .scenes import OWN, cdiv, scenes, with_strides
from .window_facts import (
    FOUR,
    ONE,
    PLAIN,
    SHARED,
    Guesses,
    changes,
    not_kept,
    numbers_of,
    told,
)
from .window_reasons import WINDOW_REASONS

MOST_ROWS = 512
LOW = (("very low scores", "float32"),)
ENDS = ("first", "diagonal", "inside")
SIZES = ("BLOCK_N", "BLOCK_S", "BLOCK_Q", "window_size", "sink_size", "N")
PLACES = ("b", "start_m", *ENDS, *SIZES)


def of_first_tile(added, own, shown, m1, start: int, size: int) -> torch.Tensor:
    """For each row, whether k, v, or both are those of the loop's first tile all the time: what was
    added to acc is held against that. (rows, 3)
    """
    at = torch.arange(own.shape[1])
    first = torch.where(at < start, at, start + (at - start) % size).clamp_max(len(at) - 1)
    found = []
    for scores, moved in ((own[:, first], at), (own, first), (own[:, first], first)):
        weights = torch.where(shown, (scores - m1).exp2(), 0)
        wanted = torch.zeros_like(weights).index_add(1, moved, weights)
        found.append((added - wanted).abs().amax(1) <= 0.02 * wanted.amax(1) + 1e-3)
    return torch.stack(found, 1)


def read_counts(
    runs: Sequence[Run],
    region: str,
    guesses: Callable[..., Guesses],
    loop: Callable[[Mapping[str, int]], tuple[int, int]],
) -> list[Finding]:
    """What is wrong with the keys that a region adds to acc; the first guess is the right one, and
    `loop` says where the tiles begin and how many keys each has.
    """
    parts: dict[str, list[torch.Tensor]] = {}
    scaled: list[torch.Tensor] = []
    swapped: list[torch.Tensor] = []
    stays: list[torch.Tensor] = []
    kept: list[tuple[bool, ...]] = []
    stand_in = False
    for run in runs:
        params = run.scene.params
        scores = true_scores(run.inputs)
        for moment in run.observed.moments:
            state = {"m_i", "l_i", "acc"}
            if moment.region != region or not state <= moment.after.keys():
                continue
            given = numbers_of(moment, PLACES)
            i, h = moment.before["offs_m"].long(), moment.before["offs_h"].long()
            if len(i) > MOST_ROWS:
                continue
            n, rows = given["N"], torch.arange(len(i))
            keep = i < n
            own = scores[given["b"], h[keep], i[keep]]
            m0, m1 = (x["m_i"][keep, None] for x in (moment.before, moment.after))
            acc0, acc1 = (x["acc"][keep, :n] for x in (moment.before, moment.after))
            added = acc1 - torch.where(acc0 != 0, acc0 * (m0 - m1).exp2(), 0)
            above = m1[:, 0] > own.amax(1) + 1  # than any score of any key
            stand_in |= bool((above & (m1[:, 0] < -50)).any())
            kept.append(changes(moment))
            plain = own - m1 > -9
            times = (added / (own - m1).exp2())[plain]
            twice = own * (LOG2_E / math.sqrt(params["D"]))
            scaled.append((added.clamp_min(0).log2() + m1 - twice).abs()[plain & (added > 0)])
            view: dict[str, Any] = {
                "i": i[keep, None],
                "j": torch.arange(n)[None],
                "row": rows[keep, None],
                **given,
            }
            shown = next(guesses(view))[1].expand_as(own)
            weights = torch.where(shown, (own - m1).exp2(), 0)
            by_keys = weights @ run.inputs["k"][given["b"], 0].double()[:, :n]
            off = (added - by_keys).abs().amax(1)
            swapped.append(off <= 0.02 * by_keys.abs().amax(1) + 1e-3)
            stays.append(of_first_tile(added, own, shown, m1, *loop(given)))
            # log2 of what counts for a key that is hidden, as a score
            none = added.abs() < 1e-5 * acc1.abs().amax(1, keepdim=True)
            fill = torch.where(shown | none, 0, added.clamp_min(0).log2() + m1)
            parts.setdefault("fill", []).append(fill[plain])
            parts.setdefault("after", []).append(times)
            for number, (kind, counts) in enumerate(guesses(view)):
                wide = counts.expand_as(own)[plain].double()
                parts.setdefault(f"{number} {kind}", []).append(wide)
            parts.setdefault("query", []).append(view["i"].expand_as(own)[plain])
            parts.setdefault("key", []).append(view["j"].expand_as(own)[plain])
            sink = view["j"] < given["sink_size"]
            parts.setdefault("sink", []).append(sink.expand_as(own)[plain])
            start, size = loop(given)
            tile = (view["j"] - start) // size
            parts.setdefault("tile", []).append(tile.expand_as(own)[plain])
            parts.setdefault("passage", []).append(torch.full_like(own, len(stays))[plain])
    if not parts:
        return []
    if kind := not_kept(kept):
        return [Finding(kind, region, "", ("m_i", "l_i", "acc"))]
    table = {name: torch.cat(some) for name, some in parts.items()}
    fill = table.pop("fill")
    whole = table["after"].round()
    if bool(((table["after"] - whole).abs() < 0.05).all()):
        found = told(region, {**table, "after": whole}, ("start_n", "qk"))
        low = [Finding("mask-not-inf", region, "", ("qk",))] if stand_in else []
        return found or low
    right = torch.where(table["0 "] > 0, (table["after"] - 1).abs() < 0.05, fill.abs() < 0.05)
    kind = "values-wrong"
    if bool((torch.cat(scaled) < 0.05).all()):
        kind = "scaled-twice"
    elif bool(torch.cat(swapped).all()):
        kind = "k-and-v-swapped"
    elif bool(torch.cat(stays).all(0).any()):
        kind = "tile-stays"
    elif bool(right.all()):
        kind = "mask-zero"
    return [Finding(kind, region, "", ("v", "k", "qk") if kind != "mask-zero" else ("qk",))]


def sink_counts(x) -> Guesses:
    """The sink tiles of p7.1."""
    j, sinks, first, size = x["j"], x["sink_size"], x["first"], x["BLOCK_S"]
    end = min(sinks, first)
    yield "", j < end
    yield "sinks-not-added", j < 0
    yield "sink-tile-not-masked", j < cdiv(end, size) * size
    yield "sink-tile-positions", (j % size < sinks) & (j < cdiv(end, size) * size)
    yield "sink-one-too-many", (j <= sinks) & (j < cdiv(end, size) * size)
    yield "sinks-twice", j < min(sinks, x["start_m"])
    yield "sinks-twice", j < min(sinks, x["diagonal"])
    yield "sinks-twice", j < sinks
    for stop in (x["start_m"], x["diagonal"], sinks):
        yield "sinks-twice", j < min(sinks, cdiv(min(sinks, stop), size) * size)
    yield "sinks-one-tile", j < min(end, size)
    yield "sinks-missing", (j >= size) & (j < end)
    yield "sinks-missing", j < end // size * size
    yield "sinks-missing", (j < end) & (first >= sinks)
    yield "sinks-missing", (j < end) & (first > sinks)
    tiles = cdiv(end, size)  # by their numbers, a key apart
    begun = torch.minimum(j, torch.tensor(tiles - 1)) - (j - size).clamp_min(-1)
    yield "tiles-overlap", torch.where(j < sinks, begun.clamp_min(0), 0)
    yield "last-tile-only", (j >= (end - 1) // size * size) & (j < end)
    yield "tile-stays", torch.where(j < size, cdiv(end - j, size).clamp_min(0), 0)


def window_counts(x) -> Guesses:
    """The window's tiles of p7.2."""
    i, j, w, sink = x["i"], x["j"], x["window_size"], x["j"] < x["sink_size"]
    here = (j >= x["first"]) & (j < x["diagonal"])
    tile = j // x["BLOCK_N"] * x["BLOCK_N"]
    whole = tile >= x["inside"]
    recent = i - j < w
    yield "", here & (whole | recent | sink)
    yield "sinks-forgotten-on-edge", here & (whole | recent)
    yield "sink-tile-positions", here & (whole | recent | (j - tile < x["sink_size"]))
    yield "window-one-too-long", here & (whole | (i - j < w + 1) | sink)
    yield "window-one-too-short", here & (whole | (i - j < w - 1) | sink)
    yield "edge-not-masked", here & (i >= 0)
    yield "positions-of-rows", here & (whole | (x["start_m"] + x["row"] - j < w) | sink)
    yield "tiles-from-zero", (j < x["diagonal"]) & (whole | recent | sink)
    yield "window-not-added", (j < 0) & (i >= 0)
    yield "recent-and-sink", here & (whole | (recent & sink))
    yield (
        "window-loop-too-short",
        here & (whole | recent | sink) & (j < x["diagonal"] - x["BLOCK_N"]),
    )
    yield "window-starts-late", here & (whole | recent | sink) & (j >= x["first"] + x["BLOCK_N"])
    end = cdiv(x["start_m"] + x["BLOCK_Q"], x["BLOCK_N"]) * x["BLOCK_N"]
    for far in (end, x["diagonal"] + x["BLOCK_N"]):
        met = (j >= x["first"]) & (j < far)
        yield "window-loop-too-far", met & (whole | recent | sink)
    yield "last-tile-only", here & (whole | recent | sink) & (j >= x["diagonal"] - x["BLOCK_N"])
    yield "sink-one-too-many", here & (whole | recent | (j <= x["sink_size"]))
    yield "edge-by-tile", here & (whole | (x["start_m"] - j < w) | sink)
    yield "sinks-forgotten-on-edge", here & (whole | (recent & ~sink))
    yield "sinks-by-query", here & (whole | recent | (i < x["sink_size"]))
    for longer in (i - j < w + x["sink_size"], i - j < w - x["sink_size"]):
        yield "window-counts-sinks", here & (whole | longer)
        yield "window-counts-sinks", here & (whole | longer | sink)
    yield "sinks-by-tile", here & (whole | recent | (tile < x["sink_size"]))
    yield "mask-flipped", here & (whole | ~(recent | sink))
    yield "mask-flipped", here & (whole | ~recent | sink)


def diagonal_counts(x) -> Guesses:
    """The diagonal tiles of p7.3."""
    i, j, w, sink = x["i"], x["j"], x["window_size"], x["j"] < x["sink_size"]
    before = j < cdiv(x["start_m"] + x["BLOCK_Q"], x["BLOCK_N"]) * x["BLOCK_N"]
    here = (j >= x["diagonal"]) & before
    past, recent = i >= j, i - j < w
    yield "", here & past & (recent | sink)
    yield "sinks-forgotten-on-diagonal", here & past & recent
    yield "sinks-in-future", here & ((past & recent) | sink)
    yield "sink-one-too-many", here & past & (recent | (j <= x["sink_size"]))
    yield "window-one-too-long", here & past & ((i - j < w + 1) | sink)
    yield "window-one-too-short", here & past & ((i - j < w - 1) | sink)
    yield "diagonal-window-missing", here & past
    yield "last-tile-missing", here & past & (recent | sink) & (j < x["diagonal"] + x["BLOCK_N"])
    yield "causal-missing", here & (recent | sink)
    yield "causal-missing", here & (i >= 0)
    yield "causal-hides-own-key", here & (i > j) & (recent | sink)
    yield "causal-one-too-many", here & (i >= j - 1) & (recent | sink)
    kept = past & (recent | sink)
    yield "diagonal-starts-late", here & kept & (j >= x["diagonal"] + x["BLOCK_N"])
    yield "diagonal-starts-late", here & kept & (j >= x["start_m"])
    yield "diagonal-starts-early", before & kept & (j >= x["first"])
    yield "diagonal-starts-early", before & kept
    yield "recent-and-sink", here & past & recent & sink
    start = x["start_m"] - j
    by_row = start + x["row"]
    yield "mask-by-first-query", here & (start >= 0) & ((start < w) | sink) & (i >= 0)
    yield "positions-of-rows", here & (by_row >= 0) & ((by_row < w) | sink)
    last = (x["start_m"] + x["BLOCK_Q"] - 1) // x["BLOCK_N"] * x["BLOCK_N"]
    yield "last-tile-only", here & kept & (j >= last)
    yield "mask-flipped", here & ~kept
    yield "causal-flipped", here & (i <= j) & (recent | sink)
    yield "causal-flipped", here & (i <= j) & ((j - i < w) | sink)
    yield "sinks-forgotten-on-diagonal", here & past & recent & ~sink
    yield "sinks-by-query", here & past & (recent | (i < x["sink_size"]))
    for longer in (i - j < w + x["sink_size"], i - j < w - x["sink_size"]):
        yield "window-counts-sinks", here & past & longer
        yield "window-counts-sinks", here & past & (longer | sink)
    inside = j % x["BLOCK_N"]
    yield "sinks-by-tile", here & past & (recent | (j - inside < x["sink_size"]))
    yield "sink-tile-positions", here & past & (recent | (inside < x["sink_size"]))
    yield "causal-missing", here & (((i - j).abs() < w) | sink)
    for distance in (i - x["start_m"] - inside, i - inside):
        yield "mask-tile-positions", here & (distance >= 0) & ((distance < w) | sink)


def read_p7(runs: Sequence[Run]) -> list[Finding]:
    return [
        *read_counts(runs, "p7.1", sink_counts, lambda x: (0, x["BLOCK_S"])),
        *read_counts(runs, "p7.2", window_counts, lambda x: (x["first"], x["BLOCK_N"])),
        *read_counts(runs, "p7.3", diagonal_counts, lambda x: (x["diagonal"], x["BLOCK_N"])),
    ]


STATE = ("carry", "sum", "accumulate")  # what `_update` gives back
P7 = Witnesses(
    scenes=(
        *scenes(*PLAIN, **SHARED, **FOUR, Nq=80, Nk=80, window_size=20, sink_size=20),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=110, Nk=110, window_size=40, sink_size=36),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=60, Nk=60, window_size=5, sink_size=3),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=128, Nk=128, window_size=70, sink_size=4),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=128, Nk=128, window_size=12, sink_size=18),
        *scenes(*LOW, **SHARED, **ONE, Nq=60, Nk=60, window_size=20, sink_size=4),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=60, Nk=60, window_size=20, sink_size=4, layout=OWN),
    ),
    names=dict.fromkeys(
        ("p7.1", "p7.2", "p7.3"), (*PLACES, "offs_m", "offs_h", "m_i", "l_i", "acc")
    ),
    read=with_strides(read_p7),
    steps={
        "p7.1": {
            "sink-loop": 1,
            "sink-tile": 2,
            "window-loop": 2,
            "mask": 2,
            "values": 2,
            "scores": 2,
            **dict.fromkeys(STATE, 2),
        },
        "p7.2": {
            "window-loop": 3,
            "sink-loop": 3,
            "values": 3,
            "mask": 4,
            "sink-tile": 4,
            "scores": 3,
            **dict.fromkeys(STATE, 3),
        },
        "p7.3": {"diagonal-loop": 5, "window-loop": 5, "sink-loop": 5, "values": 5, "scores": 5}
        | dict.fromkeys(STATE, 5)
        | dict.fromkeys(("diagonal", "mask", "sink-tile"), 6),
    },
    reasons=FORWARD | WINDOW_REASONS,
    weights="O",
)
