"""Attention in a sliding window, with or without sinks: baselines, and typical mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch

from .attention import mask_arguments, visible
from .suspects import attention_suspects

QUERY_TILES = (8, 16, 32, 64, 128)
KEY_TILES = (16, 32, 64, 128)
SEEN_WHEN = "This is what comes out when "
TWICE = (
    "the first keys count twice, as sinks and again in the window: the sink phase must stop where "
    "the window's tiles begin."
)


def mask_table(inputs, params) -> torch.Tensor:
    """The whole mask, (N, N): True where row i sees column j."""
    n = torch.arange(inputs["q"].shape[2], device=inputs["q"].device)
    return visible(n[:, None], n[None], **mask_arguments(params))


def naive_in_window(inputs, params) -> Callable[[], torch.Tensor]:
    """A call of the textbook version; the mask and the copies of shared heads are made before."""
    hidden = ~mask_table(inputs, params)
    q, k, v = _one_kv_head_each(inputs)
    scale = 1 / math.sqrt(q.shape[-1])

    def call() -> torch.Tensor:
        scores = (q @ k.transpose(-1, -2) * scale).masked_fill(hidden, -math.inf)
        return torch.softmax(scores, -1) @ v

    return call


def sdpa_in_window(inputs, params) -> Callable[[], torch.Tensor]:
    """A call of torch's own attention; the mask and the copies of shared heads are made before."""
    mask = mask_table(inputs, params)
    q, k, v = _one_kv_head_each(inputs)
    return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _one_kv_head_each(inputs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """q, k, v with as many kv heads as query heads."""
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    group = q.shape[1] // k.shape[1]
    return q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)


def window_suspects(inputs, params, index) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (sentence, row): what each mistake would give at `index` = (batch, head, query)."""
    b, h, i = index
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    kv_head = h // (q.shape[1] // k.shape[1])
    scores = k[b, kv_head].double() @ q[b, h, i].double() / math.sqrt(q.shape[-1])  # (N,)
    values = v[b, kv_head].double()  # (N, D)
    j = torch.arange(len(scores), device=scores.device)
    for mistake, counts in _counts(i, j, params["window_size"], params.get("sink_size", 0)):
        yield f"{SEEN_WHEN}{mistake}", _counted(scores, counts, values)
    yield from attention_suspects(inputs, params, index)


def _counted(scores, counts, values) -> torch.Tensor:
    """Attention of one row in which key j enters counts[j] times."""
    weights = torch.softmax(scores + counts.double().log(), 0)
    return weights @ values


def _counts(i, j, window, sink) -> Iterator[tuple[str, torch.Tensor]]:
    """(mistake, how often each key is counted) for query i; j is arange(N)."""
    past, recent, sinks = j <= i, i - j < window, j < sink
    seen = past & (recent | sinks)
    yield (
        "a window of W keeps W + 1 keys, as other libraries count: here the query's own key is one "
        "of the W.",
        past & ((i - j < window + 1) | sinks),
    )
    if window > 1:
        yield "the window is one key too short.", past & ((i - j < window - 1) | sinks)
    yield "the window is ignored: every key of the past counts.", past
    if sink:
        yield from _sink_counts(j, sink, past, recent, sinks)
    for queries in QUERY_TILES:
        for keys in KEY_TILES:
            yield from _tile_counts(i, j, window, sink, seen, queries, keys)


def _sink_counts(j, sink, past, recent, sinks) -> Iterator[tuple[str, torch.Tensor]]:
    """Mistakes with the sinks."""
    yield "the sinks are forgotten for these queries: only the window counts.", past & recent
    yield (
        "sinks count even where they lie in the future of the query: j <= i holds for them too.",
        (past & recent) | sinks,
    )
    yield TWICE, (past & (recent | sinks)).int() + sinks.int()
    for keys in KEY_TILES:
        if sink % keys:
            whole = -(-sink // keys) * keys
            yield (
                "the last sink tile is not masked: its keys beyond the sinks count too.",
                past & (recent | (j < whole)),
            )


def _tile_counts(i, j, window, sink, seen, queries, keys) -> Iterator[tuple[str, torch.Tensor]]:
    """Mistakes at the edges of tiles, for one guess of the tiles' lengths."""
    start = i // queries * queries  # the first query of the tile
    oldest = max(start - (window - 1), 0)
    first, diagonal = oldest // keys * keys, start // keys * keys
    recent, sinks = i - j < window, j < sink
    yield (
        "the edge of the window is not masked: in the window's first tiles, keys too old for their "
        "query count.",
        (j <= i) & ((j >= first) | sinks),
    )
    yield (
        "old keys are not masked in the tiles on the diagonal.",
        seen | ((j <= i) & (j >= diagonal)),
    )
    yield (
        "keys of the future are not masked in the tiles on the diagonal.",
        (recent | sinks) & (j >= first) & (j < -(-(start + queries) // keys) * keys) | seen,
    )
    if oldest % keys:
        stop = oldest + -(-(diagonal - oldest) // keys) * keys
        if diagonal < stop <= len(j):
            twice = (j >= oldest) & (j < stop) & (recent | sinks)
            yield (
                "the window starts at no multiple of the key tile: the loop runs past the "
                "diagonal's start, and keys there count twice.",
                twice.int() + (seen & (j >= diagonal)).int() + (sinks & (j < oldest)).int(),
            )
        yield (
            "the window starts one tile too late: the tile with the oldest visible key is left "
            "out (round down).",
            seen & ((j >= first + keys) | (sinks & (j < first))),
        )
    if sink and first < sink:
        yield (
            "a sink that lies in one of the window's tiles is masked there: visible is the window "
            "or the sinks, in every tile.",
            seen & (recent | (j < first)),
        )
        yield TWICE, seen.int() + (sinks & (j >= first)).int()
