"""Where the wrong rows of an output are, in words."""

from __future__ import annotations

import torch

from .compare import Comparison

TILES = (16, 32, 64, 128, 256)


def describe_place(found: Comparison, axes: tuple[str, ...]) -> str:
    """ "batch 0, head 3, query row 129"."""
    return ", ".join(f"{axis} {i}" for axis, i in zip(axes, found.index, strict=False))


def describe_pattern(bad: torch.Tensor, axes: tuple[str, ...]) -> str:
    """Say which rows are wrong when there is a pattern to it, else how many, or "".

    `bad` marks wrong rows and has one dimension per axis.
    """
    if bool(bad.all()):
        return "Every row is wrong."
    facts = [
        fact
        for dim, axis in enumerate(axes[: bad.dim()])
        if (fact := _along(bad, dim, axis)) is not None
    ]
    return " ".join(facts)


def _along(bad: torch.Tensor, dim: int, axis: str) -> str | None:
    """What the wrong rows have in common along one dimension."""
    others = [d for d in range(bad.dim()) if d != dim]
    hit = bad.any(dim=others) if others else bad
    count, n = int(hit.sum()), hit.numel()
    if n == 1 or count == n or count == 0:
        return None
    where = torch.nonzero(hit).flatten().tolist()
    first, last = where[0], where[-1]
    if count == last - first + 1:
        if first == last:
            return f"Wrong only at {axis} {first}."
        if last == n - 1:
            tile = next((t for t in reversed(TILES) if first % t == 0 and first), None)
            edge = f" ({first} is a multiple of {tile}: a tile's edge?)" if tile else ""
            return f"Wrong from {axis} {first} on{edge}."
        return f"Wrong: {axis} {first} to {last}."
    return None


def explain(out: torch.Tensor, found: Comparison, axes: tuple[str, ...]) -> str:
    """A sentence or two on a wrong output: which rows, and whether they hold numbers."""
    if not bool(torch.isfinite(out).any()):
        return (
            "The whole output is NaN or inf. Either nothing was written to it, or a value read "
            "from outside the tensors (or an overflow) got into every row."
        )
    lines = [describe_pattern(found.bad, axes)]
    if found.reason:
        lines.append(
            "There is NaN or inf in it: something was never written, or read beyond a tensor's "
            "end, or a whole row was hidden, or a value overflowed."
        )
    return " ".join(line for line in lines if line)
