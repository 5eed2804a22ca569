"""Typical mistakes in the backward pass, each recomputed for one row to recognise it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from .attention import mask_arguments, visible
from .attention_grads import scale_of
from .attention_suspects import TILE_GUESSES, attention_suspects

COMES_OUT = "This is what comes out when "


def gradient_suspects(inputs, params, index) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (sentence, row): what each mistake would give at `index` = (batch, head, row).

    The row may be one of O, dq, dk or dv, so there are suspects for all of them.
    """
    q, k = inputs["q"], inputs["k"]
    if scale_of(params, q.shape[-1]) == 1 / math.sqrt(q.shape[-1]):
        forward = {name: inputs[name] for name in ("q", "k", "v")}
        yield from attention_suspects(forward, params, index)
    yield from _dq_suspects(inputs, params, index)
    if index[1] < k.shape[1]:
        yield from _dk_dv_suspects(inputs, params, index)


def _masks(i, j, params) -> Iterator[tuple[str, torch.Tensor]]:
    """Wrong masks that a backward pass may rebuild P with."""
    right = mask_arguments(params)
    where = "when the backward pass rebuilds P"
    if right["causal"]:
        yield f"the causal mask is missing {where}.", torch.ones_like(i + j, dtype=torch.bool)
        yield f"the mask hides the query's own key {where}.", visible(i, j, **right) & (j < i)
    if right["window"] is not None:
        yield f"the window is ignored {where}.", visible(i, j, causal=True)
        one_more = {**right, "window": right["window"] + 1}
        yield f"the window is one key too long {where}.", visible(i, j, **one_more)
        if right["sink"]:
            windowed = visible(i, j, causal=True, window=right["window"])
            yield f"the sinks outside the window are left out {where}.", windowed
    for tile in TILE_GUESSES:
        past = visible(i, j, **right) & (j // tile < i // tile)
        yield f"the tiles on the diagonal are left out (tiles of {tile}) {where}.", past


def _factors(row, scale, name) -> Iterator[tuple[str, torch.Tensor]]:
    """Wrong constant factors of dq and dk."""
    yield f"{COMES_OUT}{name} is not multiplied by the softmax scale.", row / scale
    yield f"{COMES_OUT}{name} is multiplied by the softmax scale twice.", row * scale
    yield (
        f"{COMES_OUT}{name} is multiplied by qk_scale, log2(e) included, instead of by the softmax "
        "scale.",
        row * math.log2(math.e),
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
    p_all = torch.exp(s - lse)
    p = p_all.masked_fill(~seen, 0)
    dp = v @ do
    delta = p @ dp
    right = scale * (p * (dp - delta)) @ k
    yield from _factors(right, scale, "dq")
    yield f"{COMES_OUT}delta is not subtracted from dP.", scale * (p * dp) @ k
    yield f"{COMES_OUT}delta is added to dP, not subtracted.", scale * (p * (dp + delta)) @ k
    for what, mask in _masks(where, j, params):
        wrong = p_all.masked_fill(~mask, 0)
        yield f"{COMES_OUT}{what}", scale * (wrong * (dp - delta)) @ k


def _head_column(inputs, params, b, h, j):
    """Query head h and key j: q, dO (N, D); the columns exp(S - L), unmasked, and dP; delta."""
    kv = b, h // (inputs["q"].shape[1] // inputs["k"].shape[1])
    q, do = inputs["q"][b, h].double(), inputs["dO"][b, h].double()
    k, v = inputs["k"][kv].double(), inputs["v"][kv].double()
    s = q @ k.T * scale_of(params, q.shape[-1])  # (N, N)
    n = torch.arange(len(s), device=s.device)
    hidden = ~visible(n[:, None], n[None], **mask_arguments(params))
    s.masked_fill_(hidden, -math.inf)
    lse = torch.logsumexp(s, -1)
    delta = (torch.softmax(s, -1) @ v * do).sum(-1)
    column = torch.exp(q @ k[j] * scale_of(params, q.shape[-1]) - lse)
    return q, do, column, do @ v[j], delta


def _dk_dv_suspects(inputs, params, index):
    """Mistakes in one row of dk and dv."""
    b, h_kv, j = index
    group = inputs["q"].shape[1] // inputs["k"].shape[1]
    scale = scale_of(params, inputs["q"].shape[-1])
    heads = [_head_column(inputs, params, b, h, j) for h in range(h_kv * group, (h_kv + 1) * group)]
    i = torch.arange(inputs["q"].shape[2], device=inputs["q"].device)
    key = torch.tensor(j, device=i.device)
    seen = visible(i, key, **mask_arguments(params))

    def dk(mask, sign=-1.0, some=heads):
        return scale * sum(
            (torch.where(mask, p, 0) * (dp + sign * delta)) @ q for q, _, p, dp, delta in some
        )

    def dv(mask, some=heads):
        return sum(torch.where(mask, p, 0) @ do for _, do, p, _, _ in some)

    yield from _factors(dk(seen), scale, "dk")
    yield f"{COMES_OUT}delta is not subtracted from dP.", dk(seen, 0.0)
    yield f"{COMES_OUT}delta is added to dP, not subtracted.", dk(seen, 1.0)
    yield f"{COMES_OUT}dv is multiplied by the softmax scale.", dv(seen) * scale
    if group > 1:
        for which, some in (("first", heads[:1]), ("last", heads[-1:])):
            what = (
                f"{COMES_OUT}only the {which} query head of a group counts: dk and dv are sums "
                "over all the query heads that read this key."
            )
            yield what, dk(seen, some=some)
            yield what, dv(seen, some=some)
    for what, mask in _masks(i, key, params):
        yield f"{COMES_OUT}{what}", dk(mask)
        yield f"{COMES_OUT}{what}", dv(mask)
