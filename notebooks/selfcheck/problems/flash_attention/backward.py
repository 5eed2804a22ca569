"""The backward kernels watched: every region is held against what it must make of its inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import torch

from ...trace import Moment
from ...witness import Finding, Run, Witnesses
from .attention import mask_arguments, visible
from .backward_reasons import BACKWARD
from .gradients import gradient_inputs, scale_of
from .scenes import Scene, cdiv

LOG2_E = math.log2(math.e)
Values = Mapping[str, torch.Tensor]
Guesses = Iterator[tuple[str, Values]]  # kind, and what the region would leave behind


def compare(
    runs: Sequence[Run], region: str, outputs: Sequence[str], guesses: Callable[..., Guesses]
) -> list[Finding]:
    """The mistake that gives what a region left behind in every passage: of all outputs that are
    wrong, if there is one, else of the first. The first guess is the right one.
    """
    fits: dict[str, set[str]] = {}
    order: list[str] = []
    for run in runs:
        for moment in run.observed.moments:
            if moment.region != region or not set(outputs) <= moment.after.keys():
                continue
            made = list(guesses(moment.before, run.scene.params))
            half = run.scene.params["dtype"] == "float16" and region not in EXACT
            rounding = 4e-3 if half else 1e-4
            order = order or [kind for kind, _ in made]
            for name in outputs:
                here = moment.after[name]
                found = {kind for kind, some in made if close(here, some.get(name), rounding)}
                if "" in found or is_rounded(here, made[0][1][name]):
                    found.add(ROUNDED)
                fits[name] = fits.get(name, found) & found
    wrong = {name: kinds for name, kinds in fits.items() if "" not in kinds}
    if not wrong:
        return []
    common = set.intersection(*wrong.values())
    first, kinds = next(iter(wrong.items()))
    kinds = common or kinds
    kind = next((one for one in order if one in kinds), "region-wrong")
    if ROUNDED in kinds:
        kind = "delta-16-bit" if first == "delta" else "gradient-16-bit"
    return [Finding(kind, region, "", (*EXTRA.get(kind, ()), first))]


ROUNDED = "16 bits"
EXACT = ("p8.1", "p8.3")  # nothing is rounded in these regions, whatever the inputs
EXTRA = {
    "delta-missing": ("ds", "ds_t"),
    "delta-sign": ("ds", "ds_t"),
    "ds-without-p": ("ds", "ds_t"),
}
EXTRA |= {
    "p-wrong-base": ("p", "p_t"),
    "scale-missing": ("qk", "qk_t"),
    "causal-missing": ("qk", "qk_t"),
}
EXTRA |= {"dp-from-wrong-tensor": ("dp", "dp_t"), "scores-16-bit": ("qk", "qk_t")}


def is_rounded(found: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether all numbers are right but for a rounding to 16 bits, and fit into so few."""
    return close(found, right, 2e-2) and torch.equal(found.half().double(), found)


def close(found: torch.Tensor, wanted: torch.Tensor | None, rounding: float = 1e-4) -> bool:
    """Whether a result is the wanted one, by the size of its largest value."""
    if wanted is None or found.shape != wanted.shape:
        return False
    over = ~(wanted.abs() < 1e30)  # what is no number any more may be anything that is none
    if bool(over.any()):
        return bool((~(found.abs() < 1e30) | ~over).all())
    size = float(wanted.abs().max()) if wanted.numel() else 0.0
    return bool(((found - wanted).abs() <= rounding * size + 1e-7).all())


# --- one tile of the backward pass ---


def tile_guesses(b: Values, params, out: Callable[..., Values], masks: Callable) -> Guesses:
    """What a tile gives under each mistake; `out(b, p, ds)` sums it up, p and ds being (M, N)."""
    scores = b["q"] @ b["k"].T * b["qk_scale"]
    lse, delta = b["lse"][:, None], b["delta"][:, None]
    seen = masks(b)
    right = next(seen)[1]
    dp = b["do"] @ b["v"].T

    def made(mask=right, power=1.0, s=scores, dp=dp, shift=-delta, times=1.0):
        p = torch.where(mask, ((s - lse) * power).exp2(), 0)
        return out(b, p, p * (dp + shift) * times)

    yield "", made()
    p = torch.where(right, (scores - lse).exp2(), 0)
    yield "p-wrong-base", made(power=LOG2_E)
    yield "scale-missing", made(s=scores / b["qk_scale"])
    yield "delta-missing", made(shift=0)
    yield "delta-sign", made(shift=delta)
    yield "ds-without-p", out(b, p, dp - delta)
    yield "delta-outside-p", out(b, p, p * dp - delta)
    yield "dp-from-wrong-tensor", made(dp=b["do"] @ b["k"].T)
    yield "dp-from-wrong-tensor", made(dp=b["q"] @ b["v"].T)
    yield "gradient-scaled-twice", made(times=b["qk_scale"])
    yield "gradient-scaled-twice", made(times=b["qk_scale"] / LOG2_E)
    yield "scores-16-bit", made(s=scores.half().double())
    for kind, mask in seen:
        yield kind, made(mask=mask.expand_as(scores))
    yield "mask-zero", made(mask=torch.ones_like(right), s=torch.where(right, scores, 0))
    yield "mask-not-inf", made(mask=torch.ones_like(right), s=torch.where(right, scores, -1e4))
    for kind, wrong in out(b, p, p * (dp - delta), True):
        yield kind, wrong


def dq_out(b, p, ds, wrong=False):
    if not wrong:
        return {"dq": b["dq"] + ds @ b["k"]}
    return [
        ("dq-from-wrong-tensor", {"dq": b["dq"] + ds @ b["v"]}),
        ("gradient-not-accumulated", {"dq": ds @ b["k"]}),
        ("gradient-not-added", {"dq": b["dq"]}),
    ]


def dk_dv_out(b, p, ds, wrong=False):
    dk, dv = ds.T @ b["q"], p.T @ b["do"]
    if not wrong:
        return {"dk": b["dk"] + dk, "dv": b["dv"] + dv}
    return [
        ("dk-from-wrong-tensor", {"dk": b["dk"] + ds.T @ b["do"]}),
        ("dv-from-wrong-tensor", {"dv": b["dv"] + p.T @ b["q"]}),
        ("dv-from-ds", {"dv": b["dv"] + ds.T @ b["do"]}),
        ("gradient-not-accumulated", {"dk": dk, "dv": dv}),
        ("gradient-not-added", {"dk": b["dk"], "dv": b["dv"]}),
    ]


def causal_masks(b: Values):
    """Masks of p8's tiles (M, N): the right one, then wrong ones."""
    i, j = b["offs_m"][:, None], b["offs_n"][None]
    free = torch.full((len(b["offs_m"]), len(b["offs_n"])), not bool(b["MASKED"]))
    yield "", (j <= i) | free
    yield "causal-missing", (j == j) | free
    yield "causal-hides-own-key", (j < i) | free
    yield "causal-one-too-many", (j <= i + 1) | free
    yield "causal-flipped", (j >= i) | free


def window_masks(b: Values):
    """Masks of p9's tiles in dq."""
    i, j, w, s = b["offs_m"][:, None], b["offs_n"][None], b["window"], b["sink"]
    free = torch.full((len(b["offs_m"]), len(b["offs_n"])), not bool(b["MASKED"]))
    past, recent = j <= i, j > i - w
    yield "", (past & (recent | (j < s))) | free
    yield "causal-missing", torch.ones_like(free)
    yield "sinks-forgotten-in-dq", (past & recent) | free
    yield "window-missing-in-dq", past | free
    yield "mask-transposed", ((i <= j) & ((i > j - w) | (i < s))) | free
    yield "causal-hides-own-key", ((j < i) & (recent | (j < s))) | free


def seen_masks(b: Values):
    """Masks of p9's tiles in dk and dv, which are given."""
    free = torch.full((len(b["q"]), len(b["k"])), not bool(b["MASKED"]))
    yield "", (b["seen"].T.bool() if "seen" in b else free) | free
    yield "seen-ignored", torch.ones_like(free)


# --- whole regions ---


def lse_guesses(b: Values, params) -> Guesses:
    m, total = b["m_i"], b["l_i"]
    yield "", {"lse": m + total.log2()}
    yield "lse-without-sum", {"lse": m}
    yield "lse-wrong-base", {"lse": m + total.log()}
    yield "lse-wrong-base", {"lse": m / LOG2_E + total.log()}
    yield "lse-without-maximum", {"lse": total.log2()}


def delta_guesses(b: Values, params) -> Guesses:
    do, o = b["do"], b["o"]
    yield "", {"delta": (do * o).sum(1)}
    yield "delta-from-wrong-tensor", {"delta": (do * do).sum(1)}
    yield "delta-from-wrong-tensor", {"delta": (o * o).sum(1)}


def true_tile(run: Run, moment: Moment) -> tuple[torch.Tensor, ...] | None:
    """q, do (N, D), p and ds without a mask (N, BN), positions of queries and keys, for the head
    and tile of keys of a passage.
    """
    x, params, b = run.inputs, run.scene.params, moment.before
    if not {"h", "b", "offs_n"} <= b.keys():
        return None
    batch, h, j = int(b["b"]), int(b["h"]), b["offs_n"].long()
    group = params["H"] // params["Hkv"]
    q, do = (x[name][batch, h].double() for name in ("q", "dO"))
    k, v = (x[name][batch, h // group].double() for name in ("k", "v"))
    i = torch.arange(len(q))
    s = q @ k.T * scale_of(params, q.shape[1])
    s_seen = s.masked_fill(~visible(i[:, None], i[None], **mask_arguments(params)), -math.inf)
    weights = torch.softmax(s_seen, -1)
    delta = (do * (weights @ v)).sum(1, keepdim=True)
    real = j < len(k)
    at = j.clamp_max(len(k) - 1)
    p = (s[:, at] - torch.logsumexp(s_seen, -1, keepdim=True)).exp() * real
    return q, do, p, p * (do @ v[at].T - delta), i[:, None], j[None]


def read_loops(runs: Sequence[Run], region: str) -> list[Finding]:
    """Which query tiles p8's loops add to dk and dv, and how often."""
    fits: set[str] | None = None
    order: list[str] = []
    for run in runs:
        for moment in run.observed.moments:
            tile = true_tile(run, moment) if moment.region == region and moment.after else None
            if tile is None:
                continue
            q, do, p, ds, i, j = tile
            b, first = moment.before, int(moment.before["start_n"])
            size, step = int(b["BLOCK_N"]), int(b["BLOCK_M"])
            past, own, later = j <= i, (i >= first) & (i < first + size), i >= first + size
            counts = [
                ("", past & (own | later)),
                ("diagonal-only", past & own),
                ("diagonal-missing", later & (j >= 0)),
                ("diagonal-not-masked", (own | later) & (j >= 0)),
                ("last-tile-missing", past & own | later & (i < len(q) // step * step)),
                ("loop-missing", (i < 0) & (j >= 0)),
            ]
            tables = [(kind, table.double()) for kind, table in counts]
            tables.insert(1, ("diagonal-twice", (past & own).double() + (own | later)))
            found = set()
            for kind, table in tables:
                dk, dv = (ds * table).T @ q, (p * table).T @ do
                wanted = {"dk": b["dk"] + dk, "dv": b["dv"] + dv}
                half = run.scene.params["dtype"] == "float16"
                off = 4e-3 if half else 1e-4
                if all(close(moment.after[name], wanted[name], off) for name in GRADS):
                    found.add(kind)
            order = [kind for kind, _ in tables]
            fits = found if fits is None else fits & found
    if fits is None or "" in fits:
        return []
    kind = next((one for one in order if one in fits), "region-wrong")
    return [Finding(kind, region, "", ("dk", "dv"))]


def read_sinks(runs: Sequence[Run], region: str) -> list[Finding]:
    """Which pairs p9's sink kernel adds to dk and dv."""

    def masks(b):
        i, j, w, s = b["offs_m"][:, None], b["offs_n"][None], b["window"], b["sink"]
        yield "", (j < s) & (j <= i - w)
        yield "sinks-twice", (j < s) & (j <= i)
        yield "sinks-window-off-by-one", (j < s) & (j < i - w)
        yield "sinks-window-off-by-one", (j < s) & (j <= i - w + 1)
        yield "sinks-not-masked", j <= i - w
        yield "sink-one-too-many", (j <= s) & (j <= i - w)

    found = compare(runs, region, ("dk", "dv"), partial(tile_guesses, out=dk_dv_out, masks=masks))
    names = {"gradient-not-added": "sinks-not-added"}
    if found and found[0].kind in names and wrong_outputs(runs, region) == 1:
        return [Finding("gradient-not-accumulated", region, "", ("dk", "dv"))]
    return [Finding(names.get(one.kind, one.kind), region, "", ("seen", "dk")) for one in found]


def wrong_outputs(runs: Sequence[Run], region: str) -> int:
    """How many of dk and dv a region leaves as they were, in every passage."""
    moments = [m for run in runs for m in run.observed.moments if m.region == region and m.after]
    return sum(all(torch.equal(m.before[n], m.after[n]) for m in moments) for n in ("dk", "dv"))


# --- where loops begin and end ---


def limits_of(runs: Sequence[Run], region: str, given: Sequence[str], found: Sequence[str]):
    """Columns of whole numbers: what the region was given and what it found."""
    rows = [
        [int(moment.before[name]) for name in given] + [int(moment.after[name]) for name in found]
        for run in runs
        for moment in run.observed.moments
        if moment.region == region and set(found) <= moment.after.keys()
    ]
    return torch.tensor(rows, dtype=torch.int64).T if rows else None


def first_fit(found: torch.Tensor, guesses, otherwise: str) -> str:
    return next((kind for kind, guess in guesses if torch.equal(found, guess)), otherwise)


def read_key_limits(runs: Sequence[Run]) -> list[Finding]:
    """What is wrong with window_start and whole_start."""
    names = ("start_m", "window", "BLOCK_M", "BLOCK_N")
    table = limits_of(runs, "p9.1", names, ("window_start", "whole_start"))
    if table is None:
        return []
    s, w, m, n, first, inside = table
    oldest, youngest = (s - w + 1).clamp_min(0), (s + m - w).clamp_min(0)
    if bool(((first > oldest // n * n) | (first < 0) | (first % n != 0)).any()):
        guesses = [
            ("first-rounds-up", cdiv(oldest, n) * n),
            ("first-not-rounded", oldest),
            ("first-below-zero", (s - w + 1) // n * n),
            ("first-by-last-query", youngest // n * n),
            ("first-off-by-one", (s - w + 2).clamp_min(0) // n * n),
        ]
        below = "first-below-zero" if bool((first < 0).any()) else "first-wrong"
        return [Finding(first_fit(first, guesses, below), "p9.1", "", ("window_start",))]
    if bool((inside > s).any()):
        return [Finding("inside-beyond-diagonal", "p9.1", "", ("whole_start",))]
    if bool((inside < torch.minimum(cdiv(youngest, n) * n, s)).any()):
        guesses = [
            ("inside-rounds-down", torch.minimum(youngest // n * n, s)),
            ("inside-by-first-query", torch.minimum(cdiv(oldest, n) * n, s)),
            ("edge-not-masked", first),
        ]
        return [Finding(first_fit(inside, guesses, "inside-wrong"), "p9.1", "", ("whole_start",))]
    return []


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


def read_p8(runs: Sequence[Run]) -> list[Finding]:
    dq = partial(tile_guesses, out=dq_out, masks=causal_masks)
    dk_dv = partial(tile_guesses, out=dk_dv_out, masks=causal_masks)
    found = [
        *compare(runs, "p8.1", ("lse",), lse_guesses),
        *compare(runs, "p8.2", ("dq",), dq),
        *compare(runs, "p8.3", ("delta",), delta_guesses),
        *compare(runs, "p8.4", ("dk", "dv"), dk_dv),
    ]
    return found or read_loops(runs, "p8.5")


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


def make(params) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return gradient_inputs(params, getattr(torch, params["dtype"]), generator)


def scene(**params) -> Scene:
    usual = {"B": 1, "H": 2, "Hkv": 1, "D": 32, "is_causal": True, "dtype": "float32"}
    return Scene("plain scores", {**usual, **params}, make)


TILE = ("q", "do", "lse", "delta", "k", "v", "offs_m", "offs_n", "qk_scale", "MASKED")
GRADS = ("dk", "dv")
P8 = Witnesses(
    scenes=(scene(N=100, softmax_scale=None), scene(N=40, softmax_scale=None, dtype="float16")),
    names={
        "p8.1": ("m_i", "l_i", "lse"),
        "p8.2": (*TILE, "dq"),
        "p8.3": ("do", "o", "delta"),
        "p8.4": (*TILE, *GRADS),
        "p8.5": ("h", "b", "offs_n", "start_n", "BLOCK_N", "BLOCK_M", *GRADS),
    },
    read=read_p8,
    steps={
        "p8.1": {"lse": 1},
        "p8.2": {"scores": 1, "mask": 1, "weights": 2, "dp": 3, "ds": 4, "add": 5, "add-q": 5},
        "p8.3": {"delta": 1},
        "p8.4": {
            "scores": 1,
            "dp": 1,
            "mask": 2,
            "weights": 2,
            "dv": 3,
            "ds": 4,
            "add": 5,
            "dk": 5,
        },
        "p8.5": {"diagonal": 1, "later": 2},
    },
    reasons=BACKWARD,
)
P9 = Witnesses(
    scenes=(
        scene(N=130, window_size=66, sink_size=4, scale=None),
        scene(N=100, H=1, window_size=20, sink_size=20, scale=None, D=128),
    ),
    names={
        "p9.1": ("start_m", "window", "BLOCK_M", "BLOCK_N", "window_start", "whole_start"),
        "p9.2": (*TILE, "window", "sink", "dq"),
        "p9.3": (*TILE, "seen", *GRADS),
        "p9.4": ("start_n", "N", "window", "BLOCK_M", "BLOCK_N", "whole_end", "window_end"),
        "p9.5": (*TILE, "window", "sink", *GRADS),
    },
    read=read_p9,
    steps={
        "p9.1": {"first": 1, "inside": 2, "mask": 2},
        "p9.2": {"scores": 1, "mask": 1}
        | dict.fromkeys(("weights", "dp", "ds", "add", "add-q"), 2),
        "p9.3": dict.fromkeys(("scores", "mask", "weights", "dp", "ds", "dv", "dk", "add"), 1),
        "p9.4": {"end": 1, "whole": 2},
        "p9.5": {"mask": 1, "seen": 1, "add": 2, "later": 2},
    },
    reasons=BACKWARD,
)
