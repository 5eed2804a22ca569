"""Runs inside the sandbox: watches one call, to see where its answer comes from.

What is seen here can only count against the submission: see grading/audit.py.
It is sent to the kernel as source, together with worker.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch.utils import flop_counter
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.sandbox.unseen import EXITS, in_kernel, launching, shared_elements, tensors

try:  # before any student code, so that no file of the student's is taken for Triton
    from triton.compiler import CompiledKernel
    from triton.runtime.interpreter import GridExecutor
    from triton.runtime.jit import JITFunction

    LAUNCHERS = ((JITFunction, "run"), (GridExecutor, "__call__"))
    PREPARED = (CompiledKernel,)  # what a warm-up returns; kernel[grid] gives a launcher
except ImportError:
    LAUNCHERS = PREPARED = ()

# Operations that put elements somewhere else, or make them, and compute nothing.
MOVES = """
_pin_memory _reshape_alias _to_copy _unsafe_view arange cat clone constant_pad_nd copy copy_ detach
empty empty_like empty_strided fill fill_ flip full full_like gather index index_put_ index_select
lift_fresh masked_fill masked_fill_ new_empty new_empty_strided new_full new_ones new_zeros ones
ones_like repeat resize_ roll scalar_tensor select_scatter set_ slice_scatter stack where zero_
zeros zeros_like
"""

_on: list[Watch] = []  # the watch that is on, if any


class Watch:
    """Counts what PyTorch does meanwhile, in elements.

    `work`: handled by operations that compute; `largest`: in the largest tensor made; `taken`: read
    out of PyTorch, or moved to or from memory that others may use too; `ready_made`: the name of an
    operation that is a whole attention.
    """

    def __init__(self) -> None:
        self.seen = {"work": 0, "largest": 0, "taken": 0, "ready_made": ""}

    def note(self, operation, args: tuple, kwargs: dict, result: object) -> None:
        """Count one operation."""
        name = operation.overloadpacket.__name__
        if "attention" in name or "transformer" in name:
            self.seen["ready_made"] = name
        if name == "_local_scalar_dense":  # item(), float(x)
            self.seen["taken"] += 1
        if operation.is_view:
            return
        made = _elements(result)
        self.seen["largest"] = max(self.seen["largest"], made)
        if name not in MOVES.split():
            self.seen["work"] += max(made, _elements((args, kwargs)), _products(operation, args))
        if not in_kernel():
            self.seen["taken"] += shared_elements((args, kwargs, result))

    def count_exit(self, take: Callable) -> Callable:
        """`take`, a method of tensors, with its elements counted unless a kernel is running."""

        def counted(tensor, *args, **kwargs):
            self.seen["taken"] += 0 if in_kernel() else tensor.numel()
            return take(tensor, *args, **kwargs)

        return counted

    def mark_kernel(self, launch: Callable) -> Callable:
        """`launch` of a kernel: the interpreter reads tensors in its own ways."""

        def marked(*args, **kwargs):
            if not in_kernel():
                self.seen["taken"] += shared_elements((args, kwargs))
            with launching():
                return launch(*args, **kwargs)

        return marked


class Counted(TorchDispatchMode):
    """Tells the watch that is on of every operation of the thread that it was entered in."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True would import PyTorch's compiler at the first operation: 1.6 s

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = operation(*args, **kwargs)
        for watch in _on:
            watch.note(operation, args, kwargs, result)
        return result


def nothing(*args, **kwargs) -> None:
    """A launch that does not launch."""


@contextmanager
def watching(task: dict) -> Iterator[dict]:
    """Do as the task says: `watch` counts, `no_launch` lets no kernel run. Yields the counts."""
    with ExitStack() as stack:
        if task.get("no_launch"):
            for owner, name in LAUNCHERS:
                stack.enter_context(_replaced(owner, name, nothing))
            for owner in PREPARED:
                stack.enter_context(_replaced(owner, "__getitem__", lambda self, grid: nothing))
        if not task.get("watch"):
            yield {}
            return
        watch = Watch()
        for owner, name in LAUNCHERS:
            launch = watch.mark_kernel(getattr(owner, name))
            stack.enter_context(_replaced(owner, name, launch))
        for name in EXITS:
            take = watch.count_exit(getattr(torch.Tensor, name))
            stack.enter_context(_replaced(torch.Tensor, name, take))
        _on.append(watch)
        stack.callback(_on.remove, watch)
        stack.enter_context(Counted())
        yield watch.seen


@contextmanager
def _replaced(owner: type, name: str, value: object) -> Iterator[None]:
    """Give a class another method for a while."""
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before) if own else delattr(owner, name)


def _elements(values: object) -> int:
    """The number of elements of the largest tensor among these values."""
    return max((x.numel() for x in tensors(values)), default=0)


def _products(operation, args: tuple) -> int:
    """What a product of matrices costs, in multiplications: rows × columns × inner length."""
    factors = [x for x in args if isinstance(x, torch.Tensor) and x.dim() >= 2][-2:]
    if operation.overloadpacket not in flop_counter.flop_registry or len(factors) < 2:
        return 0
    return factors[0].numel() * factors[1].shape[-1]
