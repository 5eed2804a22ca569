"""What the variables of each region should hold, step by step: for `look()`.

The scenes' values are unit vectors where the softmax's state is watched: then `acc` holds the
weight of every key by itself.
"""

from __future__ import annotations

import torch

from ...look import Look
from ...trace import Moment
from ...witness import Scene
from .attention import mask_arguments, visible
from .passages import LOG2_E, true_scores
from .scenes import make_inputs

STATE = ("m_i", "l_i", "acc")
RISING = make_inputs("rising scores")
PLAIN = make_inputs("plain scores")


def scene(name: str, make, n_q: int, n_k: int, **more) -> Scene:
    usual = dict(dtype="float32", B=1, H=1, Hkv=1, Nq=n_q, Nk=n_k, D=128, is_causal=True)
    return Scene(name, usual | more, make)


def state(inputs, params, queries: torch.Tensor, end: int, unit: float = 1.0) -> dict:
    """m_i, l_i and acc when the visible keys before `end` have been met, for `queries`; `unit`
    turns the program's maxima into base 2. Queries that do not exist count as the last one.
    """
    scores = true_scores(inputs)[0, 0]
    i, j = queries.long().clamp_max(scores.shape[0] - 1), torch.arange(scores.shape[1])
    seen = visible(i[:, None], j[None], **mask_arguments(params)) & (j < end)[None]
    s = scores[i].masked_fill(~seen, -torch.inf)
    m = s.amax(1, keepdim=True)
    p = torch.exp2(s - m).masked_fill(~seen, 0.0)
    return {"m_i": m / unit, "l_i": p.sum(1), "acc": p @ inputs["v"][0, 0].double()}


def existing(right: dict, queries: torch.Tensor, n_q: int, after: dict) -> dict:
    """The same, with the program's own numbers in the rows of queries that do not exist."""
    gone = queries.long() >= n_q
    for name, wanted in right.items():
        if name in after and after[name].numel() == wanted.numel():
            mine = after[name].reshape(wanted.shape)
            right[name] = torch.where(gone.view(-1, *[1] * (wanted.dim() - 1)), mine, wanted)
    return right


def in_pytorch(moment: Moment, inputs, params) -> dict:
    """p1."""
    seen = moment.before
    queries = torch.arange(int(seen["q_start"]), int(seen["q_end"]))
    return state(inputs, params, queries, int(seen["k_end"]), LOG2_E)


def in_tiles(moment: Moment, inputs, params) -> dict:
    """p3, p4: a region handles one tile of keys."""
    seen = moment.before
    end = int(seen["start_n"] + seen["BLOCK_N"])
    right = state(inputs, params, seen["offs_m"], end)
    return existing(right, seen["offs_m"], params["Nq"], moment.after)


def in_phases(moment: Moment, inputs, params) -> dict:
    """p7: a region handles one phase; the next begins where it ends."""
    seen = moment.before
    ends = {"p7.1": seen["first"], "p7.2": seen["diagonal"]}
    end = int(ends.get(moment.region, params["Nk"]))
    right = state(inputs, params, seen["offs_m"], end)
    return existing(right, seen["offs_m"], params["Nq"], moment.after)


def in_loads(moment: Moment, inputs, params) -> dict:
    """p5: where the heads are, then the tiles of k and v."""
    seen = moment.before
    group = params["H"] // params["Hkv"]
    sequence, head = divmod(int(seen["pid_bh"]), params["H"])
    kv_head = int(torch.arange(params["Hkv"]).repeat_interleave(group)[head])
    if moment.region == "p5.1":
        numbers = {"b": sequence, "h": head, "kv_h": kv_head}
        return {name: torch.tensor(float(x)) for name, x in numbers.items()}
    start, size = int(seen["start_n"]), int(seen["BLOCK_N"])
    tiles = {}
    for name in ("k", "v"):
        rows = inputs[name][sequence, kv_head, start : start + size].double()
        tiles[name] = torch.nn.functional.pad(rows, (0, 0, 0, size - len(rows)))
    return tiles


def in_windows(moment: Moment, inputs, params) -> dict:
    """p6: where the window's tiles begin, then the masked scores."""
    seen, window = moment.before, params["window_size"]
    if moment.region == "p6.1":
        numbers = (int(seen[n]) for n in ("start_m", "BLOCK_Q", "BLOCK_N", "diagonal"))
        return dict(zip(("first", "inside"), tile_limits(window, *numbers), strict=True))
    i, j = seen["offs_m"][:, None], seen["start_n"] + seen["offs_n"][None]
    shown = visible(i, j, **mask_arguments(params))
    return {"qk": seen["qk"].masked_fill(~shown, -torch.inf)}


def tile_limits(window: int, start: int, rows: int, size: int, end: int) -> tuple:
    """Of the tiles of `size` keys before `end`: where the first one begins that one of the queries
    start, start + 1, … sees anything of, and the first one that all of them see whole. `end` where
    there is none. Read off the mask, tile by tile.
    """
    i, j = torch.arange(start, start + rows), torch.arange(end)
    seen = visible(i[:, None], j[None], True, window).view(rows, end // size, size)
    found = (seen.any(2).any(0), seen.all(2).all(0))
    return tuple(torch.tensor(float([*tiles.tolist(), True].index(True) * size)) for tiles in found)


def keys_of(moment: Moment) -> str:
    seen = moment.before
    if "k_start" in seen:
        span = seen["k_start"], seen["k_end"] - 1
        return f"queries from {int(seen['q_start'])}, keys {int(span[0])} to {int(span[1])}"
    if "start_n" in seen:
        last = int(seen["start_n"] + seen["BLOCK_N"]) - 1
        return f"{moment.region}, keys {int(seen['start_n'])} to {last}"
    return (
        f"{moment.region}, queries from {int(seen['start_m'])}"
        if "start_m" in seen
        else (moment.region)
    )


TILE = ("start_n", "BLOCK_N", "offs_m", "start_m")
LOOK_1 = Look(
    scene("rising scores, causal", RISING, 150, 150, D=160),
    {"p1.1": ("q_start", "q_end", "k_start", "k_end", *STATE)},
    in_pytorch,
    keys_of,
)
LOOK_3 = Look(
    scene("rising scores", RISING, 32, 112, is_causal=False),
    {"p3.1": (*TILE, *STATE)},
    in_tiles,
    keys_of,
)
LOOK_4 = Look(
    scene("rising scores", RISING, 60, 60),
    dict.fromkeys(("p4.1", "p4.2"), (*TILE, *STATE)),
    in_tiles,
    keys_of,
)
LOOK_5 = Look(
    scene("two sequences, four query heads", PLAIN, 60, 60, B=2, H=4, Hkv=2),
    {
        "p5.1": ("pid_bh", "start_m", "b", "h", "kv_h"),
        **dict.fromkeys(("p5.2", "p5.3"), ("pid_bh", *TILE, "k", "v")),
    },
    in_loads,
    keys_of,
)
LOOK_6 = Look(
    scene("a window of 20", PLAIN, 100, 100, window_size=20),
    {
        "p6.1": ("start_m", "BLOCK_N", "BLOCK_Q", "diagonal", "first", "inside"),
        **dict.fromkeys(("p6.2", "p6.3"), (*TILE, "offs_n", "qk")),
    },
    in_windows,
    keys_of,
)
LOOK_7 = Look(
    scene("a window of 20, 4 sinks", PLAIN, 100, 100, window_size=20, sink_size=4),
    dict.fromkeys(("p7.1", "p7.2", "p7.3"), ("first", "diagonal", "offs_m", "start_m", *STATE)),
    in_phases,
    keys_of,
)
