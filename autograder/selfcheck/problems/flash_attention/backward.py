"""p8's regions watched: each is held against what it must make of its inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch

from ...trace import Moment
from ...witness import Finding, Run, Witnesses
from .attention import mask_arguments, visible
from .backward_reasons import BACKWARD
from .backward_tiles import (
    GRADS,
    TILE,
    Guesses,
    Values,
    close,
    compare,
    dk_dv_out,
    dq_out,
    exists,
    half_of,
    rounding,
    scene,
    tile_guesses,
    with_lowest,
)
from .gradients import scale_of
from .passages import LOG2_E


def causal_masks(b: Values):
    """Masks of p8's tiles (M, N): the right one, then wrong ones."""
    i, j = b["offs_m"][:, None], b["offs_n"][None]
    free = torch.full((len(b["offs_m"]), len(b["offs_n"])), not bool(b["MASKED"]))
    yield "", (j <= i) | free
    yield "causal-missing", (j == j) | free
    yield "causal-hides-own-key", (j < i) | free
    yield "causal-one-too-many", (j <= i + 1) | free
    yield "causal-flipped", (j >= i) | free
    yield "causal-flipped", (j > i) | free
    yield "mask-by-first-query", (j <= i[:1]) | free
    yield "mask-by-last-query", (j <= i[-1:]) | free


def lse_guesses(b: Values, params) -> Guesses:
    m, total = b["m_i"], b["l_i"]
    yield "", {"lse": m + total.log2()}
    yield "lse-without-sum", {"lse": m}
    yield "lse-wrong-base", {"lse": m + total.log()}
    yield "lse-wrong-base", {"lse": m / LOG2_E + total.log()}
    yield "lse-wrong-base", {"lse": m * LOG2_E + total.log2()}
    yield "lse-wrong-base", {"lse": m / LOG2_E + total.log2()}
    yield "lse-multiplied", {"lse": m * total.log2()}
    yield "lse-sign", {"lse": m - total.log2()}
    yield "lse-without-log", {"lse": m + total}
    yield "lse-without-maximum", {"lse": total.log2()}


def delta_guesses(b: Values, params) -> Guesses:
    do, o = b["do"], b["o"]
    yield "", {"delta": (do * o).sum(1)}
    yield "delta-wrong-size", {"delta": (do * o).mean(1)}
    yield "delta-from-wrong-tensor", {"delta": (do * do).sum(1)}
    yield "delta-from-wrong-tensor", {"delta": (o * o).sum(1)}


@dataclass(frozen=True)
class Pairs:
    """All queries beside the tile of keys of one passage: q, do (N, D); k, v (BN, D); logs, delta
    (N, 1); positions i (N, 1), j (1, BN) and whether such a key exists.
    """

    q: torch.Tensor
    do: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    logs: torch.Tensor
    delta: torch.Tensor
    i: torch.Tensor
    j: torch.Tensor
    scale: float

    def sums(self, counts: torch.Tensor, q_rows=slice(None), do_rows=slice(None)) -> Values:
        """What is added to dk and dv where a pair counts so often, and q and do are read from other
        rows than they should.
        """
        q, do = self.q[q_rows], self.do[do_rows]
        p = (q @ self.k.T * self.scale - self.logs).exp() * (self.j < len(q)) * counts
        return {"dk": (p * (do @ self.v.T - self.delta)).T @ q, "dv": p.T @ do}


def pairs_of(run: Run, moment: Moment) -> Pairs | None:
    """The pairs of a passage through p8's loops."""
    x, params, b = run.inputs, run.scene.params, moment.before
    if not {"h", "b", "offs_n"} <= b.keys():
        return None
    batch, h, j = int(b["b"]), int(b["h"]), b["offs_n"].long()
    group = params["H"] // params["Hkv"]
    q, do = (x[name][batch, h].double() for name in ("q", "dO"))
    k, v = (x[name][batch, h // group].double() for name in ("k", "v"))
    i, scale = torch.arange(len(q)), scale_of(params, q.shape[1])
    hidden = ~visible(i[:, None], i[None], **mask_arguments(params))
    scores = (q @ k.T * scale).masked_fill(hidden, -math.inf)
    delta = (do * (torch.softmax(scores, -1) @ v)).sum(1, keepdim=True)
    at, logs = j.clamp_max(len(k) - 1), torch.logsumexp(scores, -1, keepdim=True)
    return Pairs(q, do, k[at], v[at], logs, delta, i[:, None], j[None], scale)


ONE_LOOP = {"diagonal-only", "diagonal-missing", "loop-missing"}


def read_loops(runs: Sequence[Run], region: str) -> list[Finding]:
    """Which query tiles p8's loops add to dk and dv, and how often."""
    fits: dict[str, set[str]] = {}
    order: list[str] = []
    for run in runs:
        for moment in run.observed.moments:
            pairs = pairs_of(run, moment) if moment.region == region and moment.after else None
            if pairs is None:
                continue
            before, made = moment.before, loop_guesses(moment.before, pairs)
            params, order = run.scene.params, [kind for kind, _ in made]
            for name in GRADS:
                keep = exists(moment, name, params["N"])
                here, start = moment.after[name][keep], before[name][keep]
                found = {
                    kind
                    for kind, sums in made
                    if close(here, start + sums[name][keep], rounding(params), half_of(params))
                }
                fits[name] = fits.get(name, found) & found
    wrong = [name for name, kinds in fits.items() if order[0] not in kinds]
    if not wrong:
        return []
    common = set.intersection(*fits.values())
    kind = next((one for one in order if one in common), "region-wrong").partition(" ")[0]
    if len(wrong) == 1 and {k.partition(" ")[0] for k in fits[wrong[0]]} & ONE_LOOP:
        kind = "gradient-not-added"
    return [Finding(kind, region, "", tuple(wrong))]


def loop_guesses(b: Values, x: Pairs) -> list[tuple[str, Values]]:
    """What the loops add, as it must be and under each mistake."""
    first, size, step = (int(b[name]) for name in ("start_n", "BLOCK_N", "BLOCK_M"))
    tables = loop_tables(first, size, step, len(x.q), x.i, x.j)
    made = [
        (f"{kind} {n}" if kind else "", x.sums(table)) for n, (kind, table) in enumerate(tables)
    ]
    right, i = tables[0][1], x.i[:, 0]
    tile, inside = (i - first) // step, (i - first) % step
    end = first + -(-min(size, len(x.q) - first) // step) * step  # of the diagonal's tiles

    def rows(diagonal: bool, later: bool) -> torch.Tensor:
        """The rows that are read where an address moves in one of the loops only, or in none."""
        own = first + tile * step * diagonal
        after = (end if diagonal else first) + (tile - size // step) * step * later
        return (torch.where(i < first + size, own, after) + inside).clamp(0, len(x.q) - 1)

    short = torch.where(i < first + size, i, i - size + step).clamp(0, len(x.q) - 1)
    made.append(("diagonal-first-tile-only rows", x.sums(tables[-1][1], short, short)))
    moves = [(a, c) for a in (True, False) for c in (True, False)]
    for number, (q_moves, do_moves) in enumerate((q, do) for q in moves for do in moves):
        if number:  # 0: both move in both
            sums = x.sums(right, rows(*q_moves), rows(*do_moves))
            made.append((f"pointer-not-advanced {number}", sums))
    return made


def loop_tables(first: int, size: int, step: int, n: int, i: torch.Tensor, j: torch.Tensor):
    """How often each pair counts in p8's loops: as it must be, then under each mistake."""
    past, own, later = j <= i, (i >= first) & (i < first + size), i >= first + size
    inside = (i - first) % step
    tables = [
        ("", past & (own | later)),
        ("diagonal-only", past & own),
        ("diagonal-missing", later & (j >= 0)),
        ("diagonal-not-masked", (own | later) & (j >= 0)),
        ("last-tile-missing", past & own | later & (i < n // step * step)),
        ("loop-missing", (i < 0) & (j >= 0)),
        ("mask-tile-positions", (j <= inside) & own | later),
        ("mask-tile-positions", (j - first <= i) & own | later),
        ("tile-skipped", past & own | later & (i >= first + size + step)),
        ("diagonal-first-tile-only", past & (own & (i < first + step) | later)),
    ]
    doubled = ("diagonal-twice", (past & own).double() + (own | later))
    return [tables[0], doubled, *((kind, table.double()) for kind, table in tables)]


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


P8 = Witnesses(
    scenes=(
        scene(N=100, softmax_scale=None),
        scene(N=40, softmax_scale=None, dtype="float16"),
        scene(N=40, H=1, softmax_scale=None, scores="abyss"),
    ),
    names={
        "p8.1": ("m_i", "l_i", "lse"),
        "p8.2": (*TILE, "dq"),
        "p8.3": ("do", "o", "delta"),
        "p8.4": (*TILE, *GRADS),
        "p8.5": ("h", "b", "offs_n", "start_n", "BLOCK_N", "BLOCK_M", *GRADS),
    },
    read=with_lowest(read_p8, {"p8.2": ("dq",), "p8.4": GRADS}),
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
