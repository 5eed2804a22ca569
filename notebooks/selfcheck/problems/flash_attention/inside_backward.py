"""What the variables of p8's and p9's regions should hold, step by step: for `look()`."""

from __future__ import annotations

import torch

from ...look import Look
from ...problem import Tensors
from ...trace import Moment
from .attention import mask_arguments, visible
from .backward_tiles import scene
from .gradients import scale_of
from .inside import existing, keys_of, tile_limits
from .passages import LOG2_E


def tables(inputs: Tensors, params) -> Tensors:
    """P, dS, lse (base 2) and delta of the one head, in float64."""
    q, k, v, do = (inputs[name][0, 0].double() for name in ("q", "k", "v", "dO"))
    n = torch.arange(len(q))
    seen = visible(n[:, None], n[None], **mask_arguments(params))
    s = (q @ k.T * scale_of(params, q.shape[1])).masked_fill(~seen, -torch.inf)
    lse = s.logsumexp(1)
    p = torch.exp(s - lse[:, None])
    delta = (do * (p @ v)).sum(1)
    return {"p": p, "ds": p * (do @ v.T - delta[:, None]), "lse": lse * LOG2_E, "delta": delta}


def in_backward(moment: Moment, inputs: Tensors, params) -> Tensors:
    """Whatever the region makes: lse, delta, the sums so far, or limits of tiles."""
    seen, region = moment.before, moment.region
    if region in ("p9.1", "p9.4"):
        return key_limits(seen) if region == "p9.1" else query_limits(seen)
    made, q = tables(inputs, params), inputs["q"][0, 0].double()
    i = seen["offs_m"].long()
    rows = i.clamp_max(len(q) - 1)
    if region in ("p8.1", "p8.3"):
        name = "lse" if region == "p8.1" else "delta"
        return existing({name: made[name][rows]}, i, len(q), moment.after)
    j = seen["offs_n"].long()
    if region in ("p8.2", "p9.2"):
        end = int(j.max()) + 1
        right = {"dq": made["ds"][rows, :end] @ inputs["k"][0, 0, :end].double()}
        return existing(right, i, len(q), moment.after)
    until, keys = int(i.max()) + 1, j.clamp_max(len(q) - 1)
    right = {
        "dk": made["ds"][:until, keys].T @ q[:until],
        "dv": made["p"][:until, keys].T @ inputs["dO"][0, 0, :until].double(),
    }
    return existing(right, j, len(q), moment.after)


def key_limits(seen) -> Tensors:
    """p9.1."""
    numbers = (int(seen[n]) for n in ("window", "start_m", "BLOCK_M", "BLOCK_N", "start_m"))
    return dict(zip(("window_start", "whole_start"), tile_limits(*numbers), strict=True))


def query_limits(seen) -> Tensors:
    """p9.4: where the queries end that see anything of this tile of keys, and where the tiles of
    queries end that all see its first key. Read off the mask, query by query.
    """
    start, total, window, rows, size = (
        int(seen[name]) for name in ("start_n", "N", "window", "BLOCK_M", "BLOCK_N")
    )
    i, j = torch.arange(start, start + total + rows)[:, None], torch.arange(start, start + size)
    see = visible(i, j[None], True, window)
    end = min(start + int(see.any(1).sum()), total)
    tiles = see[: len(see) // rows * rows, 0].view(-1, rows).all(1)
    whole = min(start + rows * [*tiles.tolist(), False].index(False), end)
    return {"whole_end": torch.tensor(float(whole)), "window_end": torch.tensor(float(end))}


def tile_of(moment: Moment) -> str:
    seen = moment.before
    if "offs_n" not in seen:
        return keys_of(moment)
    spans = (f"{int(seen[n].min())} to {int(seen[n].max())}" for n in ("offs_m", "offs_n"))
    return "{}, queries {}, keys {}".format(moment.region, *spans)


PAIRS = ("offs_m", "offs_n")
LOOK_8 = Look(
    scene(N=60, H=1, softmax_scale=None),
    {
        "p8.1": ("offs_m", "start_m", "lse"),
        "p8.2": (*PAIRS, "dq"),
        "p8.3": ("offs_m", "start_m", "delta"),
        "p8.4": (*PAIRS, "dk", "dv"),
    },
    in_backward,
    tile_of,
)
LOOK_9 = Look(
    scene(N=100, H=1, window_size=40, sink_size=4, scale=None),
    {
        "p9.1": ("start_m", "window", "BLOCK_M", "BLOCK_N", "window_start", "whole_start"),
        "p9.2": (*PAIRS, "dq"),
        "p9.4": ("start_n", "N", "window", "BLOCK_M", "BLOCK_N", "whole_end", "window_end"),
    },
    in_backward,
    tile_of,
)
