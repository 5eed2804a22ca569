"""Runs inside the sandbox: keeps in sight what could be computed beside PyTorch's main thread.

PyTorch tells a mode of the operations of one thread only, and of nothing that numpy does with a
tensor's memory. So every thread is started with a mode of its own, and memory that others may use
as well is remembered, from before any student code.
It is sent to the kernel as source, together with watch.py.
"""

from __future__ import annotations

import _thread
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode, _push_mode
from torch.utils._pytree import tree_leaves

try:  # before any student code, so that no file of the student's is taken for Triton
    from triton.runtime.interpreter import GridExecutor
except ImportError:
    GridExecutor = None

# Ways for elements to leave PyTorch: with the memory they are in, and as copies.
SHARING = ("numpy", "storage", "untyped_storage", "__array__", "__dlpack__")
EXITS = (*SHARING, "tolist")
STARTERS = (
    (_thread, "start_new_thread"),
    (_thread, "start_new"),
    (_thread, "start_joinable_thread"),
    (threading, "_start_new_thread"),
    (threading, "_start_joinable_thread"),
)
MANY = 1000  # remembered memory, before what is gone is forgotten


class Out:
    """Memory that PyTorch handed out: whether it is PyTorch's own, and who may still have it."""

    def __init__(self, memory: StorageWeakRef | None, own: bool) -> None:
        self.memory, self.own = memory, own
        self.takers: list[Callable] = []  # called, each gives the taker, or None once it is gone


_out: dict[int, Out] = {}
_storage = torch.Tensor.untyped_storage
_running = threading.local()


@contextmanager
def launching() -> Iterator[None]:
    """A kernel runs in this thread: the interpreter reads tensors in ways of its own."""
    before, _running.kernel = in_kernel(), True
    try:
        yield
    finally:
        _running.kernel = before


def in_kernel() -> bool:
    """Whether this thread is inside a kernel's launch."""
    return getattr(_running, "kernel", False)


def _memory(x: torch.Tensor) -> torch.UntypedStorage | None:
    """Where the elements of `x` are; None for tensors that are stored in other ways."""
    try:
        return _storage(x)
    except (NotImplementedError, RuntimeError):
        return None


def _remember(memory: torch.UntypedStorage, own: bool, taker: object) -> None:
    """Remember that `taker`, an array or the like, may read and write this memory."""
    if len(_out) > MANY:
        for key in [key for key, out in _out.items() if out.memory.expired()]:
            del _out[key]
    out = _out.setdefault(memory._cdata, Out(StorageWeakRef(memory), own))
    if not in_kernel():
        try:
            out.takers.append(weakref.ref(taker))
        except TypeError:
            out.takers.append(lambda: taker)  # nobody can tell when it is gone


def shared_elements(values: object) -> int:
    """The elements of the largest tensor among `values` whose memory others may use."""
    return max((x.numel() for x in tensors(values) if _is_shared(x)), default=0)


def _is_shared(x: torch.Tensor) -> bool:
    memory = _memory(x)
    if memory is None:
        return False
    out = _out.get(memory._cdata, Out(None, own=False))
    if any(taker() is not None for taker in out.takers):
        return True
    if x.device.type != "cpu":
        return False
    # Memory that is not PyTorch's own (numpy's, a file's) cannot be resized by it.
    return memory.is_shared() or not (out.own or memory.resizable())


def tensors(values: object) -> list[torch.Tensor]:
    """All tensors in lists, tuples and dictionaries."""
    return [x for x in tree_leaves(values) if isinstance(x, torch.Tensor)]


def keep_in_sight(mode: type[TorchDispatchMode]) -> None:
    """From now on, remember memory that leaves PyTorch, and run all threads under a `mode()`."""
    for name in SHARING:
        setattr(torch.Tensor, name, _remembering(getattr(torch.Tensor, name)))
    for module, name in STARTERS:
        if hasattr(module, name):
            setattr(module, name, _starting(getattr(module, name), mode))
    if GridExecutor is not None:
        GridExecutor.__call__ = _launched(GridExecutor.__call__)
    for thread in threading.enumerate():  # IPython's own: they run what they are given
        if loop := getattr(thread, "io_loop", None):
            loop.add_callback(lambda: _push_mode(mode()))


def _remembering(take: Callable) -> Callable:
    """`take`, a method of tensors, which hands out their memory."""

    @wraps(take)
    def remembered(tensor, *args, **kwargs):
        memory = _memory(tensor)
        own = memory is not None and memory.resizable()  # numpy() ends that for good
        taken = take(tensor, *args, **kwargs)
        if memory is not None:
            _remember(memory, own, taken)
        return taken

    return remembered


def _launched(launch: Callable) -> Callable:
    """`launch`, so that `in_kernel` is true meanwhile."""

    @wraps(launch)
    def launched(*args, **kwargs):
        with launching():
            return launch(*args, **kwargs)

    return launched


def _starting(start: Callable, mode: type[TorchDispatchMode]) -> Callable:
    """`start`, which begins a thread, so that the thread runs under a mode of its own."""

    def under_a_mode(function: Callable) -> Callable:
        def run(*args, **kwargs):
            _push_mode(mode())  # to the end of the thread
            return function(*args, **kwargs)

        return run

    @wraps(start)
    def started(function, *args, **kwargs):
        return start(under_a_mode(function), *args, **kwargs)

    return started
