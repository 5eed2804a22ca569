"""Calling a student's function and telling what came back or went wrong."""

from __future__ import annotations

import re
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


def missing_region(error: BaseException) -> str:
    """The region id ("p3.1") when the error comes from an unfilled stub, else "".

    Triton wraps the stub's message in errors of its own, so the whole chain is searched.
    """
    seen: BaseException | None = error
    while seen is not None:
        found = re.search(r"\b(p\d+\.\d+): not implemented yet", str(seen))
        if found:
            return found.group(1)
        seen = seen.__cause__ or seen.__context__
    return ""


def short_error(error: BaseException, limit: int = 400) -> str:
    """The error in a line or two: its type, its message, and the student's line it came from."""
    inner = error
    while type(inner).__name__ == "InterpreterError" and inner.__cause__ is not None:
        inner = inner.__cause__
    text = " ".join(str(inner).split()) or "no message"
    place = ""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame.f_code
        if "ipykernel" in frame.co_filename or frame.co_filename.startswith("<ipython"):
            place = f" (in {frame.co_name}, line {trace.tb_lineno} of its cell)"
        trace = trace.tb_next
    return f"{type(inner).__name__}: {text[:limit]}{place}"
