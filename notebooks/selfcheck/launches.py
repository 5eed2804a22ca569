"""What a wrapper launches, noted without a GPU: on tensors that claim to be on one."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch

from .memory import place

if TYPE_CHECKING:  # importing Triton settles whether it interprets
    from triton.compiler import ASTSource
    from triton.runtime.jit import JITFunction

HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Target:
    """A class of GPUs (75: compute capability 7.5) and the 16-bit dtype of its cases."""

    capability: int
    dtype: str

    @property
    def gpu(self) -> Any:
        from triton.backends.compiler import GPUTarget

        return GPUTarget("cuda", self.capability, 32)


class OnCard(torch.Tensor):
    """A tensor without memory that says it is on a CUDA device."""

    is_cuda = property(lambda self: True)


def stand_ins(case: Mapping[str, Any], target: Target) -> dict[str, torch.Tensor] | None:
    """A case's inputs as tensors without data. Those of 16 bits take the target's dtype, unless the
    case fixes one; None where the target lacks that one.
    """
    found: dict[str, torch.Tensor] = {}
    for name, given in case["inputs"].items():
        dtype = getattr(torch, given["dtype"])
        if dtype in HALF and "dtype" not in case["params"]:
            dtype = getattr(torch, target.dtype)
        if dtype == torch.bfloat16 and target.capability < 80:
            return None
        shape, stride = given["shape"], given.get("stride")
        if stride is None:
            x = torch.empty(shape, dtype=dtype, device="meta")
            x = place(x, given.get("layout") or "contiguous")[0]
        else:
            x = torch.empty_strided(shape, stride, dtype=dtype, device="meta")
        found[name] = torch.Tensor._make_subclass(OnCard, x)
    return found


@dataclass(frozen=True)
class Launch:
    """One launch of a kernel, as the wrapper asked for it."""

    kernel: JITFunction
    args: tuple
    kwargs: Mapping[str, Any]


def launches(
    entry: Any, task: Mapping[str, Any], values: Mapping[str, Any], capability: int
) -> list[Launch]:
    """Call the entry point on stand-ins, backward too if gradients are asked for, and note what it
    launches on a GPU of that capability.
    """
    from triton.runtime.jit import JITFunction

    found: list[Launch] = []

    def note(kernel: JITFunction, *args, grid, warmup, **kwargs) -> None:
        found.append(Launch(kernel, args, kwargs))

    card = types.SimpleNamespace(multi_processor_count=132, name="a card", total_memory=16 << 30)
    values, grads = dict(values), task["grads"]
    for name in grads:
        values[name] = values[name].detach().requires_grad_()
    function = getattr(entry, task["method"]) if task["method"] else entry
    with (
        mock.patch.object(JITFunction, "run", note),
        mock.patch.object(torch.cuda, "get_device_capability", lambda *_: divmod(capability, 10)),
        mock.patch.object(torch.cuda, "get_device_properties", lambda *_: card),
    ):
        result = function(
            *(values[n] for n in task["args"]), **{n: values[n] for n in task["kwargs"]}
        )
        if grads:
            output = result[0] if isinstance(result, tuple) else result
            torch.autograd.grad(output, [values[n] for n in grads], values["dO"])
    return found


@dataclass
class Variant:
    """A kernel with the types and constants that one launch gives it: what is compiled once.

    `types` holds, per argument, its type, or ("constexpr", value); `cases` the indices of the cases
    that launch it.
    """

    kernel: JITFunction
    types: dict[str, Any]
    target: Target
    cases: list[int]
    bound: tuple  # what Triton's binder made of the launch

    @property
    def name(self) -> str:
        return self.kernel.__name__

    @property
    def tile(self) -> dict[str, int]:
        """The whole numbers among the arguments that are declared constant: sizes of tiles."""
        declared = {self.kernel.arg_names[i] for i in self.kernel.constexprs}
        found = {n: t[1] for n, t in self.types.items() if n in declared and isinstance(t, tuple)}
        return {name: value for name, value in found.items() if type(value) is int}

    @cached_property
    def packed(self) -> tuple[ASTSource, Any]:
        """The compiler's source and options, as JITFunction.run makes them."""
        from triton.compiler import ASTSource, make_backend

        arguments, specialization, options, kwargs = self.bound
        options, signature, constexprs, attributes = self.kernel._pack_args(
            make_backend(self.target.gpu), kwargs, arguments, specialization, options
        )
        return ASTSource(self.kernel, signature, constexprs, attributes), options


def variant(launch: Launch, target: Target, binders: dict) -> Variant:
    """The variant that a launch asks for. `binders` keeps what is made once per kernel and chip."""
    from triton.compiler import make_backend
    from triton.runtime.jit import create_function_from_signature

    kernel, kwargs = launch.kernel, {"debug": False, **launch.kwargs}
    key = (id(kernel), target.capability)
    if key not in binders:
        backend = make_backend(target.gpu)
        binders[key] = create_function_from_signature(kernel.signature, kernel.params, backend)
    arguments, specialization, options = binders[key](*launch.args, **kwargs)
    types = {
        name: ("constexpr", value) if kind == "constexpr" else kind
        for (name, value), (kind, _) in zip(arguments.items(), specialization, strict=True)
    }
    return Variant(kernel, types, target, [], (arguments, specialization, options, kwargs))


def variants(
    entry: Any,
    task: Mapping[str, Any],
    cases: Iterable[Mapping],
    targets: Iterable[Target],
    exact: bool = False,
) -> list[Variant]:
    """Every variant that the cases launch on the targets, each once per chip. Divisibility of
    addresses and the like, and numbers of warps and stages, only count with `exact`: no error of
    the front end hangs on them.
    """
    found: dict[Any, Variant] = {}
    binders: dict = {}
    for target, (number, case) in itertools.product(targets, enumerate(cases)):
        inputs = stand_ins(case, target)
        if inputs is None:
            continue
        for launch in launches(entry, task, {**case["params"], **inputs}, target.capability):
            one = variant(launch, target, binders)
            key = (one.name, target.capability, repr(one.bound[1:3] if exact else one.types))
            kept = found.setdefault(key, one)
            if number not in kept.cases:
                kept.cases.append(number)
    return list(found.values())


def covering(some: list[Variant], names: frozenset[str]) -> list[Variant]:
    """A few of the variants, in which all that can trouble the compiler's front end occurs at least
    once: each type of each tensor and of each number among `names` (what the regions speak of),
    each flag, the smallest and the largest tile, each order of two tile sizes. The chip only counts
    by what the wrapper chooses for it: the front end makes the same of the same types for all.
    """
    sizes: dict[Any, set[int]] = {}
    for one in some:
        for name, size in one.tile.items():
            sizes.setdefault((one.name, name), set()).add(size)
    left = {id(one): _features(one, sizes, names) for one in some}
    missing, chosen = set().union(*left.values()) if some else set(), []
    while missing:
        best = max(some, key=lambda one: len(left[id(one)] & missing))
        missing -= left[id(best)]
        chosen.append(best)
    return chosen


def _features(one: Variant, sizes: Mapping[Any, set[int]], names: frozenset[str]) -> set:
    tile = one.tile
    found: set = {("launched",)}  # a kernel without arguments of note counts too
    for name, kind in one.types.items():
        number = kind in ("i32", "i64", ("constexpr", 1))  # Triton takes a 1 for a constant
        if name not in tile and (name in names or not number):
            found.add((name, repr(kind)))
    for name, size in tile.items():
        known = sizes[one.name, name]
        found |= {(name, end) for end in ("least", "most") if size == _end(known, end)}
    for a, b in itertools.combinations(tile, 2):
        found.add((a, b, (tile[a] > tile[b]) - (tile[a] < tile[b])))
    return {(one.name, *feature) for feature in found}


def _end(known: set[int], end: str) -> int:
    return min(known) if end == "least" else max(known)
