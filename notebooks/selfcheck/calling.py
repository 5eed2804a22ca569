"""Calling a student's function and naming what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch


class WrongReturn(Exception):
    """The entry point returned something that is not the tensors the problem asks for."""


def invoke(
    entry: Any,
    method: str,
    args: Sequence[str],
    kwargs: Sequence[str],
    outputs: Sequence[str],
    values: Mapping[str, Any],
    grads: Sequence[str] = (),
) -> dict[str, torch.Tensor]:
    """Call `entry` (or its `method`) with the named values and name what it returns.

    `outputs` names everything asked for, gradients last: the gradient of input `q` is `dq`, taken
    of the first output with the value `dO` as upstream gradient.
    Raises WrongReturn when the number or the types of the returned values are not as asked.
    """
    values = dict(values)
    for name in grads:
        values[name] = values[name].detach().requires_grad_()
    function = getattr(entry, method) if method else entry
    result = function(*(values[n] for n in args), **{n: values[n] for n in kwargs})
    returned = result if isinstance(result, tuple) else (result,)
    names = list(outputs[: len(outputs) - len(grads)])
    _check_returned(result, returned, names)
    if grads:
        if not returned[0].requires_grad:
            raise WrongReturn(f"{names[0]} is not differentiable: it has no grad_fn")
        leaves = [values[name] for name in grads]
        returned += torch.autograd.grad(returned[0], leaves, values["dO"])
    return {name: x.detach() for name, x in zip(outputs, returned, strict=True)}


def _check_returned(result: Any, returned: tuple, names: Sequence[str]) -> None:
    """Raise WrongReturn unless there is one tensor for each name."""
    wanted = ", ".join(names)
    if len(returned) != len(names):
        raise WrongReturn(
            f"returned {len(returned)} values, expected {len(names)}: ({wanted})"
            if isinstance(result, tuple)
            else f"returned one {type(result).__name__}, expected {len(names)} values: ({wanted})"
        )
    for name, value in zip(names, returned, strict=True):
        if type(value) is not torch.Tensor:  # a subclass may answer as it pleases
            kind = type(value).__name__
            raise WrongReturn(f"{name} is a {kind}, expected a plain torch.Tensor")
        if value.layout != torch.strided or value.is_meta:
            raise WrongReturn(f"{name} does not hold its elements one by one in memory")
