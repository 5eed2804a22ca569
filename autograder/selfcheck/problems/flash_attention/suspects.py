"""Typical mistakes in tiled attention, each recomputed for one output row to recognise it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from .attention import mask_arguments, visible

TILE_GUESSES = (16, 32, 64, 128, 256)


def attention_suspects(inputs, params, index) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (sentence, row): what each mistake would give at `index` = (batch, head, query)."""
    b, h, i = index
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    kv_head = h // (q.shape[1] // k.shape[1])
    keys, values = k[b, kv_head].double(), v[b, kv_head].double()  # (Nk, D)
    raw = keys @ q[b, h, i].double()  # (Nk,) unscaled scores
    scale = 1 / math.sqrt(q.shape[-1])
    j = torch.arange(len(raw), device=raw.device)
    where = torch.tensor(i, device=raw.device)
    seen = visible(where, j, **mask_arguments(params))
    yield from _whole_row(raw, scale, seen, values)
    if params.get("is_causal"):
        yield from _masking(raw * scale, i, j, values, q.shape[2])
        yield from _phases(raw * scale, i, j, seen, values)
    yield from _heads(inputs, index, kv_head, seen, scale)
    for tile in TILE_GUESSES:
        yield from _tiled(raw * scale, seen, values, tile)


def _soft(scores, seen, values) -> torch.Tensor:
    """Plain masked attention of one row."""
    return torch.softmax(scores.masked_fill(~seen, -math.inf), 0) @ values


def _whole_row(raw, scale, seen, values):
    """Mistakes that do not depend on the tiling."""
    scores = (raw * scale).masked_fill(~seen, -math.inf)
    yield "This is what comes out when the scores are not scaled by 1/√D.", _soft(raw, seen, values)
    p = torch.exp(scores - scores.max())
    yield "This is what comes out when the result is not divided by the running sum l.", p @ values
    yield (
        "This is what comes out when exp2 is used on scores that were not multiplied by log2(e).",
        _soft(raw * scale * math.log(2), seen, values),
    )
    yield (
        "This is what comes out when the scores are multiplied by log2(e) but exp is used, not "
        "exp2.",
        _soft(raw * scale / math.log(2), seen, values),
    )


def _masking(scores, i, j, values, n_q):
    """Mistakes in the causal mask."""
    everything = torch.ones_like(j, dtype=torch.bool)
    yield (
        "This is what comes out when the causal mask is not applied.",
        _soft(scores, everything, values),
    )
    if i > 0:
        yield (
            "This is what comes out when the mask hides the query's own key: visible is j <= i, "
            "not j < i.",
            _soft(scores, j < i, values),
        )
    yield (
        "This is what comes out when the mask lets each query see one key too many.",
        _soft(scores, j <= i + 1, values),
    )
    if len(j) != n_q:
        shifted = j <= i + len(j) - n_q
        if bool(shifted.any()):
            yield (
                "This is what comes out when the mask is aligned bottom-right; here it is "
                "top-left: visible is j <= i, also when Nq ≠ Nk.",
                _soft(scores, shifted, values),
            )


def _phases(scores, i, j, seen, values):
    """One of the two loops of causal attention left without effect, for guesses of the tile."""
    for tile in TILE_GUESSES:
        diagonal = i // tile * tile
        if 0 < diagonal < len(j):
            yield (
                f"This is what comes out when only the tiles on the diagonal count: what comes "
                f"before key {diagonal} is lost (tiles of {tile}).",
                _soft(scores, seen & (j >= diagonal), values),
            )
            yield (
                f"This is what comes out when the tiles on the diagonal do not count: keys from "
                f"{diagonal} on are lost (tiles of {tile}).",
                _soft(scores, seen & (j < diagonal), values),
            )


def _heads(inputs, index, kv_head: int, seen, scale):
    """Another kv head, or another sequence, than the one that this query head reads."""
    b, h, i = index
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    kv_heads = k.shape[1]
    group = q.shape[1] // kv_heads
    guesses = [
        (b, 0, "every query head reads kv head 0"),
        (0, kv_head, "k and v are read from sequence 0, whatever the sequence"),
    ]
    if group > 1:
        guesses += [
            (b, h % kv_heads, "query head h reads kv head h % Hkv; it is h // (Hq // Hkv)"),
            (b, h // kv_heads, "query head h reads kv head h // Hkv; it is h // (Hq // Hkv)"),
        ]
    for sequence, head, mistake in guesses:
        if head < kv_heads and (sequence, head) != (b, kv_head):
            scores = k[sequence, head].double() @ q[b, h, i].double() * scale
            yield (
                f"This is what comes out when {mistake}.",
                _soft(scores, seen, v[sequence, head].double()),
            )


def _tiled(scores, seen, values, tile):
    """Mistakes in the online-softmax update, for one guess of the key tile's length."""
    n, dim = values.shape
    whole = n - n % tile
    yield (
        f"This is what comes out when the last key tile is left out (tiles of {tile} keys).",
        _soft(scores, seen & (torch.arange(n, device=seen.device) < n - (n % tile or tile)), values)
        if n > tile
        else torch.full((dim,), math.nan),
    )
    if whole != n:
        pad = tile - n % tile
        more = torch.cat([scores.masked_fill(~seen, -math.inf), scores.new_zeros(pad)])
        padded = torch.cat([values, values.new_zeros(pad, dim)])
        yield (
            "This is what comes out when the keys beyond N, which pad the last tile, are not "
            "masked: their score of 0 still counts in the sum.",
            torch.softmax(more, 0) @ padded,
        )
    for broken, sentence in ONLINE_MISTAKES.items():
        yield sentence, _online(scores.masked_fill(~seen, -math.inf), values, tile, broken)


ONLINE_MISTAKES = {
    "acc": "This is what comes out when the accumulator is not rescaled as the maximum moves "
    "(l is, acc is not).",
    "l": "This is what comes out when the running sum l is not rescaled as the maximum moves "
    "(acc is, l is not).",
    "both": "This is what comes out when neither acc nor l is rescaled as the maximum moves.",
    "m": "This is what comes out when the new maximum is not carried over to the next tile: only "
    "the last tile is left in the result.",
}


def _online(scores, values, tile: int, broken: str) -> torch.Tensor:
    """One row's online softmax over key tiles, with one step broken on purpose."""
    m, length = torch.tensor(-math.inf, dtype=scores.dtype, device=scores.device), 0.0
    acc = torch.zeros(values.shape[1], dtype=scores.dtype, device=scores.device)
    for start in range(0, len(scores), tile):
        s = scores[start : start + tile]
        if not bool(torch.isfinite(s).any()):
            continue
        new = torch.maximum(m, s.max())
        alpha = torch.exp(m - new)
        p = torch.exp(s - new)
        length = length * (1.0 if broken in ("l", "both") else alpha) + p.sum()
        acc = acc * (1.0 if broken in ("acc", "both") else alpha) + p @ values[start : start + tile]
        m = m if broken == "m" else new
    return acc / length
