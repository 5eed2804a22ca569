"""Small inputs on which mistakes show: scores as wanted, and values that are unit vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from ...witness import Finding, Run, Scene
from .passages import LOG2_E

OWN = {"k": "padded_rows", "v": "heads_inside"}  # each tensor stored in a way of its own
# pattern: (offset of all scores, slope per key, noise), in base 2
PATTERNS = {
    "rising scores": (0.0, 0.15, 1.0),
    "falling scores": (0.0, -0.15, 1.0),
    "plain scores": (0.0, 0.0, 1.0),
    "very high scores": (300.0, 0.05, 1.0),
    "very low scores": (-20000.0, 0.05, 1.0),
    "scores that fall steeply": (0.0, -6.0, 1.0),
    "scores that rise steeply": (0.0, 6.0, 1.0),
}


def make_inputs(pattern: str):
    """How a scene with that pattern draws its inputs."""
    offset, slope, noise = PATTERNS[pattern]

    def make(params) -> dict:
        """q (B, H, Nq, D), k (B, Hkv, Nk, D); v[b, h, j] = c * e_j, where c tells b and h."""
        generator = torch.Generator().manual_seed(7)
        heads, dim, n_k = params["H"], params["D"], params["Nk"]
        kv_heads = params.get("Hkv", heads)
        dtype = getattr(torch, params["dtype"])
        q = torch.randn(params["B"], heads, params["Nq"], dim, generator=generator)
        k = torch.randn(params["B"], kv_heads, n_k, dim, generator=generator)
        q *= noise
        unit = math.sqrt(dim) / LOG2_E  # a scaled score of 1 in base 2
        k[..., 0], q[..., 0] = 1.0, offset * unit
        k[..., 1], q[..., 1] = torch.arange(n_k) * (slope * unit / 4), 4.0
        v = torch.zeros(params["B"], kv_heads, n_k, dim)
        v[:] = torch.eye(n_k, dim)
        return {"q": q.to(dtype), "k": k.to(dtype), "v": v.to(dtype)}

    return make


def scenes(*patterns: tuple[str, str], **params) -> tuple[Scene, ...]:
    """Scenes of the same sizes, one for each (pattern, dtype)."""
    return tuple(
        Scene(pattern, {"dtype": dtype, **params}, make_inputs(pattern))
        for pattern, dtype in patterns
    )


VAGUE = ("values-wrong", "visible-keys-missing", "hidden-keys-count", "update-wrong")


def with_strides(read: Callable[[Sequence[Run]], list[Finding]]):
    """`read`, which gets the scenes with strides of their own only where the others are right:
    what is wrong there alone is wrong by a stride.
    """

    def reading(runs: Sequence[Run]) -> list[Finding]:
        plain = [run for run in runs if "layout" not in run.scene.params]
        strided = [run for run in runs if "layout" in run.scene.params]
        found = read(plain)
        if found or not strided:
            return found
        return [
            replace(one, kind="stride-of-another", fact="")
            for one in read(strided)[:1]
            if one.kind in VAGUE
        ]

    return reading


def cdiv(a, b):
    """How many tiles of b cover a, for whole numbers or tensors of them."""
    return -(-a // b)
