"""Reading a tiled softmax: which part of its update went wrong, and how.

A cause is named only where the parts together explain what was seen (parts.py).
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from ...witness import Finding
from .parts import (
    CLOSE,
    MOVES,
    NEVER,
    Setting,
    agree,
    log2,
    lost_rows,
    read_factor,
    read_sum,
    read_weights,
    tile_maximum,
)
from .passages import LOG2_E, Passages


def read_update(p: Passages, how: Setting) -> list[Finding]:
    """The findings for one region, the most basic first."""
    p = p.rows(torch.isfinite(p.l0) & torch.isfinite(p.acc0).all(1) & ~torch.isnan(p.m0))
    if not len(p):
        return []
    if bool((torch.isnan(p.l1) & (p.m1 <= NEVER) & (p.seen & p.mine).any(1)).all()):
        return [how.finding("mask-flipped", "S", "qk")]
    if keys_for_values(p):
        return [how.finding("k-and-v-swapped", "v", "acc")]
    if bool((p.acc1 < -1e-3).any()):  # weights and unit vectors give nothing below 0
        return [how.finding("values-wrong", "v", "acc")]
    found, explained = read_parts(p, how)
    if explained:
        return read_broken(p, how) or found or read_precision(p, how)
    return read_broken(p, how) or read_precision(p, how) or [unexplained(p, how)]


def keys_for_values(p: Passages) -> bool:
    """Whether acc gained the weights times the keys, in every passage."""
    old = torch.where(p.acc0 != 0, p.acc0 * (p.m0 - p.m1)[:, None].exp2(), 0)
    off = (p.acc1 - old - p.by_keys).abs().amax(1)
    return bool((off <= 0.02 * p.by_keys.abs().amax(1) + 1e-3).all())


def read_parts(p: Passages, how: Setting) -> tuple[list[Finding], bool]:
    """The findings, and whether they, or none, explain mask, maximum, weights, acc and l_i."""
    mask, p = read_mask(p, how)
    maximum = read_maximum(p, how)
    if maximum == "maximum-not-carried":
        return [*mask, how.finding(maximum, "m_i")], True
    weights, predicted = read_weights(p, how)
    if weights in EXPLAIN_MAXIMUM:
        maximum = ""
    acc, total = read_factor(p, how), read_sum(p, how, predicted)
    if total is None and weights == acc == "":
        total = read_first_sum(p)
    found = [
        replace(one, fact=excess(p, "l_i" if "acc" not in one.variables else "acc"))
        for one in join(weights, {"acc": acc, "l_i": total}, how)
    ]
    if maximum and not (maximum == "hidden-in-maximum" and found):
        found.insert(0, how.finding(maximum, "m_new", "m_i"))
    whole = None not in (weights, acc, total) or maximum == "mask-not-inf"
    if maximum and not whole and carries_another(p, how):
        return [*mask, how.finding("maximum-not-carried", "m_i")], True
    whole |= bool(mask and mask[0].kind not in VAGUE_MASKS)
    return [*mask, *found], whole


def carries_another(p: Passages, how: Setting) -> bool:
    """Whether all is right but the maximum that is carried over: another one was subtracted."""
    used = replace(p, m1=torch.maximum(p.m0, tile_maximum(p)))
    weights, predicted = read_weights(used, how)
    return weights == read_factor(used, how) == read_sum(used, how, predicted) == ""


def read_broken(p: Passages, how: Setting) -> list[Finding]:
    """What turned some rows into NaN, where the others are right."""
    broken = torch.isnan(p.l1) & lost_rows(p) & (p.m1.abs() < -NEVER)
    begins = p.m0 <= NEVER
    if bool(broken.any()) and torch.equal(broken, begins):  # 0 times inf
        return [how.finding("factor-inverted", "alpha")]
    far = torch.maximum(torch.where(begins, 0, p.m0.abs()), p.m1.abs()) > 120
    fresh = begins & (p.m1 > 120)  # there a quotient is 0 / inf
    if not bool(broken.any()) or bool((broken & ~far).any()):
        return []
    calm = p.rows(~far)
    if not len(calm) or read_parts(calm, how) != ([], True):
        return []
    if not bool((broken & fresh).any()):
        return [how.finding("factor-overflows", "alpha")]
    return [how.finding("no-maximum", "p")] if bool(broken[fresh].all()) else []


def unexplained(p: Passages, how: Setting) -> Finding:
    """The bare fact: which sum is first not what it must be."""
    first = excess(p, "l_i"), excess(p, "acc")
    names = ("l_i",) if first[0] and not first[1] else ("acc",)
    lost = "" if bool(torch.isfinite(p.l1).all()) else "There are values that are no numbers."
    fact = next(filter(None, first), lost)
    return replace(how.finding("update-wrong", *names), fact=fact)


EXPLAIN_MAXIMUM = ("scores-16-bit", "scaled-twice", "scale-missing", "scores-wrong-base")
VAGUE_MASKS = ("hidden-keys-count", "visible-keys-missing")


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
    alone = p.mine & (p.acc0 == 0) & whole[:, None]  # weights of this tile by themselves
    where = alone & (expected > -13) & (expected < 100)
    hidden = alone & ~p.seen
    zeros = torch.where(p.seen, p.scores, 0)
    if bool((hidden & counted).any()) and agree(p, log2(p.acc1), zeros - p.m1[:, None], alone):
        found = masking(p, "mask-zero", hidden & counted, counted, how)
        return [found], replace(p, scores=zeros, seen=p.mine)
    hidden = where & ~p.seen & counted
    if bool((counted == p.seen)[where].all()) or not bool(counted[where].any()):
        return [], p
    if not bool(hidden.any()) and read_weights(p, how)[0] is not None:
        return [], p
    for kind, mask in how.masks(p):
        mask = mask.expand_as(counted)
        if bool((counted == mask)[where].all()):
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


def read_maximum(p: Passages, how: Setting) -> str:
    """What the new maximum is if it is not the largest visible score so far: "" if it is, or if it
    is something that no hypothesis explains, which does no harm by itself.
    """
    tile = tile_maximum(p)
    right = torch.maximum(p.m0, tile)
    unscaled = tile / (how.scale * LOG2_E)
    pads = torch.where(p.blank, 0.0, -math.inf)
    everything = torch.maximum(row_maximum(p.scores, p.mine), pads)
    hidden = p.blank | (p.mine & ~p.seen).any(1)

    def same(wanted, rows=slice(None)):
        low = (wanted <= NEVER) & (p.m1 <= NEVER)
        near = (p.m1 - wanted).abs() <= CLOSE + 1e-5 * wanted.abs().clamp_max(1e6)
        return bool((low | near)[rows].all())

    near = (p.m1 - right).abs() <= CLOSE + 2**-10 * right.abs()
    if same(right) or bool(near.all()):  # 16 bits show in the weights
        return ""
    hypotheses = (
        ("no-maximum", torch.zeros_like(right)),
        ("maximum-not-carried", p.m0),
        ("maximum-unscaled", torch.maximum(p.m0, unscaled)),
        ("old-maximum-scaled", torch.maximum(p.m0, unscaled) * (how.scale * LOG2_E)),
        ("old-maximum-scaled", torch.maximum(p.m0, tile / how.scale) * how.scale),
        ("maximum-of-tile", tile),
        ("maximum-wrong-axis", torch.maximum(p.m0, p.along_max)),
        ("hidden-in-maximum", torch.maximum(p.m0, everything)),
        ("maximum-of-tile", everything),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, everything))),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, tile))),
        ("maximum-of-whole-tile", torch.maximum(p.m0, over_passage(p, everything).clamp_min(0))),
        ("maximum-clamped", right.clamp_min(0)),
        ("maximum-clamped", torch.maximum(p.m0, everything).clamp_min(0)),
    )
    for kind, wanted in hypotheses:
        if same(wanted):
            return kind
    if same(right, ~hidden) and bool(hidden.any()):
        for stand_in in (-1e4, -1e3, -1e5, -1e6, -1e2, -65504.0):
            for factor in (how.unit, how.scale * LOG2_E):
                if same(torch.where(hidden, right.clamp_min(stand_in * factor), right)):
                    return "mask-not-inf"
    return ""


def read_first_sum(p: Passages) -> str | None:
    """The mistake in l_i, acc being right: what the first tile adds shows without any factor."""
    begins = p.l0 == 0
    right = torch.where(p.mine & p.seen, (p.scores - p.m1[:, None]).exp2(), 0).sum(1)
    return "l-wrong-sum" if bool(((p.l1 - right).abs() > 0.05 * right)[begins].any()) else None


def join(weights: str | None, factors: dict[str, str | None], how: Setting) -> list[Finding]:
    """Findings of the parts together: one mistake may show in both acc and l."""
    acc, total = factors["acc"], factors["l_i"]
    if weights == "p-wrong-base" and acc == "factor-wrong-base":
        return [how.finding("base-e-on-base-2", "p", "alpha")]
    if weights == "rescaled-too-late" and acc == "not-rescaled":
        weights, acc = "", "factor-on-new-part"
    found = [how.finding(weights, "p", "acc")] if weights else []
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
    usual = float(rest.median()) if len(rest) else 0.0
    alike = (rest > 0) & (rest < 4 * usual + 2e-6)  # one number, and what float32 leaves of it
    if 3e-7 < usual < 0.01 and bool(alike.double().mean() > 0.9):
        return [how.finding("epsilon-in-sum", "l_i")]
    return []
