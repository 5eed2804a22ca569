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
) -> dict[str, torch.Tensor]:
    """Call `entry` (or its `method`) with the named values and name what it returns.

    Raises WrongReturn when the number or the types of the returned values are not as asked.
    """
    function = getattr(entry, method) if method else entry
    result = function(*(values[n] for n in args), **{n: values[n] for n in kwargs})
    returned = result if isinstance(result, tuple) else (result,)
    wanted = ", ".join(outputs)
    if len(returned) != len(outputs):
        raise WrongReturn(
            f"returned {len(returned)} values, expected {len(outputs)}: ({wanted})"
            if isinstance(result, tuple)
            else f"returned one {type(result).__name__}, expected {len(outputs)} values: ({wanted})"
        )
    for name, value in zip(outputs, returned, strict=True):
        if not isinstance(value, torch.Tensor):
            raise WrongReturn(f"{name} is a {type(value).__name__}, expected a torch.Tensor")
    return {name: value.detach() for name, value in zip(outputs, returned, strict=True)}


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
