"""The running softmax watched: problems whose regions update m_i, l_i and acc themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch

from ...trace import Moment
from ...witness import Finding, Run, Witnesses
from .parts import Hypotheses, Setting
from .passages import LOG2_E, Passages, one_passage, stacked, true_scores
from .reasons import FORWARD
from .scenes import OWN, scenes, with_strides
from .updates import read_update

MOST_ROWS, MOST_PASSAGES = 512, 512
STATE = ("m_i", "l_i", "acc")
# Where a passage belongs: sequence, query head, its queries' positions, first key, end of its keys
Place = tuple[int, int, torch.Tensor, int, int]


def in_kernel(moment: Moment, params) -> Place:
    """Where a passage through a kernel's region belongs. Raises KeyError where a value is gone."""
    seen = moment.before
    sequence, head = divmod(int(seen["pid_bh"]), params["H"])
    start = int(seen["start_n"])
    return sequence, head, seen["offs_m"].long(), start, start + int(seen["BLOCK_N"])


def in_pytorch(moment: Moment, params) -> Place:
    """The same for p1, whose scenes have one head."""
    q_start, q_end, k_start, k_end = (
        int(moment.before[name]) for name in ("q_start", "q_end", "k_start", "k_end")
    )
    return 0, 0, torch.arange(q_start, q_end), k_start, k_end


def table_of(
    runs: Sequence[Run], region: str, place: Callable[..., Place], unit: float = 1.0
) -> Passages | None:
    """All passages through a region, in all scenes."""
    parts: list[Passages] = []
    for run in runs:
        params = run.scene.params
        scores = true_scores(run.inputs)
        for moment in run.observed.moments:
            if moment.region != region or not moment.after:
                continue
            try:
                sequence, head, queries, first, end = place(moment, params)
            except KeyError:
                continue
            if len(queries) > MOST_ROWS or len(parts) >= MOST_PASSAGES:
                continue  # nothing that an honest run does
            own = scores[sequence, head]
            group = run.inputs["q"].shape[1] // run.inputs["k"].shape[1]
            k = run.inputs["k"][sequence, head // group].double()
            part = one_passage(moment, len(parts), own, params, queries, (first, end), unit, k)
            parts += [part] if part is not None else []
    return stacked(parts)


def reader(
    regions: Mapping[str, Callable[[Passages], Hypotheses]], place=in_kernel, unit: float = 1.0
) -> Callable[[Sequence[Run]], list[Finding]]:
    """A `Witnesses.read` for regions that update the running softmax, with their wrong masks."""

    def read(runs: Sequence[Run]) -> list[Finding]:
        found: list[Finding] = []
        scale = 1 / math.sqrt(runs[0].scene.params["D"])
        for region, masks in regions.items():
            table = table_of(runs, region, place, unit)
            if table is not None:
                found += read_update(table, Setting(region, scale, unit, masks))
        return found

    return read


def wrong_ends(p: Passages) -> Hypotheses:
    """Wrong ends of the keys, where no key is hidden otherwise."""
    j = torch.arange(p.scores.shape[1])[None]
    yield "pads-bound-wrong", j < p.n_k[:, None] - 1
    yield "nk-taken-for-nq", j < p.n_q[:, None]
    tile = p.tile[:, None]  # begins at its number times the keys of a tile
    yield "pads-bound-wrong", j - tile + tile * p.mine.sum(1).max() < p.n_k[:, None]


def wrong_where_needed(p: Passages) -> Hypotheses:
    """Wrong causal masks of p1, which masks the tiles alone that hold a key of the future."""
    needed = (p.tile + p.mine.sum(1) - 1 > p.first)[:, None]
    for kind, mask in wrong_causal(p):
        yield kind, mask | ~needed


def wrong_causal(p: Passages) -> Hypotheses:
    """Wrong causal masks."""
    j, n_k, n_q = torch.arange(p.scores.shape[1])[None], p.n_k[:, None], p.n_q[:, None]
    i, free = p.query[:, None], ~p.causal[:, None]
    inside = (j - p.tile[:, None]), (i - p.first[:, None])
    yield "causal-missing", torch.ones_like(p.mine)
    yield "causal-hides-own-key", (j < i) | free
    yield "causal-one-too-many", (j <= i + 1) | free
    yield "causal-flipped", (j >= i) | free
    yield "causal-flipped", (j > i) | free
    yield "mask-transposed", (inside[0] >= inside[1]) | free
    yield "mask-tile-positions", (inside[0] <= inside[1]) | free
    yield "mask-tile-positions", (inside[0] <= i) | free
    yield "mask-tile-positions", (j <= inside[1]) | free
    yield "mask-by-first-query", (j <= p.first[:, None]) | free
    yield "mask-by-last-query", (j <= p.last[:, None]) | free
    yield "causal-bottom-right", (j <= i + n_k - n_q) | free
    yield "pads-bound-wrong", ((j <= i) | free) & (j < n_k - 1)
    yield "nk-taken-for-nq", ((j <= i) | free) & (j < n_q)


WATCHED = ("pid_bh", "start_n", "offs_m", "BLOCK_N", *STATE)
PATTERNS = (
    ("rising scores", "float32"),
    ("falling scores", "float32"),
    ("very high scores", "float32"),
    ("very low scores", "float32"),
    ("scores that fall steeply", "float32"),
)
HALF = (("plain scores", "float16"),)
FLAT = (("plain scores", "float32"),)
STEEP = (("scores that rise steeply", "float32"),)
SIX = dict(mask=1, scores=1, scale=4, maximum=2, factor=3, rescale=3, weights=4)
SIX |= {"sum": 5, "accumulate": 5, "carry": 6}
ONE_HEAD = {"B": 1, "H": 1}
P1 = Witnesses(
    scenes=(
        *scenes(*PATTERNS, *HALF, **ONE_HEAD, Nq=130, Nk=160, D=160, is_causal=True),
        *scenes(*STEEP, *PATTERNS[:1], **ONE_HEAD, Nq=150, Nk=150, D=160, is_causal=True),
        *scenes(*PATTERNS[:2], **ONE_HEAD, Nq=130, Nk=160, D=160, is_causal=False),
    ),
    names={"p1.1": ("q_start", "q_end", "k_start", "k_end", *STATE)},
    read=reader({"p1.1": wrong_where_needed}, in_pytorch, LOG2_E),
    steps={"p1.1": SIX},
    reasons=FORWARD,
    weights="O",
)
P3 = Witnesses(
    scenes=scenes(*PATTERNS, *HALF, **ONE_HEAD, Nq=64, Nk=112, D=128, is_causal=False),
    names={"p3.1": WATCHED},
    read=reader({"p3.1": wrong_ends}),
    steps={"p3.1": SIX},
    reasons=FORWARD,
    weights="O",
)
PHASE_1 = {"load": 1, "scores": 2, "maximum": 3, "factor": 4, "weights": 4, "scale": 4}
PHASE_1 |= {"rescale": 5, "sum": 5, "values": 6, "accumulate": 6, "carry": 6}
PHASE_2 = dict.fromkeys(PHASE_1, 4) | {"load": 1, "scores": 2, "mask": 3}
P4 = Witnesses(
    scenes=(
        *scenes(*PATTERNS, *HALF, *STEEP, **ONE_HEAD, Nq=100, Nk=90, D=128, is_causal=True),
        # three tiles before the diagonal: the third one finds old sums whatever became of the first
        *scenes(*PATTERNS[:1], **ONE_HEAD, Nq=124, Nk=120, D=128, is_causal=True),
        *scenes(*FLAT, **ONE_HEAD, Nq=100, Nk=90, D=128, is_causal=True, layout=OWN),
    ),
    names=dict.fromkeys(("p4.1", "p4.2"), WATCHED),
    read=with_strides(reader({"p4.1": lambda p: iter(()), "p4.2": wrong_causal})),
    steps={"p4.1": PHASE_1, "p4.2": PHASE_2},
    reasons=FORWARD,
    weights="O",
)
