"""Gradients of attention: float64 reference, precision yardstick, comparison rule, inputs.

Shapes as in attention.py; dO (B, Hq, N, D) is the gradient of the loss with respect to O. With the
probabilities P and delta_i = sum_d dO_id O_id (FlashAttention-2, arXiv 2307.08691, section 2.3):

    dV = P^T dO        dP = dO V^T        dS = P * (dP - delta)
    dQ = scale dS K    dK = scale dS^T Q  (dK and dV are summed over the query heads of a group)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ...compare import RULES, Comparison, K, _finite_rows, _verdict
from ...problem import Output
from .attention import CHUNK_BYTES, cut_to_tf32, mask_arguments, visible
from .inputs import attention_inputs

TAIL = 2.0  # where one component carries a row's error, twice the typical error is common
GRADIENTS = ("dq", "dk", "dv")
GRADIENT_OUTPUTS = (Output("O"), *(Output(name, "gradient") for name in GRADIENTS))


def gradient_inputs(params, dtype: torch.dtype, generator: torch.Generator) -> dict:
    """q, k, v as attention_inputs draws them, and dO (B, Hq, N, D), standard normal."""
    inputs = attention_inputs(params, dtype, generator)
    noise = torch.randn(inputs["q"].shape, generator=generator, device=generator.device)
    return {**inputs, "dO": noise.to(dtype)}


def differentiated(function: Callable, inputs) -> Callable[[], tuple]:
    """A call that runs `function(q, k, v)` forward and backward, to be timed as a baseline."""
    leaves = [inputs[name].detach().requires_grad_() for name in ("q", "k", "v")]
    return lambda: torch.autograd.grad(function(*leaves), leaves, inputs["dO"])


def scale_of(params, dim: int) -> float:
    """The softmax scale a case asks for, else 1/sqrt(D)."""
    scale = params.get("softmax_scale", params.get("scale"))
    return 1 / math.sqrt(dim) if scale is None else scale


@dataclass
class Precision:
    """How numbers are rounded: `operand` before a product, `stored` in what the kernel writes."""

    operand: Callable[[torch.Tensor], torch.Tensor]
    stored: Callable[[torch.Tensor], torch.Tensor]


EXACT = Precision(lambda x: x, lambda x: x)


def _one_head(q, k, v, do, whole_do, params, how: Precision) -> tuple[dict, dict]:
    """One query head, in row chunks. All (N, D): q, k, v, do as operands of products, whole_do as
    delta uses it.

    Returns what the head gives to O, dq, dk and dv, and the typical size (squared, per row) of the
    rounding errors of dq, dk and dv in units of the rounding unit: each term of a sum errs by its
    own size, errors of different terms are independent, and an error of delta or of L is common to
    its row.
    """
    n, dim = q.shape
    scale = scale_of(params, dim)
    j = torch.arange(n, device=q.device)
    out = {name: torch.zeros_like(q) for name in ("O", "dq", "dk", "dv")}
    noise = {name: q.new_zeros(n) for name in GRADIENTS}
    rows = max(1, CHUNK_BYTES // (8 * n * q.element_size()))
    k2, v_t = k.square().sum(-1), v.T
    for start in range(0, n, rows):
        at = slice(start, start + rows)
        i = torch.arange(n, device=q.device)[at]
        seen = visible(i[:, None], j[None], **mask_arguments(params))
        s = (q[at] @ k.T * scale).masked_fill_(~seen, -math.inf)  # (rows, N)
        m = s.amax(-1, keepdim=True)
        e = torch.exp(s - m)
        length = e.sum(-1, keepdim=True)
        out["O"][at] = how.stored(how.operand(e) @ v / length)
        p = torch.exp(s - (m + length.log()))  # rebuilt from L, as the backward pass does it
        products = whole_do[at] * out["O"][at]
        delta = products.sum(-1, keepdim=True)
        dp = do[at] @ v_t
        ds = p * (dp - delta)
        rounded_p, rounded_ds = how.operand(p), how.operand(ds)
        out["dv"] += rounded_p.T @ do[at]
        out["dq"][at] = rounded_ds @ k * scale
        out["dk"] += rounded_ds.T @ q[at] * scale

        spread = products.square().sum(-1, keepdim=True)  # (rows, 1): error of delta, squared
        term = (p * (dp.abs() + delta.abs() + spread.sqrt())).square_()  # (rows, N)
        noise["dq"][at] = scale**2 * (term @ k2 + spread.squeeze(-1) * (p @ k).square().sum(-1))
        noise["dk"] += scale**2 * (term.T @ q[at].square().sum(-1))
        noise["dv"] += p.square().T @ do[at].square().sum(-1)
    return out, noise


def _all_heads(inputs, params, work: torch.dtype, how: Precision) -> tuple[dict, dict]:
    """O, dq, dk, dv of all heads, dk and dv summed over their group, and the noise sizes."""
    q, k, v, do = (how.operand(inputs[name].to(work)) for name in ("q", "k", "v", "dO"))
    group = q.shape[1] // k.shape[1]
    out = {"O": torch.empty_like(q), "dq": torch.empty_like(q)}
    out |= {"dk": torch.zeros_like(k), "dv": torch.zeros_like(k)}
    noise = {name: out[name].new_zeros(out[name].shape[:3]) for name in GRADIENTS}
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            kv = b, h // group
            whole_do = inputs["dO"][b, h].to(work)
            one, size = _one_head(q[b, h], k[kv], v[kv], do[b, h], whole_do, params, how)
            out["O"][b, h], out["dq"][b, h], noise["dq"][b, h] = one["O"], one["dq"], size["dq"]
            for name in ("dk", "dv"):
                out[name][kv] += one[name]
                noise[name][kv] += size[name]
    return out, noise


def gradient_reference(inputs, params) -> dict:
    """O, dq, dk, dv in float64. One head and one chunk of rows at a time: no N×N buffer."""
    return _all_heads(inputs, params, torch.float64, EXACT)[0]


def gradient_yardstick(inputs, params, tf32: bool) -> dict:
    """O as a correct kernel gives it, and for each gradient what such a kernel's error is, per row.

    A correct kernel: float32 scores, sums and accumulators; P and dS rounded to the input dtype
    (or TF32) before they enter a product; delta from the rounded O; outputs rounded. Its error in
    a row may be small by luck, so a row counts with the typical error there when that is larger.
    """
    dtype = inputs["q"].dtype
    lower = cut_to_tf32 if tf32 else (lambda x: x)
    how = Precision(
        operand=lambda x: lower(x.to(dtype).float()), stored=lambda x: x.to(dtype).float()
    )
    matmul = torch.backends.cuda.matmul
    before, matmul.allow_tf32 = matmul.allow_tf32, False
    try:
        exact, noise = _all_heads(inputs, params, torch.float64, EXACT)
        ours, _ = _all_heads(inputs, params, torch.float32, how)
    finally:
        matmul.allow_tf32 = before
    unit = 2**-10 if tf32 else torch.finfo(dtype).eps
    least = max(unit / 8, 2**-22)  # no sum in float32 is more exact than that
    errors = {}
    for name in GRADIENTS:
        error = (ours[name].to(dtype).double() - exact[name]).norm(dim=-1)
        typical = (noise[name] + exact[name].square().sum(-1)).sqrt()
        share = error / typical.clamp_min(typical.max() * 1e-12 + 1e-300)
        usual = share.square().mean().sqrt().clamp_min(least)
        errors[name] = torch.maximum(error, TAIL * usual * typical)
    return {"O": ours["O"].to(dtype), **errors}


def compare_gradient(out: torch.Tensor, ref: torch.Tensor, yard: torch.Tensor) -> Comparison:
    """Compare a gradient (..., D) with float64, row by row:  |out - ref| <= K * yard + tiny.

    `yard` (...) is the error of a correct kernel in each row, as gradient_yardstick gives it. It is
    no multiple of |ref|: a gradient may cancel to nothing, and its terms still carry their errors.
    """
    size = ref.norm(dim=-1)
    scale = size.square().mean().sqrt().clamp_min(torch.finfo(torch.float64).tiny)
    info = torch.finfo(out.dtype)
    tiny = math.sqrt(ref.shape[-1]) * info.smallest_normal * info.eps + 1e-9 * scale
    error = (out.double() - ref).norm(dim=-1)
    shown = size.clamp_min(scale * 1e-3).maximum(yard)  # a size to show the error by; 0 is none
    return _verdict(error, K * yard + tiny, shown, _finite_rows(out))


RULES["gradient"] = compare_gradient
