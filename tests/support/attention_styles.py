"""Attention in many ways, right and wrong, as torch functions of (q, k, v, is_causal)."""

from __future__ import annotations

import math

import torch


def scores(q, k, is_causal):
    """Scaled, masked float32 scores."""
    s = (q.float() @ k.float().transpose(-1, -2)) / math.sqrt(q.shape[-1])
    return hide_future(s) if is_causal else s


def hide_future(s):
    i = torch.arange(s.shape[-2], device=s.device)[:, None]
    j = torch.arange(s.shape[-1], device=s.device)[None]
    return s.masked_fill(j > i, -math.inf)


def plain(q, k, v, is_causal=False):
    """float32 softmax, P kept in float32."""
    return (torch.softmax(scores(q, k, is_causal), -1) @ v.float()).to(q.dtype)


def rounded_p(q, k, v, is_causal=False):
    """P rounded to the input dtype before P @ V, normalised afterwards."""
    s = scores(q, k, is_causal)
    p = torch.exp(s - s.amax(-1, keepdim=True))
    o = p.to(q.dtype).float() @ v.float()
    return (o / p.sum(-1, keepdim=True)).to(q.dtype)


def online(tile, backwards=False, base2=False):
    """FlashAttention-2's loop over key tiles of the given length, from either end."""

    def attention(q, k, v, is_causal=False):
        s_all = scores(q, k, is_causal) * (math.log2(math.e) if base2 else 1.0)
        power = torch.exp2 if base2 else torch.exp
        shape = (*q.shape[:-1], 1)
        m = torch.full(shape, -math.inf, device=q.device)
        length = torch.zeros(shape, device=q.device)
        acc = torch.zeros(q.shape, device=q.device)
        starts = list(range(0, k.shape[2], tile))
        for start in reversed(starts) if backwards else starts:
            s = s_all[..., start : start + tile]
            new = torch.maximum(m, s.amax(-1, keepdim=True))
            safe = new.masked_fill(new == -math.inf, 0.0)
            alpha, p = power(m - safe), power(s - safe)
            length = length * alpha + p.sum(-1, keepdim=True)
            acc = acc * alpha + p.to(q.dtype).float() @ v[:, :, start : start + tile].float()
            m = new
        return (acc / length).to(q.dtype)

    return attention


def from_logsumexp(q, k, v, is_causal=False):
    """Two passes: first L, then P = exp(S - L), already normalised."""
    s = scores(q, k, is_causal)
    return (torch.exp(s - torch.logsumexp(s, -1, keepdim=True)) @ v.float()).to(q.dtype)


def rough_maximum(q, k, v, is_causal=False):
    """The maximum is kept in 16 bits, so the largest p is near 1, not 1."""
    s = scores(q, k, is_causal)
    p = torch.exp(s - s.amax(-1, keepdim=True).half().float())
    o = p.to(q.dtype).float() @ v.float()
    return (o / p.sum(-1, keepdim=True)).to(q.dtype)


def lazy(tile, threshold=5.5):
    """FlashAttention-4's loop: the maximum follows only when it has moved by the threshold."""

    def attention(q, k, v, is_causal=False):
        s_all = scores(q, k, is_causal)
        m = torch.full((*q.shape[:-1], 1), -math.inf, device=q.device)
        length, acc = torch.zeros_like(m), torch.zeros(q.shape, device=q.device)
        for start in range(0, k.shape[2], tile):
            s = s_all[..., start : start + tile]
            new = s.amax(-1, keepdim=True)
            new = torch.where(new > m + threshold, new, m)
            safe = new.masked_fill(new == -math.inf, 0.0)
            alpha, p = torch.exp(m - safe), torch.exp(s - safe)
            length = length * alpha + p.sum(-1, keepdim=True)
            acc = acc * alpha + p.to(q.dtype).float() @ v[:, :, start : start + tile].float()
            m = new
        return (acc / length).to(q.dtype)

    return attention


def split_keys(q, k, v, is_causal=False):
    """Keys in two halves, each finished by itself, then merged by their logsumexp."""
    s = scores(q, k, is_causal)
    half = max(1, k.shape[2] // 2)
    parts = [(s[..., :half], v[:, :, :half]), (s[..., half:], v[:, :, half:])]
    parts = [(a, b) for a, b in parts if a.shape[-1]]
    sums = torch.stack([torch.logsumexp(a, -1) for a, _ in parts])
    total = torch.logsumexp(sums, 0)
    outs = [torch.softmax(a, -1).nan_to_num(0.0) @ b.float() for a, b in parts]
    weights = torch.exp(sums - total)[..., None]
    return sum(w * o for w, o in zip(weights, outs, strict=True)).to(q.dtype)


RIGHT = {
    "plain": plain,
    "P rounded": rounded_p,
    "tiles of 16": online(16),
    "tiles of 48, base 2": online(48, base2=True),
    "tiles of 128, last first": online(128, backwards=True),
    "P from logsumexp": from_logsumexp,
    "keys split and merged": split_keys,
    "maximum in 16 bits": rough_maximum,
    "maximum follows lazily": lazy(32),
}
INEXACT = ("maximum in 16 bits", "maximum follows lazily")  # of RIGHT: the largest p is not 1


def no_maximum(q, k, v, is_causal=False):
    """exp without subtracting the maximum."""
    p = torch.exp(scores(q, k, is_causal))
    return (p @ v.float() / p.sum(-1, keepdim=True)).to(q.dtype)


def offset(q, k, v, is_causal=False):
    """Everything 0.04 too large."""
    return (plain(q, k, v, is_causal).float() + 0.04).to(q.dtype)


def drops_last_8(q, k, v, is_causal=False):
    """The last 8 keys left out."""
    keep = max(1, k.shape[2] - 8)
    return plain(q, k[:, :, :keep], v[:, :, :keep], is_causal)


def low_precision(q, k, v, is_causal=False):
    """The textbook version in the inputs' own precision: rounded scores."""
    s = q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]))
    return torch.softmax(hide_future(s) if is_causal else s, -1) @ v


def unscaled(q, k, v, is_causal=False):
    """1/sqrt(D) forgotten."""
    return plain(q * math.sqrt(q.shape[-1]), k, v, is_causal)


def zeros(q, k, v, is_causal=False):
    """Nothing computed."""
    return torch.zeros_like(q)


def unwritten(q, k, v, is_causal=False):
    """The last row of every head is never written."""
    o = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    o[:, :, :-1] = plain(q, k, v, is_causal)[:, :, :-1]
    return o


def first_batch_only(q, k, v, is_causal=False):
    """Batch index ignored."""
    return plain(q[:1], k[:1], v[:1], is_causal).expand_as(q).contiguous()


def writes_input(q, k, v, is_causal=False):
    """Scales q in place, which its owner sees."""
    o = plain(q, k, v, is_causal)
    q.mul_(0.5)
    return o


def wrong_dtype(q, k, v, is_causal=False):
    """float32 out, whatever came in."""
    return plain(q, k, v, is_causal).float() if q.dtype != torch.float32 else zeros(q, k, v)


WRONG = {
    "no maximum subtracted": no_maximum,
    "+0.04 everywhere": offset,
    "last 8 keys dropped": drops_last_8,
    "scores in low precision": low_precision,
    "unscaled": unscaled,
    "zeros": zeros,
    "unwritten rows": unwritten,
    "first batch only": first_batch_only,
    "writes its input": writes_input,
    "wrong dtype": wrong_dtype,
}


def as_p1(function):
    """A function (q, k, v, is_causal) as p1's entry point, with the right L beside it."""

    class Entry:
        @staticmethod
        def apply(q, k, v, is_causal):
            return function(q, k, v, is_causal), torch.logsumexp(scores(q, k, is_causal), -1)

    return Entry
