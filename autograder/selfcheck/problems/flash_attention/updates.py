"""Reading a tiled softmax: which part of its update went wrong, and how.

Everything is compared in base 2, as logarithms: a weight of the wrong base is a wrong factor there,
a factor that was applied twice is a summand. A hypothesis counts only if it explains every row of
every scene.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch

from ...witness import Finding
from .passages import Passages

LOG2_E = math.log2(math.e)
FLOOR, CEILING = -120.0, 120.0  # beyond, float32 knows 0 and inf alone
CLOSE = 0.04  # of logarithms in base 2: 3 %
NEVER = -1e30  # a maximum at or below this stands for -inf
EXACT = 5000.0  # larger scores, rounded to 16 bits, may fall to either side
MOVES = 0.3  # a maximum that moves by less tells nothing
Hypotheses = Iterator[tuple[str, torch.Tensor]]


@dataclass(frozen=True)
class Setting:
    """What the reading needs to know of a region.

    `scale` is 1/sqrt(D); `unit` turns the program's scores into base 2. `masks(passages)` yields
    wrong masks, (kind, which keys they show).
    """

    region: str
    scale: float
    unit: float = 1.0
    masks: Callable[[Passages], Hypotheses] = lambda p: iter(())

    @property
    def other_base(self) -> float:
        """The exponential of the other base, as a factor of the logarithm."""
        return LOG2_E if self.unit == 1 else 1 / LOG2_E

    def finding(self, kind: str, *variables: str) -> Finding:
        return Finding(kind, self.region, "", variables)


def read_update(p: Passages, how: Setting) -> list[Finding]:
    """The findings for one region, the most basic first."""
    p = p.rows(torch.isfinite(p.l0) & torch.isfinite(p.acc0).all(1) & ~torch.isnan(p.m0))
    if not len(p):
        return []
    if bool((p.acc1 < -1e-3).any()):  # weights and unit vectors give nothing below 0
        return [how.finding("values-wrong", "v", "k", "acc")]
    found, p = read_mask(p, how)
    maximum = read_maximum(p, how)
    if maximum == "maximum-not-carried":
        return [*found, how.finding(maximum, "m_i")]
    weights, predicted = read_weights(p, how)
    begins = p.m0 <= NEVER
    if not maximum and bool(begins.any()) and bool(torch.isnan(p.l1[begins]).all()):
        return [*found, how.finding("factor-inverted", "alpha")]  # 0 times inf
    if weights in EXPLAIN_MAXIMUM:
        maximum = None
    factors = {"acc": read_factor(p, how), "l_i": read_sum(p, how, predicted)}
    found += [
        replace(one, fact=excess(p, "l_i" if "acc" not in one.variables else "acc"))
        for one in join(weights, factors, how)
    ]
    if maximum and not (maximum == "hidden-in-maximum" and found):
        found.insert(0, how.finding(maximum, "m_new", "m_i"))
    vague = [one.kind for one in found] in ([], ["values-wrong"])
    return (read_precision(p, how) or found) if vague else found


EXPLAIN_MAXIMUM = ("scores-16-bit", "scaled-twice", "scale-missing", "scores-wrong-base")


def log2(x: torch.Tensor) -> torch.Tensor:
    """Base-2 logarithms of weights, cut to what float32 can tell; NaN stays."""
    return x.clamp_min(0).log2().clamp(FLOOR, CEILING)


def agree(p: Passages, found: torch.Tensor, wanted: torch.Tensor, where: torch.Tensor) -> bool:
    """Whether logarithms agree on all of `where`. Where one would overflow, the whole row may be
    anything that is no number; 16-bit numbers tell nothing of very small weights.
    """
    top = p.top[:, None]
    wanted = torch.nan_to_num(wanted.expand_as(found), nan=FLOOR)
    over = ((wanted > top) & where).any(1, keepdim=True)
    lost = torch.isnan(found) | (found >= CEILING)
    small = torch.where(top < CEILING, -12.0, FLOOR)
    close = (found.maximum(small) - wanted.clamp(FLOOR, CEILING).maximum(small)).abs() <= CLOSE
    return bool((close | (over & lost))[where].all())


def row_maximum(scores: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    return scores.masked_fill(~where, -math.inf).amax(1)


def over_passage(p: Passages, x: torch.Tensor) -> torch.Tensor:
    """The largest value of a passage's rows, for each row."""
    best = torch.full((int(p.passage.max()) + 1,), -math.inf, dtype=x.dtype)
    return best.scatter_reduce_(0, p.passage, x, "amax")[p.passage]


def read_mask(p: Passages, how: Setting) -> tuple[list[Finding], Passages]:
    """The mistake in which keys count; and the passages with the mask that the program has."""
    expected = p.scores - p.m1[:, None]
    counted = p.acc1 != 0
    whole = torch.isfinite(p.acc1).all(1) & (p.m1 > NEVER)
    where = p.mine & (expected > -13) & (expected < 100) & (p.acc0 == 0) & whole[:, None]
    hidden = where & ~p.seen & counted
    if bool((counted == p.seen)[where].all()) or not bool(counted[where].any()):
        return [], p
    if not bool(hidden.any()) and read_weights(p, how)[0] is not None:
        return [], p
    for kind, mask in how.masks(p):
        mask = mask.expand_as(counted)
        if bool((counted == mask)[where].all()):
            if kind == "causal-missing" and agree(p, log2(p.acc1), -p.m1[:, None], hidden):
                kind = "mask-zero"
            return [masking(p, kind, where, counted, how)], replace(p, seen=mask)
    where &= (counted & p.mine).any(1, keepdim=True)  # no trace of a whole tile is another matter
    if bool((counted == p.seen)[where].all()):
        return [], p
    kind = "hidden-keys-count" if bool(hidden.any()) else "visible-keys-missing"
    own = torch.where(p.mine, counted, p.seen)
    return [masking(p, kind, where, counted, how)], replace(p, seen=own)


def masking(p: Passages, kind: str, where, counted, how: Setting) -> Finding:
    """A finding about the mask, with the first key that counts wrongly."""
    row, key = map(int, ((counted != p.seen) & where).nonzero()[0])
    does = "counts" if bool(counted[row, key]) else "misses"
    fact = f"For instance, query {int(p.query[row])} {does} key {key}."
    return Finding(kind, how.region, fact, ("visible", "S", "qk"))


def excess(p: Passages, name: str) -> str:
    """Where a sum is first not what it must be, and by how much; "" where that has no number."""
    part = torch.where(p.mine & p.seen, (p.scores - p.m1[:, None]).exp2(), 0).sum(1)
    found, before = (p.l1, p.l0) if name == "l_i" else (p.acc1.sum(1), p.acc0.sum(1))
    old = torch.where(before > 0, before * (p.m0 - p.m1).exp2(), 0)
    ratio = found / (old + part)
    off = torch.isfinite(ratio) & (ratio > 0) & (ratio.log2().abs() > 2 * CLOSE)
    if not bool(off.any()):
        return ""
    row = int(off.nonzero()[0])
    at, query = int(p.tile[row]), int(p.query[row])
    times = f"{float(ratio[row]):.2g} times"
    return f"In the tile from key {at} on, query {query}: `{name}` is {times} what it must be."


def read_maximum(p: Passages, how: Setting) -> str | None:
    """What the new maximum is, if it is not the largest visible score so far."""
    tile = row_maximum(p.scores, p.mine & p.seen)
    right = torch.maximum(p.m0, tile)
    pads = torch.where(p.blank, 0.0, -math.inf)
    everything = torch.maximum(row_maximum(p.scores, p.mine), pads)
    hidden = p.blank | (p.mine & ~p.seen).any(1)

    def same(wanted, rows=slice(None)):
        low = (wanted <= NEVER) & (p.m1 <= NEVER)
        near = (p.m1 - wanted).abs() <= CLOSE + 1e-5 * wanted.abs().clamp_max(1e6)
        return bool((low | near)[rows].all())

    near = (p.m1 - right).abs() <= CLOSE + 2**-10 * right.abs()
    if same(right) or bool(near.all()):  # 16 bits show in the weights
        return None
    hypotheses = (
        ("no-maximum", torch.zeros_like(right)),
        ("maximum-not-carried", p.m0),
        ("maximum-unscaled", torch.maximum(p.m0, tile / (how.scale * LOG2_E))),
        ("maximum-of-tile", tile),
        ("hidden-in-maximum", torch.maximum(p.m0, everything)),
        ("maximum-of-tile", everything),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, everything))),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, tile))),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, everything).clamp_min(0))),
    )
    for kind, wanted in hypotheses:
        if same(wanted):
            return kind
    if same(right, ~hidden) and bool(hidden.any()):
        for stand_in in (-1e4, -1e3, -1e5, -1e6, -1e2, -65504.0):
            for factor in (how.unit, how.scale * LOG2_E):
                if same(torch.where(hidden, right.clamp_min(stand_in * factor), right)):
                    return "mask-not-inf"
    return None


def weight_hypotheses(p: Passages, how: Setting) -> Hypotheses:
    """What the logarithms of the tile's weights are under each mistake; the right ones first."""
    m0, m1 = p.m0[:, None], p.m1[:, None]
    right = p.scores - m1
    yield "", right
    for unit in (how.unit, how.scale * LOG2_E):
        yield "scores-16-bit", rounded_scores(p, unit)
    yield "scaled-twice", p.scores * how.scale * LOG2_E - m1
    yield "scaled-twice", p.scores * how.scale - m1
    yield "scale-missing", p.scores / (how.scale * LOG2_E) - m1
    yield "scale-missing", p.scores / how.scale - m1
    yield "p-wrong-base", right * how.other_base
    yield "scores-wrong-base", p.scores * LOG2_E - m1
    yield "scores-wrong-base", p.scores / LOG2_E - m1
    yield "no-maximum", p.scores
    yield "old-maximum-in-p", p.scores - m0
    yield "old-maximum-in-p", p.scores - m0.clamp_min(-1e4 * how.unit)
    yield "rescaled-too-late", right + (m0 - m1)
    yield "added-twice", right + 1
    total = torch.where(p.mine & p.seen, right.exp2(), 0).sum(1, keepdim=True)
    yield "normalised-per-tile", torch.where(total.log2() > FLOOR, right - total.log2(), math.inf)
    yield "normalised-too-early", right - p.l1[:, None].log2()
    yield "acc-not-added", torch.full_like(right, FLOOR)


def rounded_scores(p: Passages, unit: float) -> torch.Tensor:
    """The logarithms of the weights with scores of 16 bits, rounded in that unit; those on the
    border between two roundings, and scores too large to tell, as they were found.
    """
    found, wanted = log2(p.acc1), (p.scores / unit).half().double() * unit - p.m1[:, None]
    off = (found - wanted.clamp(FLOOR, CEILING)).abs() > CLOSE
    large = p.scores.abs() / unit >= EXACT
    known = p.mine & p.seen & ~large
    rare = float(off[known].double().mean()) < 0.005
    return torch.where((off & rare) | large, found, wanted)


def read_weights(p: Passages, how: Setting) -> tuple[str | None, torch.Tensor]:
    """The mistake in the tile's new weights ("" if none, None if unknown), and the weights as
    that mistake gives them.
    """
    shown = p.mine & p.seen
    measured = log2(p.acc1)
    for kind, wanted in weight_hypotheses(p, how):
        if agree(p, measured, wanted, shown & (p.acc0 == 0)):
            return kind, torch.where(shown, wanted, -math.inf).exp2()
    return None, torch.where(shown, p.acc1, 0)


def factor_hypotheses(p: Passages, how: Setting) -> Hypotheses:
    """By how much the old sums were rescaled under each mistake, in base 2; the right one first."""
    d = (p.m0 - p.m1).clamp_min(-1e6)
    yield "", d
    yield "not-rescaled", torch.zeros_like(d)
    yield "not-accumulated", torch.full_like(d, -math.inf)
    yield "rescaled-twice", 2 * d
    yield "factor-inverted", -d
    yield "factor-wrong-base", d * how.other_base


def read_factor(p: Passages, how: Setting) -> str | None:
    """The mistake in how acc's old sums were kept."""
    before, after = log2(p.acc0), log2(p.acc1)
    moved = ((p.m0 - p.m1).abs() > MOVES) & (p.m0 > NEVER)
    old = (p.acc0 > 0) & ~p.mine & (before > -60)
    if not bool((old & moved[:, None]).any()):
        return ""
    for kind, factor in factor_hypotheses(p, how):
        wanted = before + factor[:, None]
        if agree(p, after, wanted, old):
            return kind
    return None


def read_sum(p: Passages, how: Setting, weights: torch.Tensor) -> str | None:
    """The mistake in l: how the old sum was kept, or what was added to it."""
    right = torch.where(p.mine & p.seen, (p.scores - p.m1[:, None]).exp2(), 0).sum(1)
    added = weights.sum(1)
    late = (p.m0 - p.m1).clamp_min(-1e6).exp2()
    pad = (-p.m1).clamp(-1000, 1000).exp2()
    tiles = [("", added), ("", right)]
    tiles += [("pads-not-masked", x + p.pads * pad) for x in (added, right)]
    tiles += [("pads-bound-wrong", x + (p.pads > 0) * pad) for x in (added, right)]
    tiles += [
        ("l-wrong-sum", added / (p.mine.sum(1) + p.pads)),
        ("l-wrong-sum", added / p.mine.sum(1)),
        ("l-wrong-sum", 2 * added),
        ("l-wrong-sum", weights.amax(1)),
        ("rescaled-too-late", added * late),
        ("l-not-added", torch.zeros_like(added)),
    ]
    for kind, factor in factor_hypotheses(p, how):
        old = torch.where(p.l0 > 0, p.l0 * factor.clamp_max(1000).exp2(), 0)
        for more, tile in tiles[:2] if kind else tiles:
            wanted = old + tile
            close = (p.l1 - wanted).abs() <= 0.01 * wanted.abs() + 1e-36
            lost = (wanted > 1e38) & ~(p.l1 < 1e36)
            if bool((close | lost).all()):
                return kind or more
    return None


def join(weights: str | None, factors: dict[str, str | None], how: Setting) -> list[Finding]:
    """Findings of the parts together: one mistake may show in both acc and l."""
    acc, total = factors["acc"], factors["l_i"]
    if weights == "p-wrong-base" and acc == "factor-wrong-base":
        return [how.finding("base-e-on-base-2", "p", "alpha")]
    found = [how.finding(weights, "p", "acc")] if weights else []
    if weights is None and total == "":  # l has the right weights, acc has not
        return [how.finding("values-wrong", "v", "k", "acc")]
    if acc and acc == total:
        kind = "nothing-rescaled" if acc == "not-rescaled" else acc
        return [*found, how.finding(kind, "alpha", "l_i", "acc")]
    for name, said in (("acc", acc), ("l_i", total)):
        if said:
            kind = f"{name.partition('_')[0]}-{said}" if said.startswith("not-") else said
            if kind not in [f.kind for f in found]:
                found.append(how.finding(kind, name))
    return found


def read_precision(p: Passages, how: Setting) -> list[Finding]:
    """Sums that were rounded to 16 bits: every one of their values fits into so few."""
    late = (p.acc0 > 0).any(1) & ((p.m0 - p.m1).abs() > MOVES)
    old = p.acc1[late][(p.acc0[late] > 0) & (p.acc1[late] > 2**-13)]
    found = []
    for name, values in (("acc", old), ("l", p.l1[late])):
        for dtype in (torch.float16, torch.bfloat16):
            if values.numel() >= 32 and bool((values.to(dtype).double() == values).all()):
                found.append(how.finding(f"{name}-16-bit", "acc" if name == "acc" else "l_i"))
                break
    if found:
        return found
    right = torch.where(p.mine & p.seen, (p.scores - p.m1[:, None]).exp2(), 0).sum(1)
    wanted = p.l0 * (p.m0 - p.m1).exp2() + right
    rest = (p.l1 - wanted)[(wanted < 4) & (p.m1.abs() < 50)]  # where float32 would show it
    if bool((rest > 0).double().mean() > 0.9) and float(rest.median()) > 3e-7:
        return [how.finding("epsilon-in-sum", "l_i")]
    return []
