"""Attention in a sliding window, with or without sinks: the baselines."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from .attention import mask_arguments, visible


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
