"""One tile of a backward pass: what it gives, and what it would give under each mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from ...trace import Moment
from ...witness import Finding, Run, Scene
from .gradients import gradient_inputs
from .passages import LOG2_E

Values = Mapping[str, torch.Tensor]
Guesses = Iterator[tuple[str, Values]]  # kind, and what the region would leave behind
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


def compare(
    runs: Sequence[Run], region: str, outputs: Sequence[str], guesses: Callable[..., Guesses]
) -> list[Finding]:
    """The mistake that gives what a region left behind, in every passage and in all outputs, those
    that are right included. The first guess is the right one.
    """
    fits: dict[str, set[str]] = {}
    order: list[str] = []
    for run in runs:
        for moment in run.observed.moments:
            if moment.region != region or not set(outputs) <= moment.after.keys():
                continue
            params = run.scene.params
            some_guesses = enumerate(guesses(moment.before, params))
            made = [(f"{n} {kind}", some) for n, (kind, some) in some_guesses]
            off = rounding(params) if region not in EXACT else 1e-4
            order = order or [name for name, _ in made]
            right = made[0][1]
            for name in outputs:
                keep = exists(moment, name, params["N"])
                here = moment.after[name][keep]
                found = {
                    guess
                    for guess, some in made
                    if close(here, some.get(name, right[name])[keep], off, half_of(params))
                }
                if order[0] in found or is_rounded(here, right[name][keep]):
                    found.add(ROUNDED)
                fits[name] = fits.get(name, found) & found
    wrong = [name for name, found in fits.items() if order[0] not in found]
    if not wrong:
        return []
    common = set.intersection(*fits.values())
    kind = next((one for one in order if one in common), " region-wrong").partition(" ")[2]
    if ROUNDED in common:
        kind = "delta-16-bit" if wrong[0] == "delta" else "gradient-16-bit"
    return [Finding(kind, region, "", (*EXTRA.get(kind, ()), wrong[0]))]


def half_of(params) -> bool:
    return params["dtype"] == "float16"


def rounding(params) -> float:
    """How far a result may be off, by its largest value."""
    return 4e-3 if half_of(params) else 1e-4


def exists(moment: Moment, name: str, n: int) -> slice | torch.Tensor:
    """Which rows of an output are those of queries or keys that exist."""
    positions = moment.before.get("offs_n" if name in GRADS else "offs_m")
    return slice(None) if positions is None else positions < n


def is_rounded(found: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether all numbers are right but for a rounding to 16 bits, and fit into so few."""
    return close(found, right, 2e-2) and torch.equal(found.half().double(), found)


def close(found: torch.Tensor, wanted: torch.Tensor, off: float = 1e-4, half: bool = False) -> bool:
    """Whether a result is the wanted one, by the size of its largest value."""
    if found.shape != wanted.shape:
        return False
    most = 3e4 if half else 1e30  # beyond, 16 bits, or 32, may know inf alone
    over = ~(wanted.abs() < most)
    if bool(over.any()):  # what is no number any more may be anything that is none
        return half or bool((~(found.abs() < 1e30) | ~over).all())
    size = float(wanted.abs().max()) if wanted.numel() else 0.0
    return bool(((found - wanted).abs() <= off * size + 1e-7).all())


def tile_guesses(b: Values, params, out: Callable[..., Any], masks: Callable) -> Guesses:
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
    yield "delta-on-p", out(b, p, (p - delta) * dp)
    yield "dp-scaled", made(dp=dp * b["qk_scale"])
    yield "dp-scaled", made(dp=dp * b["qk_scale"] / LOG2_E)
    total = p.sum(1, keepdim=True)
    yield "normalised-per-tile", out(b, p / total, p / total * (dp - delta))
    if len(lse) == p.shape[1]:
        yield "lse-broadcast-wrong", made(s=scores + lse - lse.T)
        yield "delta-broadcast-wrong", made(shift=-delta.T)
    yield "delta-of-tile", made(shift=-(p * dp).sum(1, keepdim=True))
    yield "scaled-twice", made(s=scores * b["qk_scale"])
    yield "scaled-twice", made(s=scores * b["qk_scale"] / LOG2_E)
    yield "dp-from-wrong-tensor", made(dp=b["do"] @ b["k"].T)
    yield "dp-from-wrong-tensor", made(dp=b["q"] @ b["v"].T)
    yield "gradient-scaled-twice", made(times=b["qk_scale"])
    yield "gradient-scaled-twice", made(times=b["qk_scale"] / LOG2_E)
    yield "scores-16-bit", made(s=scores.half().double())
    for kind, mask in seen:
        yield kind, made(mask=mask.expand_as(scores))
    everything = torch.ones_like(right)
    unmasked = made(mask=everything)
    if "dv" in unmasked:
        yield "dv-before-mask", {"dv": unmasked["dv"]}
    yield "mask-zero", made(mask=everything, s=torch.where(right, scores, 0))
    for kind, wrong in out(b, p, p * (dp - delta), dp):
        yield kind, wrong


def dq_out(b, p, ds, dp=None):
    if dp is None:
        return {"dq": b["dq"] + ds @ b["k"]}
    square = len(ds) == len(b["k"])
    turned = [("ds-transposed", {"dq": b["dq"] + ds.T @ b["k"]})] if square else []
    return [
        ("gradient-sign", {"dq": b["dq"] - ds @ b["k"]}),
        *turned,
        ("dq-from-wrong-tensor", {"dq": b["dq"] + ds @ b["v"]}),
        ("gradient-not-accumulated", {"dq": ds @ b["k"]}),
        ("gradient-not-added", {"dq": b["dq"]}),
    ]


def dk_dv_out(b, p, ds, dp=None):
    dk, dv = ds.T @ b["q"], p.T @ b["do"]
    if dp is None:
        return {"dk": b["dk"] + dk, "dv": b["dv"] + dv}
    return [
        ("dk-from-wrong-tensor", {"dk": b["dk"] + ds.T @ b["do"]}),
        ("dv-from-wrong-tensor", {"dv": b["dv"] + p.T @ b["q"]}),
        ("dv-from-ds", {"dv": b["dv"] + ds.T @ b["do"]}),
        ("dv-from-dp", {"dv": b["dv"] + dp.T @ b["do"]}),
        ("dk-from-p", {"dk": b["dk"] + p.T @ b["q"]}),
        *in_each("gradient-sign", {"dk": b["dk"] - dk, "dv": b["dv"] - dv}),
        *in_each("gradient-not-accumulated", {"dk": dk, "dv": dv}),
        *in_each("gradient-not-added", {"dk": b["dk"], "dv": b["dv"]}),
    ]


def in_each(kind: str, some: Values) -> list[tuple[str, Values]]:
    """A mistake that may be made in all of some outputs, or in one of them."""
    return [(kind, some), *((kind, {name: x}) for name, x in some.items())]


def make(params) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return gradient_inputs(params, getattr(torch, params["dtype"]), generator)


def scene(**params) -> Scene:
    usual = {"B": 1, "H": 2, "Hkv": 1, "D": 32, "is_causal": True, "dtype": "float32"}
    return Scene("plain scores", {**usual, **params}, make)


TILE = ("q", "do", "lse", "delta", "k", "v", "offs_m", "offs_n", "qk_scale", "MASKED")
GRADS = ("dk", "dv")


def with_lowest(read: Callable[[Sequence[Run]], list[Finding]], outputs: Mapping[str, tuple]):
    """`read`, which gets the ordinary scenes. Where it finds nothing, a region that leaves no
    numbers where all scores are far below 0 hides with a number that they are below.
    """

    def reading(runs: Sequence[Run]) -> list[Finding]:
        plain = [run for run in runs if "scores" not in run.scene.params]
        found = read(plain)
        lowest = [run for run in runs if "scores" in run.scene.params and not found]
        for moment in (moment for run in lowest for moment in run.observed.moments):
            names = [n for n in outputs.get(moment.region, ()) if n in moment.after]
            if any(broken(moment, n, lowest[0].scene.params["N"]) for n in names):
                found = found or [Finding("mask-not-inf", moment.region, "", ("qk", "qk_t"))]
        return found

    return reading


def broken(moment: Moment, name: str, n: int) -> bool:
    """Whether an output has become something that is no number, in rows that exist."""
    keep = exists(moment, name, n)
    before, after = (side[name][keep] for side in (moment.before, moment.after))
    return bool(torch.isfinite(before).all() and not torch.isfinite(after).all())
