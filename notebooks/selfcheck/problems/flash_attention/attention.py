"""Attention: the mask, the float64 reference, the precision yardstick and the naive baseline.

Shapes throughout: q (B, Hq, Nq, D); k, v (B, Hkv, Nk, D); query head h reads kv head
h // (Hq // Hkv). Scores are scaled by 1/sqrt(D).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

OFF_MAXIMUM = 0.6906  # exp(-0.6906) is neither a bfloat16 nor a float16, nor near one
CHUNK_BYTES = 1 << 28  # the reference works in row chunks of at most this many bytes of scores


def visible(
    i: torch.Tensor, j: torch.Tensor, causal: bool, window: int | None = None, sink: int = 0
) -> torch.Tensor:
    """The mask: True where query i may look at key j.

    Causal is top-left aligned (`j <= i`, also when Nq != Nk). A window of W keeps W keys, the
    query's own included; the first `sink` keys stay visible. Non-causal ignores both.
    """
    if not causal:
        return torch.ones_like(i + j, dtype=torch.bool)
    seen = j <= i
    if window is not None:
        seen = seen & ((j >= i - (window - 1)) | (j < sink))
    return seen


def mask_arguments(params) -> dict:
    """The mask's arguments as `visible` takes them, read from a case's parameters."""
    return {
        "causal": params.get("is_causal", False),
        "window": params.get("window_size"),
        "sink": params.get("sink_size", 0),
    }


def _by_row_chunks(q, k, v, params, rows_of: Callable) -> tuple[torch.Tensor, torch.Tensor]:
    """Apply `rows_of(scores, v)` to row chunks; returns O (…, B, Hq, Nq, D) and L (B, Hq, Nq)."""
    batch, heads, n_q, dim = q.shape
    group = heads // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    j = torch.arange(k.shape[2], device=q.device)
    rows = max(1, CHUNK_BYTES // (batch * heads * k.shape[2] * q.element_size()))
    outs, sums = [], []
    for start in range(0, n_q, rows):
        part = q[:, :, start : start + rows]
        i = torch.arange(start, start + part.shape[2], device=q.device)
        s = part @ k.transpose(-1, -2) * (1 / math.sqrt(dim))  # (B, Hq, rows, Nk)
        s = s.masked_fill(~visible(i[:, None], j[None], **mask_arguments(params)), -math.inf)
        o, lse = rows_of(s, v)
        outs.append(o)
        sums.append(lse)
    return torch.cat(outs, -2), torch.cat(sums, -1)


def attention_reference(q, k, v, params) -> tuple[torch.Tensor, torch.Tensor]:
    """O and L (logsumexp of the scaled, masked scores) in float64, without an N×N buffer."""

    def rows_of(s, values):
        return torch.softmax(s, -1) @ values, torch.logsumexp(s, -1)

    return _by_row_chunks(q.double(), k.double(), v.double(), params, rows_of)


def cut_to_tf32(x: torch.Tensor) -> torch.Tensor:
    """float32 cut to TF32's 10 mantissa bits: tensor cores ignore the other 13 bits of an operand,
    so Triton's default float32 `tl.dot` truncates where a conversion would round.
    """
    return (x.contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32)


def attention_yardstick(q, k, v, params, tf32: bool) -> torch.Tensor:
    """O as two correct kernels of the inputs' precision give it, (2, B, Hq, Nq, D): float32 scores,
    maximum, sum and accumulator; P rounded to the input dtype (or TF32) before P @ V; the output
    rounded. The first subtracts the exact maximum, so that its largest p is 1 and loses nothing;
    the second is off, like a kernel that rounds its maximum or seldom rescales.

    Source of the precision contract: FlashAttention-2 (arXiv 2307.08691), section 3.1.
    """
    dtype = q.dtype
    lower = cut_to_tf32 if tf32 else (lambda x: x)

    def rows_of(s, values):
        m = s.amax(-1, keepdim=True)
        outs = []
        for off in (0.0, OFF_MAXIMUM):
            p = torch.exp(s - m - off)
            length = p.sum(-1, keepdim=True)
            outs.append((lower(p.to(dtype).float()) @ values / length).to(dtype))
        return torch.stack(outs), (m + off + length.log()).squeeze(-1)

    matmul = torch.backends.cuda.matmul
    before, matmul.allow_tf32 = matmul.allow_tf32, False
    try:
        return _by_row_chunks(
            lower(q.float()), lower(k.float()), lower(v.float()), params, rows_of
        )[0]
    finally:
        matmul.allow_tf32 = before


def naive_attention(q, k, v, is_causal: bool = False) -> torch.Tensor:
    """The textbook version, which writes all Nq×Nk scores to memory: the baseline in timings."""
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    s = q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]))  # (B, Hq, Nq, Nk)
    if is_causal:
        i = torch.arange(q.shape[2], device=q.device)[:, None]
        j = torch.arange(k.shape[2], device=q.device)[None]
        s = s.masked_fill(j > i, -math.inf)
    return torch.softmax(s, -1) @ v  # (B, Hq, Nq, D)
