"""Inputs of the attention problems: shapes, and score patterns that stress the online softmax."""

from __future__ import annotations

import math

import torch

from ...problem import Numbers

# Three ways to store the tensors, none of them like another: no stride will do for its neighbour.
THREE_WAYS = (
    {"q": "heads_inside", "k": "padded_rows", "v": "every_other", "dO": "padded_rows"},
    {"q": "every_other", "k": "heads_inside", "v": "padded_rows", "dO": "heads_inside"},
    {"q": "padded_rows", "k": "every_other", "v": "heads_inside", "dO": "every_other"},
)
# All values near 1.5, so that the small shares add up.
LEADER: Numbers = {"scores": "leader", "v_mean": 1.5}


def attention_inputs(params, dtype: torch.dtype, generator: torch.Generator) -> dict:
    """q (B, H, Nq, D), k and v (B, Hkv, Nk, D), drawn on the generator's device.

    Parameters: B, H, D, N (or Nq and Nk), Hkv (default H), scores (a pattern of `_shape_scores`),
    v_scale (default 1), v_mean (default 0).
    """
    batch, heads, dim = params["B"], params["H"], params["D"]
    n_q, n_k = params.get("Nq", params.get("N")), params.get("Nk", params.get("N"))
    shape_k = (batch, params.get("Hkv", heads), n_k, dim)

    def normal(*shape):
        return torch.randn(shape, generator=generator, device=generator.device)

    q, k, v = normal(batch, heads, n_q, dim), normal(*shape_k), normal(*shape_k)
    _shape_scores(q, k, params.get("scores", "normal"))
    v = v * params.get("v_scale", 1.0) + params.get("v_mean", 0.0)
    return {"q": q.to(dtype), "k": k.to(dtype), "v": v.to(dtype)}


def _shape_scores(q: torch.Tensor, k: torch.Tensor, pattern: str) -> None:
    """Change q and k in place so that their scaled scores follow the pattern.

    * "positive", "negative": every score is near +300, or near -300. Without the maximum
      subtracted, exp overflows, or underflows to 0.
    * "rising", "falling": scores move with the key index. The running maximum moves in every tile,
      or is set by the first one.
    * "steep": the masked future scores far higher than the visible past.
    * "bygone": the oldest keys score highest, also where a window hides them.
    * "large": scores of large spread, so that the softmax picks a few keys.
    * "abyss": every score is -12000, below the numbers that are taken for -inf by mistake.
    * "uneven": the scores of the first query are near -300, those of the last near +300.
    * "leader": the first key outweighs all others, whose small shares a 16-bit sum loses.

    Component 0 of q is made constant and component 0 of k carries the offset of each key, so that
    the scaled score of key j moves by offset(j) whatever the query.
    """
    if pattern == "normal":
        return
    if pattern == "large":
        q *= 8.0
        return
    n_k, dim = k.shape[-2], k.shape[-1]
    ramp = torch.arange(n_k, device=k.device, dtype=torch.float32)  # 0 … Nk-1
    offsets = {
        "positive": torch.full_like(ramp, 300.0),
        "negative": torch.full_like(ramp, -300.0),
        "rising": ramp * (150.0 / max(n_k - 1, 1)),
        "falling": ramp * (-150.0 / max(n_k - 1, 1)),
        "steep": ramp * 8.0,
        "bygone": ramp * -2.0,
        "abyss": torch.full_like(ramp, -12000.0),
        "uneven": torch.full_like(ramp, 300.0),
        "leader": torch.where(ramp > 0, -12.3, 0.0),
    }[pattern]
    strength = 16.0
    q[..., 0] = strength
    k[..., 0] = offsets * (math.sqrt(dim) / strength)
    if pattern == "abyss":
        k[..., 1:] = 0.0  # at this size float32 has no digits left for what would tell keys apart
    if pattern == "uneven":
        q[..., 0] *= torch.linspace(-1, 1, q.shape[-2], device=q.device)
