"""The windowed kernels watched: where the window's tiles begin, and which keys count how often."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from ...trace import Moment
from ...witness import Finding, Run, Witnesses
from .passages import true_scores
from .reasons import FORWARD
from .scenes import OWN, cdiv, scenes, with_strides
from .window_reasons import LIMIT_REASONS, WINDOW_REASONS

LOG2_E = math.log2(math.e)
MOST_ROWS = 512
Numbers = Mapping[str, torch.Tensor]
Guesses = Iterator[tuple[str, torch.Tensor]]  # kind, and how often each key counts


def numbers_of(moment: Moment, names: Sequence[str]) -> dict[str, int]:
    """Whole numbers that a region found. Raises KeyError where one is gone."""
    return {name: int(moment.before[name]) for name in names}


# --- where the window's tiles begin ---


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
    oldest, youngest = (s - w + 1).clamp_min(0), (s + q - w).clamp_min(0)
    right_first, diagonal = oldest // n * n, s // n * n
    if bool(((first > right_first) | (first < 0) | (first % n != 0)).any()):
        guesses = {
            "first-rounds-up": cdiv(oldest, n) * n,
            "first-not-rounded": oldest,
            "first-below-zero": (s - w + 1) // n * n,
            "first-by-last-query": youngest // n * n,
            "first-off-by-one": (s - w + 2).clamp_min(0) // n * n,
        }
        kinds = [kind for kind, guess in guesses.items() if torch.equal(first, guess)]
        if bool((first < 0).any()):
            kinds.append("first-below-zero")
        return [Finding((kinds or ["first-wrong"])[0], region, "", ("first", "oldest"))]
    right_inside = torch.minimum(cdiv(youngest, n) * n, diagonal)
    if bool((inside < right_inside).any()):
        guesses = {
            "inside-rounds-down": torch.minimum(youngest // n * n, diagonal),
            "inside-by-first-query": torch.minimum(cdiv(oldest, n) * n, diagonal),
            "edge-not-masked": first,
        }
        kinds = [kind for kind, guess in guesses.items() if torch.equal(inside, guess)]
        return [Finding((kinds or ["inside-wrong"])[0], region, "", ("inside", "whole_from"))]
    return []


# --- which scores a mask hides ---


def read_masks(
    runs: Sequence[Run], region: str, right: Callable, wrong: Callable[..., Guesses]
) -> list[Finding]:
    """What is wrong with a region that hides scores in qk."""
    parts: dict[str, list[torch.Tensor]] = {}
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
            view = {"i": i[:, None].long(), "j": j, "row": row, "t": given["start_n"]}
            view |= {"s": given["start_m"], "w": given["window_size"]}
            real = (view["i"] < given["N"]) & (j < given["N"])
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
    return told(region, table, ("visible", "qk"))


def told(region: str, table: Numbers, variables: tuple[str, ...]) -> list[Finding]:
    """The first guess that says of all keys how often they count, with one key as an example."""
    found, right = table["after"], next(x for name, x in table.items() if name == "0 ")
    names = [name for name in table if name[:1].isdigit()]
    kind = next((n.partition(" ")[2] for n in names if torch.equal(table[n], found)), None)
    hidden = table["value"][found == 0] if "value" in table else torch.zeros(0)
    if kind == "":
        if len(hidden) and bool((hidden == 0).all()):
            return [Finding("mask-zero", region, "", variables)]
        if len(hidden) and bool(((hidden > -1e30) & (hidden < -50)).all()):
            return [Finding("mask-not-inf", region, "", variables)]
        return []
    at = int((found != right).nonzero()[0])
    times, wanted = float(found[at]), float(right[at])
    if kind is None:
        kind = (
            "keys-twice" if times > 1 else "hidden-keys-count" if times else "visible-keys-missing"
        )
    does = "counts twice" if times > 1 else "counts" if times > wanted else "misses"
    query, key = int(table["query"][at]), int(table["key"][at])
    words = (
        f"query {query} {does} key {key}" if times <= 1 else f"query {query} counts key {key} twice"
    )
    return [Finding(kind, region, f"For instance, {words}.", variables)]


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


def read_p6(runs: Sequence[Run]) -> list[Finding]:
    return [
        *read_limits(runs, "p6.1"),
        *read_masks(runs, "p6.2", edge_mask, wrong_edges),
        *read_masks(runs, "p6.3", diagonal_mask, wrong_diagonals),
    ]


# --- which keys a region adds, and how often ---


def read_counts(runs: Sequence[Run], region: str, guesses: Callable[..., Guesses]) -> list[Finding]:
    """What is wrong with the keys that a region adds to acc; the first guess is the right one."""
    parts: dict[str, list[torch.Tensor]] = {}
    scaled: list[torch.Tensor] = []
    stand_in = False
    for run in runs:
        params = run.scene.params
        scores = true_scores(run.inputs, params)
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
            added = acc1 - torch.where(acc0 > 0, acc0 * (m0 - m1).exp2(), 0)
            above = m1[:, 0] > own.amax(1) + 1  # than any score of any key
            stand_in |= bool((above & (m1[:, 0] < -50)).any())
            plain = own - m1 > -9
            times = (added / (own - m1).exp2())[plain]
            twice = own * (LOG2_E / math.sqrt(params["D"]))
            scaled.append((added.clamp_min(0).log2() + m1 - twice).abs()[plain & (added > 0)])
            view = {
                "i": i[keep, None],
                "j": torch.arange(n)[None],
                "row": rows[keep, None],
                **given,
            }
            parts.setdefault("after", []).append(times)
            for number, (kind, table) in enumerate(guesses(view)):
                wide = table.expand_as(own)[plain].double()
                parts.setdefault(f"{number} {kind}", []).append(wide)
            parts.setdefault("query", []).append(view["i"].expand_as(own)[plain])
            parts.setdefault("key", []).append(view["j"].expand_as(own)[plain])
    if not parts:
        return []
    table = {name: torch.cat(some) for name, some in parts.items()}
    whole = table["after"].round()
    if bool(((table["after"] - whole).abs() < 0.05).all()):
        found = told(region, {**table, "after": whole}, ("start_n", "qk"))
        low = [Finding("mask-not-inf", region, "", ("qk",))] if stand_in else []
        return found or low
    kind = "scaled-twice" if bool((torch.cat(scaled) < 0.05).all()) else "values-wrong"
    return [Finding(kind, region, "", ("v", "k", "qk"))]


PLACES = ("b", "start_m", "first", "diagonal", "inside", "BLOCK_N", "BLOCK_S", "BLOCK_Q")
PLACES += ("window_size", "sink_size", "N")


def sink_counts(x) -> Guesses:
    """The sink tiles of p7.1."""
    j, sinks, first, size = x["j"], x["sink_size"], x["first"], x["BLOCK_S"]
    end = min(sinks, first)
    yield "", j < end
    yield "sinks-not-added", j < 0
    yield "sink-tile-not-masked", j < cdiv(end, size) * size
    yield "sink-one-too-many", (j <= sinks) & (j < cdiv(end, size) * size)
    yield "sinks-twice", j < min(sinks, x["start_m"])
    yield "sinks-twice", j < min(sinks, x["diagonal"])
    yield "sinks-twice", j < sinks
    for stop in (x["start_m"], x["diagonal"], sinks):
        yield "sinks-twice", j < min(sinks, cdiv(min(sinks, stop), size) * size)
    yield "sinks-one-tile", j < min(end, size)
    yield "sinks-missing", (j >= size) & (j < end)
    yield "sinks-missing", j < end // size * size


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


def diagonal_counts(x) -> Guesses:
    """The diagonal tiles of p7.3."""
    i, j, w, sink = x["i"], x["j"], x["window_size"], x["j"] < x["sink_size"]
    here = (j >= x["diagonal"]) & (j < x["start_m"] + x["BLOCK_Q"])
    here = (j >= x["diagonal"]) & (
        j < cdiv(x["start_m"] + x["BLOCK_Q"], x["BLOCK_N"]) * x["BLOCK_N"]
    )
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
    yield "causal-hides-own-key", here & (i > j) & (recent | sink)
    yield "causal-one-too-many", here & (i >= j - 1) & (recent | sink)


def read_p7(runs: Sequence[Run]) -> list[Finding]:
    return [
        *read_counts(runs, "p7.1", sink_counts),
        *read_counts(runs, "p7.2", window_counts),
        *read_counts(runs, "p7.3", diagonal_counts),
    ]


ONE, TWO = {"H": 1, "Hkv": 1}, {"H": 2, "Hkv": 1}
SHARED = {"B": 1, "D": 128, "is_causal": True}
PLAIN = (("plain scores", "float32"),)
LOW = (("very low scores", "float32"),)
FIRST = ("start_m", "window_size", "BLOCK_N", "BLOCK_Q")
P6 = Witnesses(
    scenes=(
        *scenes(*PLAIN, **SHARED, **TWO, Nq=60, Nk=60, window_size=20),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=100, Nk=100, window_size=34),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=50, Nk=50, window_size=6),
    ),
    names={
        "p6.1": (*FIRST, "first", "inside"),
        "p6.2": ("start_m", "start_n", "window_size", "N", "offs_m", "qk"),
        "p6.3": ("start_m", "start_n", "window_size", "N", "offs_m", "qk"),
    },
    read=read_p6,
    steps={
        "p6.1": {"first": 1, "inside": 2, "mask": 2},
        "p6.2": {"mask": 3, "diagonal": 3},
        "p6.3": {"mask": 4, "diagonal": 4},
    },
    reasons=FORWARD | LIMIT_REASONS | WINDOW_REASONS,
)
P7 = Witnesses(
    scenes=(
        *scenes(*PLAIN, **SHARED, **TWO, Nq=80, Nk=80, window_size=20, sink_size=20),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=110, Nk=110, window_size=40, sink_size=36),
        *scenes(*PLAIN, **SHARED, **ONE, Nq=60, Nk=60, window_size=5, sink_size=3),
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
        },
        "p7.2": {
            "window-loop": 3,
            "sink-loop": 3,
            "values": 3,
            "mask": 4,
            "sink-tile": 4,
            "scores": 3,
        },
        "p7.3": {"diagonal-loop": 5, "window-loop": 5, "sink-loop": 5, "values": 5, "scores": 5}
        | dict.fromkeys(("diagonal", "mask", "sink-tile"), 6),
    },
    reasons=FORWARD | WINDOW_REASONS,
)
