"""The grouped kernel watched: where it begins to read, and which tiles it loads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ...memory import place_all
from ...trace import Moment
from ...witness import Finding, Run, Witnesses
from .head_reasons import REASONS
from .passages import LOG2_E
from .reasons import READING, UPDATE
from .scenes import OWN, scenes

BYTES = 4  # of an element: the scenes are float32
TENSORS = ("q", "k", "v")
STRIDES = tuple(f"stride_{t}{axis}" for t in TENSORS for axis in "bhn")


def starts_of(moment: Moment) -> dict[str, list[tuple[str, float]]]:
    """For each tensor, the kinds of mistake that give its base; "" where that is right.

    Raises KeyError where a value is gone.
    """
    seen = {name: float(x) for name, x in moment.before.items()}
    pid, heads, group = (int(seen[name]) for name in ("pid_bh", "H", "GROUP"))
    b, h, kv_heads = pid // heads, pid % heads, heads // group
    found: dict[str, list[tuple[str, float]]] = {}
    for tensor in TENSORS:
        own = seen[f"stride_{tensor}b"], seen[f"stride_{tensor}h"]
        head = h if tensor == "q" else h // group
        guesses = [("", b, head, own), ("batch-missing-in-base", 0, head, own)]
        if tensor == "q":
            guesses.append(("q-head-is-kv-head", b, h // group, own))
        else:
            guesses += [("kv-head-modulo", b, h % kv_heads, own)]
            guesses += [("kv-head-modulo", b, h % group, own)]
            guesses += [("kv-head-divided-by-hkv", b, h // kv_heads, own)]
            guesses += [("kv-head-zero", b, 0, own), ("kv-head-is-query-head", b, h, own)]
            guesses += [("kv-head-counts-batches", b, pid // group, own)]
            guesses += [("kv-head-rounded-up", b, -(-h // group), own)]
            guesses += [("kv-head-multiplied", b, n, own) for n in (h * group, h - h % group)]
        guesses += [("strides-swapped", b, head, own[::-1])]
        through = pid if tensor == "q" else pid // group
        guesses += [("heads-counted-through", 0, through, own)]
        guesses += [("head-missing", b, 0, own)] if tensor == "q" else []
        for other in TENSORS:
            sb, sh = seen[f"stride_{other}b"], seen[f"stride_{other}h"]
            guesses += [("stride-of-another", b, head, (sb, own[1]))]
            guesses += [("stride-of-another", b, head, (own[0], sh))]
            guesses += [("stride-of-another", b, head, (sb, sh))]
        axes = seen[f"stride_{tensor}n"]
        guesses += [("stride-of-axis", b, head, one) for one in ((own[0], axes), (axes, own[1]))]
        start = float(moment.after[f"{tensor}_base"])
        at = (float(moment.after[f"{tensor}_base"]) - seen[f"{tensor}_ptr"]) / BYTES
        found[tensor] = [
            (f"{kind} {number}" if kind else "", at - (s * strides[0] + head * strides[1]))
            for number, (kind, s, head, strides) in enumerate(guesses)
        ]
        if tensor != "q":  # begun in the other of the two
            other = "v" if tensor == "k" else "k"
            theirs = seen[f"stride_{other}b"], seen[f"stride_{other}h"]
            for number, (sb, sh) in enumerate((own, theirs)):
                off = (start - seen[f"{other}_ptr"]) / BYTES - (b * sb + h // group * sh)
                found[tensor].append((f"k-and-v-swapped {number}", off))
    return found


def read_split(runs: Sequence[Run]) -> list[Finding]:
    """What is wrong with the sequence b and the query head h, over all programs."""
    found = []
    for run in runs:
        for moment in run.observed.moments:
            if moment.region == "p5.1" and {"b", "h"} <= moment.after.keys():
                right = divmod(int(moment.before["pid_bh"]), int(moment.before["H"]))
                found.append((*right, int(moment.after["b"]), int(moment.after["h"])))
    if all(one[:2] == one[2:] for one in found):
        return []
    lost = all(h == mine and not first for _, h, first, mine in found)
    kind = "batch-missing" if lost else "batch-and-head-split-wrong"
    return [Finding(kind, "p5.1", "", ("b",) if lost else ("b", "h"))]


def read_starts(runs: Sequence[Run]) -> list[Finding]:
    """What is wrong with where the tensors are begun to be read, over all programs."""
    fits: dict[str, set[str]] = {}
    for run in runs:
        for moment in run.observed.moments:
            if moment.region != "p5.1" or not moment.after:
                continue
            for tensor, guesses in starts_of(moment).items():
                exact = {name for name, off in guesses if off == 0}
                fits[tensor] = fits.get(tensor, exact) & exact
    wrong = {tensor: some for tensor, some in fits.items() if "" not in some}
    if not wrong:
        return []
    kinds = {t: {name.partition(" ")[0] for name in some} for t, some in fits.items()}
    common = set.intersection(*(kinds[tensor] for tensor in wrong))
    kind = next((one for one in ORDER if one in common), "base-wrong")
    alone = next(iter(wrong)) if len(wrong) == 1 else ""
    if kind.startswith("kv-head") and alone:  # so kv_h itself is right
        kind = "head-missing" if "kv-head-zero" in common else f"kv-head-of-{alone}-wrong"
    names = tuple(f"{tensor}_base" for tensor in wrong)
    first = ("kv_h",) if kind.startswith("kv-head") and not alone else ()
    return [Finding(kind, "p5.1", "", (*first, *names))]


ORDER = (
    "batch-missing-in-base",
    "kv-head-modulo",
    "kv-head-divided-by-hkv",
    "kv-head-is-query-head",
    "kv-head-zero",
    "kv-head-counts-batches",
    "kv-head-rounded-up",
    "kv-head-multiplied",
    "q-head-is-kv-head",
    "k-and-v-swapped",
    "strides-swapped",
    "head-missing",
    "heads-counted-through",
    "stride-of-another",
    "stride-of-axis",
)


def read_tiles(runs: Sequence[Run], region: str) -> list[Finding]:
    """What is wrong with the tiles k and v that a region loads."""
    kinds: list[str] = []
    for run in runs:
        inputs = run.inputs
        for moment in run.observed.moments:
            if moment.region != region or not {"k", "v"} <= moment.after.keys():
                continue
            pid, heads, group, start = (
                int(moment.before[name]) for name in ("pid_bh", "H", "GROUP", "start_n")
            )
            b, kv = pid // heads, pid % heads // group
            right = {}
            for name in ("k", "v"):
                rows = inputs[name][b, kv, start : start + len(moment.after[name])].double()
                right[name] = torch.zeros_like(moment.after[name])
                right[name][: len(rows)] = rows
            at = (b, kv, start)
            kinds += [kind for kind in (wrong_tile(moment, right, run, at),) if kind]
    if not kinds:
        return []
    kind = kinds[0] if len(set(kinds)) == 1 else "tile-wrong"
    return [Finding(kind, region, "", ("v", "k"))]


def wrong_tile(moment: Moment, right: dict[str, torch.Tensor], run: Run, at) -> str:
    """How the tiles loaded for the place `at` (sequence, kv head, first key) differ from the right
    ones; "" if they do not.
    """
    k, v = moment.after["k"], moment.after["v"]
    if torch.equal(k, right["k"]) and torch.equal(v, right["v"]):
        return ""
    if torch.equal(k, right["v"]) or torch.equal(v, right["k"]):
        return "k-and-v-swapped"
    real = int((right["k"] != 0).any(1).sum())
    same = {name: torch.equal(moment.after[name][:real], right[name][:real]) for name in right}
    if all(same.values()):  # so the rows beyond are not 0
        beyond = torch.cat([moment.after[name][real:].flatten() for name in right])
        if beyond.unique().numel() == 1 and not bool(beyond.isnan().any()):
            return "pads-not-zero"  # one number: no memory was read
        read = {name: (moment.after[name][real:] != 0).any(1) for name in right}
        some = next(rows for rows in read.values() if bool(rows.any()))
        n_q, start = (int(moment.before[name]) for name in ("Nq", "start_n"))
        if int(some.sum()) == n_q - start - real < len(some):
            return "nk-taken-for-nq"
        return "k-not-masked" if bool(read["k"].any()) else "v-not-masked"
    last = {name: moment.after[name][real - 1 : real] for name in right}
    rest = all(torch.equal(moment.after[n][: real - 1], right[n][: real - 1]) for n in right)
    if rest and any(bool((row == 0).all()) for row in last.values()):
        return "pads-bound-wrong"
    if same["v"] and any(torch.allclose(k, right["k"] * c) for c in scales(k)):
        return "scaled-twice"
    wrong = [name for name in right if not same[name]]
    zero = {n: (moment.after[n][:real] == 0).all(1, keepdim=True) for n in wrong}
    if all(torch.equal(moment.after[n][:real], right[n][:real] * ~zero[n]) for n in wrong):
        return "keys-read-as-zero"
    b, kv, start = at
    for kind, first in (("tile-advanced-twice", 2 * start), ("tile-stays", 0)):
        rows = {n: run.inputs[n][b, kv, first : first + real].double() for n in wrong}
        if all(torch.equal(moment.after[n][:real], rows[n]) for n in wrong):
            return kind
    for other in TENSORS:
        if all(
            torch.equal(moment.after[n][:real], by_strides(run, n, other, at, real)) for n in wrong
        ):
            return "stride-of-another"
    return "tile-wrong"


def scales(k: torch.Tensor) -> tuple[float, float]:
    """What a score is multiplied by, in base 2 and in base e."""
    return LOG2_E / math.sqrt(k.shape[1]), 1 / math.sqrt(k.shape[1])


def by_strides(run: Run, name: str, other: str, at: tuple[int, int, int], rows: int):
    """The rows that are read from a tile's place in memory by the strides of another tensor."""
    placed = place_all(run.inputs, run.scene.params["layout"])
    x, (row, column) = placed[name][0], placed[other][0].stride()[2:]
    first = x.storage_offset() + sum(n * s for n, s in zip(at, x.stride(), strict=False))
    where = first + torch.arange(rows)[:, None] * row + torch.arange(x.shape[3]) * column
    size = x.untyped_storage().nbytes() // x.element_size()
    return x.as_strided((size,), (1,), 0)[where.clamp_max(size - 1)].double()


def read_p5(runs: Sequence[Run]) -> list[Finding]:
    return (
        read_split(runs)
        or read_starts(runs)
        or [*read_tiles(runs, "p5.2"), *read_tiles(runs, "p5.3")]
    )


WATCHED = ("pid_bh", "H", "GROUP")
SIZES = {"B": 2, "H": 6, "Hkv": 2, "Nq": 40, "Nk": 36, "D": 128, "is_causal": True}
SHORT = SIZES | {"Nq": 20, "Nk": 20}
# q's and k's heads lie inside their rows: no step to a head leads to the next sequence
TURNED = {"q": "heads_inside", "k": "heads_inside", "v": "padded_rows"}
LONG = SIZES | {"B": 1, "H": 2, "Hkv": 1, "Nq": 100, "Nk": 90}  # several tiles in each phase
P5 = Witnesses(
    scenes=(
        *scenes(("plain scores", "float32"), **SIZES, layout=OWN),
        *scenes(("plain scores", "float32"), **SHORT, layout=TURNED),
        *scenes(("plain scores", "float32"), **LONG, layout=OWN),
    ),
    names={
        "p5.1": (
            *WATCHED,
            *STRIDES,
            "b",
            "h",
            "q_ptr",
            "k_ptr",
            "v_ptr",
            "q_base",
            "k_base",
            "v_base",
        ),
        "p5.2": (*WATCHED, "start_n", "Nq", "k", "v"),
        "p5.3": (*WATCHED, "start_n", "Nq", "k", "v"),
    },
    read=read_p5,
    steps={
        "p5.1": {"split": 1, "head": 2, "base": 3, "values": 3},
        "p5.2": {"load": 1, "values": 1, "scores": 1},
        "p5.3": {"load": 1, "values": 1, "scores": 1},
    },
    reasons=UPDATE | READING | REASONS,
    weights="O",
)
