"""The parts of a softmax's update and how each may go wrong: weights, factor, sum.

Everything is compared in base 2, as logarithms: a weight of the wrong base is a wrong factor there,
a factor that was applied twice is a summand. A hypothesis counts only if it explains every row of
every scene.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from ...witness import Finding
from .passages import LOG2_E, Passages

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


def log2(x: torch.Tensor) -> torch.Tensor:
    """Base-2 logarithms of weights, cut to what float32 can tell; NaN stays."""
    return x.clamp_min(0).log2().clamp(FLOOR, CEILING)


def agree(p: Passages, found: torch.Tensor, wanted: torch.Tensor, where: torch.Tensor) -> bool:
    """Whether logarithms agree on all of `where`. Where one would overflow, the whole row may be
    anything that is no number; 16-bit numbers tell nothing of very small weights.
    """
    top = p.top[:, None]
    wanted = wanted.expand_as(found)
    both = torch.isnan(found) & torch.isnan(wanted)
    wanted = torch.nan_to_num(wanted, nan=FLOOR)
    over = ((wanted > top) & where).any(1, keepdim=True)
    lost = torch.isnan(found) | (found >= CEILING)
    small = torch.where(top < CEILING, -12.0, FLOOR)
    large = p.scores.abs().maximum(p.m1.abs().clamp_max(1e6)[:, None])
    near = CLOSE + 2**-19 * large  # what float32 leaves of it
    close = (found.maximum(small) - wanted.clamp(FLOOR, CEILING).maximum(small)).abs() <= near
    return bool((close | both | (over & lost) | dead(p)[:, None])[where].all())


def dead(p: Passages) -> torch.Tensor:
    """Rows in which one overflow, 0 times inf, has left no number of acc's old sums."""
    return lost_rows(p) & (p.acc0 > 0).any(1)


def lost_rows(p: Passages) -> torch.Tensor:
    """Rows of acc that hold NaN and no weight."""
    return torch.isnan(p.acc1).any(1) & ~(torch.isfinite(p.acc1) & (p.acc1 > 0)).any(1)


def tile_maximum(p: Passages) -> torch.Tensor:
    """The largest visible score of each row's tile, -inf where it sees none."""
    return p.scores.masked_fill(~(p.mine & p.seen), -math.inf).amax(1)


def weight_hypotheses(p: Passages, how: Setting) -> Hypotheses:
    """What the logarithms of the tile's weights are under each mistake; the right ones first."""
    m0, m1 = p.m0[:, None], p.m1[:, None]
    right = p.scores - m1
    yield "", right
    for unit in (how.unit, how.scale * LOG2_E):
        yield "scores-16-bit", rounded_scores(p, unit)
    yield "scaled-twice", p.scores * how.scale * LOG2_E - m1
    yield "scaled-twice", p.scores * how.scale - m1
    yield "scaled-twice", right * how.scale * LOG2_E
    yield "scaled-twice", right * how.scale
    yield "maximum-scaled-again", p.scores - m1 * how.scale * LOG2_E
    if not bool(torch.isnan(p.along_m1[p.mine]).any()):  # else it predicts nothing
        yield "maximum-broadcast-wrong", p.scores - p.along_m1
    yield "scale-missing", p.scores / (how.scale * LOG2_E) - m1
    yield "scale-missing", p.scores / how.scale - m1
    yield "p-wrong-base", right * how.other_base
    yield "scores-wrong-base", p.scores * LOG2_E - m1
    yield "scores-wrong-base", p.scores / LOG2_E - m1
    yield "no-maximum", p.scores
    yield "old-maximum-in-p", p.scores - m0
    yield "old-maximum-in-p", p.scores - m0.clamp_min(-1e4 * how.unit)
    late = m0 - m1
    yield "rescaled-too-late", right + late
    yield "rescaled-too-late", right + torch.where(m0 > NEVER, late, 0)
    yield "part-by-tile", p.scores - tile_maximum(p)[:, None]
    yield "added-twice", right + 1
    total = torch.where(p.mine & p.seen, right.exp2(), 0).sum(1, keepdim=True).log2()
    own = log2(p.acc1)  # what is left of so little may be anything
    yield "normalised-per-tile", torch.where(total > FLOOR, right - total, own)
    yield "normalised-too-early", right - p.l1[:, None].log2()
    yield "acc-not-added", torch.full_like(right, FLOOR)
    yield "p-inverted", -right


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
    yield "normalised-too-early", d + p.l0.log2() - p.l1.log2()
    yield "normalised-too-early", d - p.l1.log2()
    yield "factor-scaled-again", d * how.scale * LOG2_E
    yield "factor-scaled-again", d * how.scale
    yield "old-sum-twice", d + 1
    yield "factor-of-tile", (p.m0 - tile_maximum(p)).clamp(-1e6, 1e6)


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
        ("rescaled-too-late", added * torch.where(p.m0 > NEVER, late, 1)),
        ("l-not-added", torch.zeros_like(added)),
        ("l-wrong-sum", p.along_sum),
    ]
    new_part = [("factor-on-new-part", added * late)]
    share = 0.01 + 2**-19 * p.m1.abs().clamp_max(1e5)  # what float32 leaves of large exponents
    for kind, factor in factor_hypotheses(p, how):
        old = torch.where(p.l0 > 0, p.l0 * factor.clamp_max(1000).exp2(), 0)
        for more, tile in tiles if not kind else tiles[:2] + new_part * (kind == "not-rescaled"):
            wanted = old + tile
            close = (p.l1 - wanted).abs() <= share * wanted.abs() + 1e-36
            lost = (wanted > 1e38) & ~(p.l1 < 1e36)
            if bool((close | lost | torch.isnan(added) | (dead(p) & ~torch.isfinite(p.l1))).all()):
                return more if more == "factor-on-new-part" else kind or more
    return None
