"""What is kept of timed outputs: sums under random signs, some whole, and no answer in memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Tensors = dict[str, torch.Tensor]


def random_signs(group: int, seed: int, device: str) -> torch.Tensor:
    """The signs of a sketch: (group, 2), 1.0 or -1.0, the same wherever the seed is the same."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randint(2, (group, 2), generator=generator) * 2.0 - 1.0).to(device)


def sketch(x: torch.Tensor, signs: torch.Tensor) -> torch.Tensor:
    """Two float32 for each group of neighbouring elements, (groups, 2): their sums under random
    signs, which nobody knew beforehand. What is wrong moves them by about its own size; NaN stays.
    """
    flat = x.reshape(-1).float()
    flat = torch.nn.functional.pad(flat, (0, -flat.numel() % len(signs)))
    return flat.view(-1, len(signs)) @ signs


def poison(x: torch.Tensor) -> None:
    """Overwrite an output, so that its memory holds no answer when it is used again."""
    with torch.no_grad():
        x.fill_(float("nan") if x.is_floating_point() else -1)


def to_host(tensors: Tensors) -> Tensors:
    return {name: x.cpu() for name, x in tensors.items()}


def stacked(rows: Sequence[Tensors]) -> Tensors:
    """The tensors of all rows, name by name, along a new first axis."""
    return {name: torch.stack([row[name] for row in rows]) for name in (rows[0] if rows else {})}
