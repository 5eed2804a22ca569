"""Typical mistakes in the backward pass, each recomputed for one row to recognise it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch

from .attention import mask_arguments, visible
from .gradients import scale_of
from .suspects import TILE_GUESSES, attention_suspects
from .window import window_suspects

COMES_OUT = "This is what comes out when "
LOG2_E = math.log2(math.e)
Rebuild = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (S - L, L) to P, L in base e


def gradient_suspects(inputs, params, index) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (sentence, row): what each mistake would give at `index` = (batch, head, row).

    The row may be one of O, dq, dk or dv, so there are suspects for all of them.
    """
    q, k = inputs["q"], inputs["k"]
    if scale_of(params, q.shape[-1]) == 1 / math.sqrt(q.shape[-1]):
        forward = {name: inputs[name] for name in ("q", "k", "v")}
        suspects = window_suspects if "window_size" in params else attention_suspects
        yield from suspects(forward, params, index)
    yield from _dq_suspects(inputs, params, index)
    if index[1] < k.shape[1]:
        yield from _dk_dv_suspects(inputs, params, index)


def _masked(mask: torch.Tensor) -> Rebuild:
    """P as it is rebuilt with that mask."""
    return lambda log_p, lse: torch.where(mask, log_p.exp(), 0)


def _rebuilds(i, j, params) -> Iterator[tuple[str, Rebuild]]:
    """Wrong ways to rebuild P in a backward pass, for queries i and keys j."""
    right = mask_arguments(params)
    seen = visible(i, j, **right)
    where = "when the backward pass rebuilds P"
    if right["causal"]:
        missing = torch.ones_like(i + j, dtype=torch.bool)
        yield f"the causal mask is missing {where}.", _masked(missing)
        yield f"the mask hides the query's own key {where}.", _masked(seen & (j < i))
    if right["window"] is not None:
        yield f"the window is ignored {where}.", _masked(visible(i, j, causal=True))
        one_more = {**right, "window": right["window"] + 1}
        yield f"the window is one key too long {where}.", _masked(visible(i, j, **one_more))
        if right["sink"]:
            windowed = visible(i, j, causal=True, window=right["window"])
            yield f"the sinks outside the window are left out {where}.", _masked(windowed)
            both = windowed & (j < right["sink"])
            yield (
                f"sinks that the window shows as well are counted twice {where}.",
                lambda log_p, lse: torch.where(seen, log_p.exp() * (1 + both.int()), 0),
            )
    for what, rebuild in WRONG_BASES:
        yield f"{what} {where}.", lambda log_p, lse, p=rebuild: torch.where(seen, p(log_p, lse), 0)
    for tile in TILE_GUESSES:
        past = seen & (j // tile < i // tile)
        yield f"the tiles on the diagonal are left out (tiles of {tile}) {where}.", _masked(past)


WRONG_BASES: tuple[tuple[str, Rebuild], ...] = (
    (
        "exp2 takes scores times log2(e) but an L without that factor",
        lambda log_p, lse: torch.exp(log_p + (1 - 1 / LOG2_E) * lse),
    ),
    (
        "exp takes an L that is in base 2, log2(e) included",
        lambda log_p, lse: torch.exp(log_p + (1 - LOG2_E) * lse),
    ),
    (
        "exp2 takes scores and L that were not multiplied by log2(e)",
        lambda log_p, lse: torch.exp(log_p / LOG2_E),
    ),
    (
        "exp takes scores and L that include log2(e), where exp2 belongs",
        lambda log_p, lse: torch.exp(log_p * LOG2_E),
    ),
)


def _factors(row, scale, name) -> Iterator[tuple[str, torch.Tensor]]:
    """Wrong constant factors of dq and dk."""
    yield f"{COMES_OUT}{name} is not multiplied by the softmax scale.", row / scale
    yield f"{COMES_OUT}{name} is multiplied by the softmax scale twice.", row * scale
    yield (
        f"{COMES_OUT}{name} is multiplied by qk_scale, log2(e) included, instead of by the softmax "
        "scale.",
        row * LOG2_E,
    )
    yield f"{COMES_OUT}{name} is multiplied by ln(2) as well.", row * math.log(2)


def _dq_suspects(inputs, params, index):
    """Mistakes in one row of dq."""
    b, h, i = index
    kv = b, h // (inputs["q"].shape[1] // inputs["k"].shape[1])
    k, v = inputs["k"][kv].double(), inputs["v"][kv].double()
    if i >= inputs["q"].shape[2]:
        return
    q, do = inputs["q"][b, h, i].double(), inputs["dO"][b, h, i].double()
    scale = scale_of(params, len(q))
    s = k @ q * scale  # (N,)
    j = torch.arange(len(s), device=s.device)
    where = torch.tensor(i, device=s.device)
    seen = visible(where, j, **mask_arguments(params))
    lse = torch.logsumexp(s.masked_fill(~seen, -math.inf), 0)
    p = _masked(seen)(s - lse, lse)
    dp = v @ do
    delta = p @ dp
    right = scale * (p * (dp - delta)) @ k
    yield from _factors(right, scale, "dq")
    yield f"{COMES_OUT}delta is not subtracted from dP.", scale * (p * dp) @ k
    yield f"{COMES_OUT}delta is added to dP, not subtracted.", scale * (p * (dp + delta)) @ k
    for what, rebuild in _rebuilds(where, j, params):
        yield f"{COMES_OUT}{what}", scale * (rebuild(s - lse, lse) * (dp - delta)) @ k


def _head_column(inputs, params, b, h, j):
    """Query head h and key j: q, dO (N, D); the columns S - L, unmasked, and dP; delta, L (N,)."""
    kv = b, h // (inputs["q"].shape[1] // inputs["k"].shape[1])
    q, do = inputs["q"][b, h].double(), inputs["dO"][b, h].double()
    k, v = inputs["k"][kv].double(), inputs["v"][kv].double()
    s = q @ k.T * scale_of(params, q.shape[-1])  # (N, N)
    n = torch.arange(len(s), device=s.device)
    hidden = ~visible(n[:, None], n[None], **mask_arguments(params))
    s.masked_fill_(hidden, -math.inf)
    lse = torch.logsumexp(s, -1)
    delta = (torch.softmax(s, -1) @ v * do).sum(-1)
    column = q @ k[j] * scale_of(params, q.shape[-1]) - lse
    return q, do, column, do @ v[j], delta, lse


def _dk_dv_suspects(inputs, params, index):
    """Mistakes in one row of dk and dv."""
    b, h_kv, j = index
    group = inputs["q"].shape[1] // inputs["k"].shape[1]
    scale = scale_of(params, inputs["q"].shape[-1])
    heads = [_head_column(inputs, params, b, h, j) for h in range(h_kv * group, (h_kv + 1) * group)]
    i = torch.arange(inputs["q"].shape[2], device=inputs["q"].device)
    key = torch.tensor(j, device=i.device)
    right = _masked(visible(i, key, **mask_arguments(params)))

    def dk(rebuild=right, sign=-1.0, some=heads):
        return scale * sum(
            (rebuild(log_p, lse) * (dp + sign * delta)) @ q for q, _, log_p, dp, delta, lse in some
        )

    def dv(rebuild=right, some=heads):
        return sum(rebuild(log_p, lse) @ do for _, do, log_p, _, _, lse in some)

    yield from _factors(dk(), scale, "dk")
    yield f"{COMES_OUT}delta is not subtracted from dP.", dk(sign=0.0)
    yield f"{COMES_OUT}delta is added to dP, not subtracted.", dk(sign=1.0)
    yield f"{COMES_OUT}dv is multiplied by the softmax scale.", dv() * scale
    if group > 1:
        for which, some in (("first", heads[:1]), ("last", heads[-1:])):
            what = (
                f"{COMES_OUT}only the {which} query head of a group counts: dk and dv are sums "
                "over all the query heads that read this key."
            )
            yield what, dk(some=some)
            yield what, dv(some=some)
    for what, rebuild in _rebuilds(i, key, params):
        yield f"{COMES_OUT}{what}", dk(rebuild)
        yield f"{COMES_OUT}{what}", dv(rebuild)
