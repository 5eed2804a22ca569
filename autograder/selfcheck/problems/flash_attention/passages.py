"""What the passages through a region did to the softmax's running state, as tables of numbers.

The scenes' values are unit vectors, v[j] = e_j, so that `acc` holds the weight of every key by
itself: row i, column j.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import torch

from ...trace import Moment
from .attention import mask_arguments, visible

LOG2_E = math.log2(math.e)


@dataclass
class Passages:
    """The rows of all passages, one below the other: R rows of queries, K keys.

    Maxima and scores are in base 2. `passage` numbers the passages; `tile` is the first key of its
    tile, `mine` are the tile's keys; `query` is the row's query, `first` and `last` are its tile's;
    `causal`: is the future hidden? `seen` are the keys that the mask shows; `blank`: does the tile
    reach beyond the last key? `pads` counts such columns, without those in the query's future;
    weights above 2**top are inf. `along_…` is what a row finds that looks along the wrong axis of a
    square tile, NaN in others; `by_keys` is what acc gains where keys stand for values.
    """

    passage: torch.Tensor  # (R,)
    tile: torch.Tensor
    query: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    causal: torch.Tensor
    n_q: torch.Tensor
    n_k: torch.Tensor
    top: torch.Tensor
    pads: torch.Tensor
    blank: torch.Tensor
    m0: torch.Tensor
    m1: torch.Tensor
    l0: torch.Tensor
    l1: torch.Tensor
    along_max: torch.Tensor
    along_sum: torch.Tensor
    acc0: torch.Tensor  # (R, K)
    acc1: torch.Tensor
    along_m1: torch.Tensor
    by_keys: torch.Tensor
    scores: torch.Tensor
    seen: torch.Tensor
    mine: torch.Tensor

    def __len__(self) -> int:
        return len(self.query)

    def widened(self, keys: int) -> Passages:
        """With further keys, which nobody meets."""
        more = keys - self.scores.shape[1]
        wide = {
            f.name: torch.nn.functional.pad(x, (0, more))
            for f in fields(self)
            if (x := getattr(self, f.name)).dim() == 2
        }
        return replace(self, **wide) if more else self

    def rows(self, keep: torch.Tensor) -> Passages:
        """Those rows alone."""
        return Passages(*(getattr(self, f.name)[keep] for f in fields(self)))


def true_scores(inputs) -> torch.Tensor:
    """The scaled scores in base 2: (B, Hq, Nq, Nk), float64, nothing hidden."""
    q, k = inputs["q"].double(), inputs["k"].double()
    k = k.repeat_interleave(q.shape[1] // k.shape[1], 1)
    return q @ k.transpose(-1, -2) * (LOG2_E / math.sqrt(q.shape[-1]))


def one_passage(
    moment: Moment,
    number: int,
    scores: torch.Tensor,
    params,
    queries: torch.Tensor,
    keys: tuple[int, int],
    unit: float,
    k: torch.Tensor,
) -> Passages | None:
    """A passage through a region that handles the keys `keys[0] <= j < keys[1]`, for `queries`.

    `scores` (Nq, Nk) and `k` (Nk, D) are the head's; `unit` turns the program's maxima into base 2.
    """
    wanted = {"m_i", "l_i", "acc"}
    if not (wanted <= moment.before.keys() and wanted <= moment.after.keys()):
        return None
    n_q, n_k = scores.shape
    rows = len(queries)

    def flat(side, name):
        return side[name].reshape(rows, -1) if side[name].numel() % rows == 0 else None

    state = {
        side: {n: flat(getattr(moment, side), n) for n in wanted} for side in ("before", "after")
    }
    if any(x is None for one in state.values() for x in one.values()):
        return None
    if any(one["m_i"].shape[1] != 1 or one["l_i"].shape[1] != 1 for one in state.values()):
        return None
    j = torch.arange(n_k)
    mine = ((j >= keys[0]) & (j < keys[1])).expand(rows, n_k)
    seen = visible(queries[:, None], j[None], **mask_arguments(params)).expand(rows, n_k)
    beyond = torch.arange(max(n_k, keys[0]), max(n_k, keys[1]))[None]  # no key is there
    causal = bool(params.get("is_causal"))
    keep = queries < n_q
    own = torch.where(keep[:, None], scores[queries.clamp_max(n_q - 1)], 0)
    m1 = state["after"]["m_i"][:, 0] * unit
    shown = own.masked_fill(~(seen & mine), -math.inf)
    weights = torch.nan_to_num((shown - m1[:, None]).exp2(), posinf=0)
    return Passages(
        **along(shown, weights, m1, keys),
        by_keys=weights @ k[:, :n_k],
        passage=torch.full((rows,), number),
        tile=torch.full((rows,), keys[0]),
        query=queries,
        first=queries[:1].expand(rows),
        last=queries[-1:].expand(rows),
        causal=torch.full((rows,), causal),
        n_q=torch.full((rows,), n_q),
        n_k=torch.full((rows,), n_k),
        top=torch.full((rows,), 15.9 if params["dtype"] == "float16" else 120.0).double(),
        pads=(beyond < 1 + (queries[:, None] if causal else keys[1])).sum(1).double().expand(rows),
        blank=torch.full((rows,), keys[1] > n_k),
        m0=state["before"]["m_i"][:, 0] * unit,
        m1=m1,
        l0=state["before"]["l_i"][:, 0],
        l1=state["after"]["l_i"][:, 0],
        acc0=state["before"]["acc"][:, :n_k],
        acc1=state["after"]["acc"][:, :n_k],
        scores=own,
        seen=seen,
        mine=mine,
    ).rows(keep)


def along(shown, weights, m1, keys: tuple[int, int]) -> dict[str, torch.Tensor]:
    """What a row i finds in column i of its tile, where that is square: `shown` scores' maximum and
    the weights' sum; and the maxima m1 as they lie beside the keys, (rows, Nk).
    """
    rows, n_k = shown.shape
    m1s = torch.full((rows, n_k), math.nan, dtype=shown.dtype)
    if keys[1] - keys[0] != rows:
        return {"along_max": m1s[:, 0], "along_sum": m1s[:, 0], "along_m1": m1s}
    end = min(keys[1], n_k)
    m1s[:, keys[0] : end] = m1[: end - keys[0]]
    more = (0, keys[1] - end)
    tile, part = shown[:, keys[0] : end], weights[:, keys[0] : end]
    most = torch.nn.functional.pad(tile.amax(0), more, value=-math.inf)
    total = torch.nn.functional.pad(part.sum(0), more)
    return {"along_max": most, "along_sum": total, "along_m1": m1s}


def stacked(parts: list[Passages]) -> Passages | None:
    """All passages in one table."""
    if not parts:
        return None
    most = max(p.scores.shape[1] for p in parts)
    parts = [p.widened(most) for p in parts]
    return Passages(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Passages)))
