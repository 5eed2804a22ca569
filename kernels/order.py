"""In which order programs go through heads and query tiles, so that keys stay in the L2 cache."""

from __future__ import annotations

import torch

L2_SHARE = 8 << 20  # bytes of keys and values that may be in use at a time


def heads_together(q: torch.Tensor, k: torch.Tensor) -> int:
    """Query heads whose keys and values fill L2_SHARE. q: (B, Hq, Nq, D); k: (B, Hkv, Nk, D)."""
    B, Hq = q.shape[:2]
    _, Hkv, Nk, D = k.shape
    bytes_per_head = 2 * Nk * D * k.element_size() * Hkv // Hq
    return max(1, min(B * Hq, L2_SHARE // max(bytes_per_head, 1)))
