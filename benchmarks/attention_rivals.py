"""What our solutions are timed against: torch's SDPA backends and compiled FlexAttention."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch._functorch.config
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

BACKENDS = {
    "SDPA flash": SDPBackend.FLASH_ATTENTION,
    "SDPA cuDNN": SDPBackend.CUDNN_ATTENTION,
    "SDPA efficient": SDPBackend.EFFICIENT_ATTENTION,
}
Calls = dict[str, Callable[[], object]]


def attend(q, k, v, backend, is_causal, grouped):
    """torch's attention with one backend only."""
    with sdpa_kernel(backend):
        return torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=is_causal, enable_gqa=grouped
        )


def sdpa(x: dict, is_causal: bool, grouped: bool) -> Calls:
    """Forward calls, one per backend."""
    return {
        name: lambda backend=backend: attend(x["q"], x["k"], x["v"], backend, is_causal, grouped)
        for name, backend in BACKENDS.items()
    }


def sdpa_backward(x: dict, is_causal: bool, grouped: bool) -> Calls:
    """Backward calls, one per backend: the forward pass is run once, outside the timing."""
    calls = {}
    for name, backend in BACKENDS.items():
        leaves = leaves_of(x)
        try:
            out = attend(*leaves, backend, is_causal, grouped)
        except RuntimeError as error:
            print(f"  left out: {name}: {' '.join(str(error).split())[:150]}")
            continue
        calls[name] = gradient(out, leaves, x["dO"])
    return calls


def leaves_of(x: dict) -> list[torch.Tensor]:
    return [x[name].detach().requires_grad_() for name in "qkv"]


def gradient(out, leaves, upstream) -> Callable[[], object]:
    return lambda: torch.autograd.grad(out, leaves, upstream, retain_graph=True)


def flex_setup(x: dict, is_causal: bool, window: int | None, sink: int):
    """Compiled FlexAttention and its block mask for our mask convention."""

    def mask(b, h, i, j):
        seen = j <= i
        if window is not None:
            seen = seen & ((j >= i - (window - 1)) | (j < sink))
        return seen

    n = x["q"].shape[2]
    block = create_block_mask(mask, None, None, n, n, device="cuda") if is_causal else None
    compiled = torch.compile(flex_attention, dynamic=False)
    grouped = x["q"].shape[1] != x["k"].shape[1]
    return lambda q, k, v: compiled(q, k, v, block_mask=block, enable_gqa=grouped)


def flex(x: dict, is_causal: bool, window: int | None, sink: int) -> Calls:
    """The forward call."""
    attention = flex_setup(x, is_causal, window, sink)
    return {"FlexAttention": lambda: attention(x["q"], x["k"], x["v"])}


def flex_backward(x: dict, is_causal: bool, window: int | None, sink: int) -> Calls:
    """The backward call."""
    torch._functorch.config.donated_buffer = False  # the gradient is taken many times
    leaves = leaves_of(x)
    out = flex_setup(x, is_causal, window, sink)(*leaves)
    return {"FlexAttention": gradient(out, leaves, x["dO"])}
