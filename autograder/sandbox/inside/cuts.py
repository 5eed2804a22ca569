"""A timed call's inputs, cut out of a larger memory: by one rule on both sides of the wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

Starts = Mapping[str, int]  # for each input, the element of its memory at which it begins


def cut(
    memory: Mapping[str, torch.Tensor], shapes: Mapping[str, Sequence[int]], starts: Starts
) -> dict[str, torch.Tensor]:
    """The inputs of these shapes that begin there, as views of their memory."""
    found = {}
    for name, at in starts.items():
        size = torch.Size(shapes[name])
        found[name] = memory[name][at : at + size.numel()].view(size)
    return found
