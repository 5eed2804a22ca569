"""When is an answer right? Row by row, against float64, within k times a correct kernel's error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

K = 3.0  # an answer may be this many times worse than the yardstick


@dataclass(frozen=True)
class Comparison:
    """What the comparison of one output found.

    `worst` is the error of the worst row and `allowed` that row's allowance, both relative to the
    size of the reference row. `index` is where that row is; `bad` marks the wrong rows.
    """

    ok: bool
    worst: float
    allowed: float
    index: tuple[int, ...]
    bad: torch.Tensor
    reason: str = ""

    @property
    def wrong_share(self) -> str:
        """ "12 of 512" wrong rows."""
        return f"{int(self.bad.sum())} of {self.bad.numel()}"


def compare_rows(out: torch.Tensor, ref: torch.Tensor, yard: torch.Tensor) -> Comparison:
    """Compare `out` (..., D) with the float64 `ref` of the same shape.

    A row passes when  |out - ref| <= K * max(|yard - ref|, rms * |ref|) + tiny  (norms over D),
    where `yard` is what a correct kernel of the same precision gives and rms its root-mean-square
    relative error over all rows, so that a row where the yardstick was lucky is not held to it.
    `yard` may hold the answers of several such kernels, (kernels, ..., D): the larger error counts.
    NaN and inf never pass.
    """
    size = ref.norm(dim=-1)
    error = (out.double() - ref).norm(dim=-1)
    yard_error = (yard.double().view(-1, *ref.shape) - ref).norm(dim=-1)  # (kernels, ...)
    scale = size.square().mean().sqrt().clamp_min(torch.finfo(torch.float64).tiny)
    info = torch.finfo(out.dtype)
    share = (yard_error / size.clamp_min(scale * 1e-12)).flatten(1)
    rms = share.square().mean(1).sqrt().max()
    rms = rms.clamp_min(info.eps / 4)  # what rounding the output alone costs
    tiny = math.sqrt(ref.shape[-1]) * info.smallest_normal * info.eps + 1e-9 * scale
    allowed = K * torch.maximum(yard_error.amax(0), rms * size) + tiny
    return _verdict(error, allowed, size.clamp_min(scale * 1e-12), _finite_rows(out))


def compare_logsumexp(out: torch.Tensor, ref: torch.Tensor) -> Comparison:
    """Compare L (B, H, N) with float64: each within 2e-3 + 2e-6 * max|L|; NaN and inf never pass.

    The bound allows float32 scores and exp2 arithmetic, and nothing coarser.
    """
    error = (out.double() - ref).abs()
    allowed = torch.full_like(error, 2e-3 + 2e-6 * ref.abs().max().item())
    return _verdict(error, allowed, torch.ones_like(error), torch.isfinite(out))


def compare_elements(out: torch.Tensor, ref: torch.Tensor, yard: torch.Tensor) -> Comparison:
    """Compare `out`, independent numbers of similar size, one by one with the float64 `ref`.

    An element passes when  |out - ref| <= K * max(worst, eps / 4 * |ref|) + tiny,  where worst is
    the yardstick's largest error on any element: one that happens to be near 0 is not held to its
    own size, and the tail of many float32 sums is allowed for. NaN and inf never pass.
    """
    error = (out.double() - ref).abs()
    info = torch.finfo(out.dtype)
    size = ref.abs()
    scale = size.square().mean().sqrt().clamp_min(torch.finfo(torch.float64).tiny)
    worst = (yard.double() - ref).abs().max()
    allowed = K * (info.eps / 4 * size).clamp_min(worst)
    allowed = allowed + info.smallest_normal * info.eps + 1e-9 * scale
    return _verdict(error, allowed, size.clamp_min(scale), torch.isfinite(out))


RULES = {
    "rows": compare_rows,
    "elements": compare_elements,
    "logsumexp": lambda out, ref, yard: compare_logsumexp(out, ref),
}


def _finite_rows(out: torch.Tensor) -> torch.Tensor:
    return torch.isfinite(out).all(dim=-1)


def _verdict(error, allowed, size, finite) -> Comparison:
    """Find the row that is furthest over (or nearest to) its allowance."""
    excess = torch.where(finite, error / allowed, math.inf)
    bad = ~(excess <= 1)  # NaN counts as wrong
    flat = int(torch.nan_to_num(excess, nan=math.inf).argmax())
    index = _unravelled(flat, excess.shape)
    reason = "" if bool(finite.all()) else "NaN or inf"
    return Comparison(
        ok=not bool(bad.any()),
        worst=float(error[index] / size[index]) if bool(finite[index]) else math.nan,
        allowed=float(allowed[index] / size[index]),
        index=index,
        bad=bad,
        reason=reason,
    )


def _unravelled(flat: int, shape: torch.Size) -> tuple[int, ...]:
    """The index of the `flat`-th element (torch's own function takes a second to import)."""
    index = []
    for size in reversed(shape):
        flat, at = divmod(flat, size)
        index.append(at)
    return tuple(reversed(index))
