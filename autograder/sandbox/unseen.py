"""Runs inside the sandbox: keeps in sight what could be computed beside PyTorch's main thread.

PyTorch tells a mode of the operations of one thread only, and of nothing that numpy does with a
tensor's memory. So every thread is started with a mode of its own, and memory that others may use
as well is remembered, from before any student code.
It is sent to the kernel as source, together with watch.py.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from functools import wraps

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode, _push_mode
from torch.utils._pytree import tree_leaves

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

_shared: dict[int, StorageWeakRef] = {}
_storage = torch.Tensor.untyped_storage


def share(x: torch.Tensor) -> None:
    """Remember that the memory of `x` may be read and written beside PyTorch."""
    try:
        memory = _storage(x)
    except (NotImplementedError, RuntimeError):
        return  # it has none, as a sparse tensor
    if len(_shared) > MANY:
        for key in [key for key, kept in _shared.items() if kept.expired()]:
            del _shared[key]
    _shared[memory._cdata] = StorageWeakRef(memory)


def shared_elements(values: object) -> int:
    """The elements of the largest tensor among `values` whose memory others may use."""
    return max((x.numel() for x in tensors(values) if _is_shared(x)), default=0)


def _is_shared(x: torch.Tensor) -> bool:
    try:
        memory = _storage(x)
    except (NotImplementedError, RuntimeError):
        return False
    if memory._cdata in _shared:
        return True
    # Memory that is not PyTorch's own (numpy's, a file's) cannot be resized by it.
    return x.device.type == "cpu" and (memory.is_shared() or not memory.resizable())


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
    for thread in threading.enumerate():  # IPython's own: they run what they are given
        if loop := getattr(thread, "io_loop", None):
            loop.add_callback(lambda: _push_mode(mode()))


def _remembering(take: Callable) -> Callable:
    """`take`, a method of tensors, which hands out their memory."""

    @wraps(take)
    def remembered(tensor, *args, **kwargs):
        share(tensor)
        return take(tensor, *args, **kwargs)

    return remembered


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
