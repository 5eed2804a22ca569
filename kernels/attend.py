"""One call for the family: which kernel suits which inputs."""

from __future__ import annotations

import torch

from .descriptors import described_attention
from .hopper import DIMENSIONS, hopper_attention


def attention(q, k, v, is_causal=True, window_size=None, sink_size=0) -> torch.Tensor:
    """Attention with shared kv heads, a window and sinks. Returns (B, Hq, Nq, D), q's dtype.

    q: (B, Hq, Nq, D); k, v: (B, Hkv, Nk, D), 16-bit; D is 16, 32, 64 or 128. Key j is visible to
    query i when j <= i and (j >= i - (window_size - 1) or j < sink_size), without a window when
    j <= i, and always where `is_causal` is False. Raises ValueError for what it cannot do.
    """
    refuse(q, k, v, is_causal, window_size, sink_size)
    if window_size is None and q.shape[-1] in DIMENSIONS:
        return hopper_attention(q, k, v, is_causal)
    return described_attention(q, k, v, is_causal, window_size, sink_size)


def refuse(q, k, v, is_causal, window_size, sink_size) -> None:
    """Raise ValueError, in a sentence, for what these kernels cannot do."""
    B, Hq, _, D = q.shape
    Hkv, Nk = k.shape[1], k.shape[2]
    if k.shape != (B, Hkv, Nk, D) or v.shape != k.shape:
        shapes = f"{tuple(k.shape)} and {tuple(v.shape)}"
        raise ValueError(f"k and v must be ({B}, Hkv, Nk, {D}) to go with q, not {shapes}.")
    if Hq % Hkv:
        raise ValueError(f"{Hkv} kv heads cannot be shared evenly by {Hq} query heads.")
    if D not in (16, 32, 64, 128):
        raise ValueError(f"The head dimension must be 16, 32, 64 or 128, not {D}.")
    if window_size is not None and (window_size < 1 or sink_size < 0 or not is_causal):
        raise ValueError("A window is causal, at least 1 wide, and has no fewer than 0 sinks.")
    if not all(x.dtype == q.dtype in (torch.bfloat16, torch.float16) for x in (q, k, v)):
        raise ValueError("q, k and v must be bfloat16 or float16, all three the same.")
    if not all(map(suits, (q, k, v))):
        raise ValueError("Descriptors need a last stride of 1, and rows that begin on 16 bytes.")


def suits(x: torch.Tensor) -> bool:
    """Whether a tensor descriptor can describe x: (B, H, N, D)."""
    aligned = all(s > 0 and s * x.element_size() % 16 == 0 for s in x.stride()[:-1])
    return x.stride(-1) == 1 and aligned and x.data_ptr() % 16 == 0
