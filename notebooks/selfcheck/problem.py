"""A problem is data plus small functions; this is the form they all share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from .packed import sources

Tensors = dict[str, torch.Tensor]
Params = Mapping[str, Any]
Numbers = dict[str, Any]  # some columns of a case table, by name


@dataclass(frozen=True)
class Case:
    """One check: a name that states a fact, and the parameters of its inputs.

    `params["dtype"]` ("float16", …) fixes the precision; without it the device policy decides.
    """

    name: str
    params: Params
    seed: int = 0


def make_case(
    name: str,
    /,
    *,
    seed: int = 0,
    shorthand: Mapping[str, str] | None = None,
    **numbers: Any,
) -> Case:
    """A case by its numbers' names. A table says once what is usual, each case only what is not:

    case = partial(make_case, seed=44, H=1, N=256, D=16)
    case("N is no multiple of the tile", N=193)
    """
    return Case(name, spelled_out(numbers, shorthand), seed)


def spelled_out(numbers: Params, shorthand: Mapping[str, str] | None) -> dict[str, Any]:
    """The numbers under their full names: with the shorthand {"N": "Nq Nk"}, N=64 sets both."""
    full: dict[str, Any] = {}
    for name, number in numbers.items():
        full |= dict.fromkeys((shorthand or {}).get(name, name).split(), number)
    return full


@dataclass(frozen=True)
class Output:
    """One returned tensor and the rule that judges it (see compare.py)."""

    name: str
    rule: str = "rows"
    dtype: torch.dtype | None = None  # None: the dtype of the inputs


@dataclass(frozen=True)
class Call:
    """How the entry point is called, as plain data.

    `args` and `kwargs` name input tensors or parameters; `method` is called on the entry point if
    given (`apply` for an autograd Function). `grads` names the inputs whose gradients are asked for
    too: the first output is differentiated with the input `dO` as upstream gradient, and the
    gradient of `q` is the output `dq`.
    """

    args: tuple[str, ...]
    outputs: tuple[Output, ...]
    kwargs: tuple[str, ...] = ()
    method: str = ""
    grads: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of all outputs, gradients included."""
        return [output.name for output in self.outputs]


@dataclass(frozen=True)
class Timing:
    """What is timed on a GPU: one set of parameters, how often, and against which baselines."""

    params: Params
    seed: int
    baselines: Mapping[str, Callable[[Tensors, Params], Callable[[], Any]]]
    warmup: int = 5
    calls: int = 20


def no_limit(params: Params) -> None:
    """A tensor may have any number of elements."""


@dataclass(frozen=True)
class Problem:
    """The public side of a problem.

    `make_inputs(params, dtype, generator)` draws the inputs on the generator's device.
    `reference(inputs, params)` answers in float64.
    `yardstick(inputs, params, tf32)` answers as a correct kernel of the inputs' precision would.
    `witnesses` say how it is diagnosed (witness.py), `look` how it is looked into (look.py).
    `axes` names the dimensions before the last one, for messages.
    `graded_on` says what the graded cases vary, for students.
    `largest(params)`: the most elements that a tensor may have which PyTorch makes during a call;
    None where that is not looked at.
    `assignment` is the folder of its module; `find_problem` fills it in.
    """

    id: str
    title: str
    entry: str
    call: Call
    uses_triton: bool
    make_inputs: Callable[[Params, torch.dtype, torch.Generator], Tensors]
    reference: Callable[[Tensors, Params], Tensors]
    yardstick: Callable[[Tensors, Params, bool], Tensors]
    cases: tuple[Case, ...]
    small_cases: tuple[Case, ...]
    timing: Timing | None = None
    axes: tuple[str, ...] = ("batch", "head", "query row")
    graded_on: str = "other sizes and values"
    largest: Callable[[Params], int | None] = no_limit
    assignment: str = ""
    witnesses: Any = None
    look: Any = None

    @property
    def name(self) -> str:
        """What names it in a course of several assignments, as `find_problem` takes it."""
        return f"{self.assignment}/{self.id}"

    def task(self, params: Params, inputs: Tensors, device: str) -> dict[str, Any]:
        """How the entry point is called in one case, as plain data: not what the case is called,
        nor how its inputs were made.
        """
        call = self.call
        return {
            "entry": self.entry,
            "method": call.method,
            "args": call.args,
            "kwargs": call.kwargs,
            "outputs": call.names,
            "grads": call.grads,
            "params": {n: params[n] for n in (*call.args, *call.kwargs) if n in params},
            "layout": params.get("layout", "contiguous"),
            "device": device,
        }


def find_problem(name: str) -> Problem:
    """The problem of that name, "warmup/w1", out of the module `problems/warmup/w1.py`.

    "w1" alone will do where only one assignment has it, or where the current folder is called like
    the assignment, as in `solutions/`. Raises ValueError where it is not plain which one is meant.
    """
    wanted, here = f"/{name}.py", f"problems/{Path.cwd().name}/{name}.py"
    found = [path for path in sources() if path.startswith("problems/") and path.endswith(wanted)]
    if len(found) > 1 and here in found:
        found = [here]
    if len(found) != 1:
        several = f", but {', '.join(path[9:-3] for path in found)}" if found else ""
        raise ValueError(f"This notebook's self-check knows no problem {name!r}{several}.")
    _, assignment, module = found[0][:-3].split("/")
    problem = import_module(f"{__package__}.problems.{assignment}.{module}").PROBLEM
    return replace(problem, assignment=assignment)


def case_dtype(params: Params, default: torch.dtype) -> torch.dtype:
    """The dtype a case asks for, else the default."""
    return getattr(torch, params["dtype"]) if "dtype" in params else default
