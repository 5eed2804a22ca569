"""Triton's interpreter, watched: every load and store is held against the tensors of its launch.

The interpreter reads and writes raw addresses. A lane outside the launch's tensors would read what
happens to lie there, or corrupt the process; here it raises StrayAccess before it does. So does a
lane that touches what another program of the launch has written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .extents import Extent, describe, extents
from .places import PROGRAMS, Spot, spot
from .quicker import quicker
from .races import STORED, UPDATED, Writers, race
from .replaced import replaced
from .triton_rules import triton_rules


class StrayAccess(Exception):
    """A kernel reads or writes outside the tensors of its launch, or what another program stores;
    `spot` is where, if known.
    """

    def __init__(self, message: str, where: Spot | None):
        super().__init__(message)
        self.spot = where


@contextmanager
def watched() -> Iterator[None]:
    """Check every access of interpreted kernels meanwhile; of compiled ones, only that no address
    becomes a number.

    Raises RuntimeError where this version of Triton cannot be watched.
    """
    interpreter = sys.modules.get("triton.runtime.interpreter")
    if interpreter is None:  # compiled kernels, or no Triton at all
        with triton_rules():
            yield
        return
    _require(interpreter)
    watch = Watch(interpreter._interpreter, interpreter.np, interpreter.interpreter_builder)
    executor = interpreter.GridExecutor
    watching = [
        (interpreter, "_interpreter", watch),
        (interpreter, "_patch_lang", watch.patched_once(interpreter._patch_lang)),
        (executor, "_init_args_hst", watch.learning(executor._init_args_hst)),
        (executor, "__call__", watch.launching(executor.__call__)),
    ]
    with triton_rules(), replaced([*quicker(interpreter), *watching]):
        yield


def _require(interpreter) -> None:
    """Raise RuntimeError unless the interpreter goes through what is watched here."""
    builder = interpreter.InterpreterBuilder
    ways = {
        "load": "create_masked_load",
        "store": "create_masked_store",
        "atomic_rmw": "create_atomic_rmw",
        "atomic_cas": "create_atomic_cas",
    }
    for name, method in ways.items():
        code = getattr(getattr(builder, method, None), "__code__", None)
        if code is None or not {"_interpreter", name} <= set(code.co_names):
            raise RuntimeError(f"Triton's interpreter has changed: {method} cannot be watched.")
    for owner, name in (
        (interpreter, "_patch_lang"),
        (interpreter.GridExecutor, "_init_args_hst"),
    ):
        if not callable(getattr(owner, name, None)):
            raise RuntimeError(f"Triton's interpreter has changed: it has no {name}.")


class Watch:
    """Stands where the interpreter's access to memory stood, and looks at each address first."""

    def __init__(self, real: Any, numpy: Any, builder: Any):
        self._real, self._numpy, self._builder = real, numpy, builder
        self._extents: list[Extent] = []
        self._patched: set[int] = set()
        self._writers = Writers(numpy)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def load(self, pointers, mask, other, dtype):
        for extent, some in self._check("loads", pointers, mask, dtype.itemsize):
            self._alone("loads", extent, some, UPDATED)
            self._alone("loads", extent, some, STORED, even_before=False)
        return self._real.load(pointers, mask, other, dtype)

    def store(self, pointers, value, mask):
        for extent, some in self._check("stores", pointers, mask, value.itemsize):
            self._alone("stores", extent, some, UPDATED)
            self._store_alike(extent, some, pointers, value, mask)
            self._note(extent, some, STORED, value.itemsize)
        return self._real.store(pointers, value, mask)

    def _store_alike(self, extent: Extent, some, pointers, value, mask) -> None:
        """Raise StrayAccess if another program has stored another value at one of `some`."""
        others = self._by_others(extent, some, STORED)
        if not others.size:
            return
        mine = self._numpy.isin(pointers, others) & self._numpy.asarray(mask, dtype=bool)
        there = self._real.load(pointers, mine, self._numpy.zeros_like(value), value.dtype)
        if there[mine].tobytes() != value[mine].tobytes():
            raise _stopped(race("stores", others, extent, STORED))

    def atomic_rmw(self, operation, pointers, value, mask, semantic):
        self._update(pointers, mask, value.itemsize)
        return self._real.atomic_rmw(operation, pointers, value, mask, semantic)

    def atomic_cas(self, pointers, compared, value, semantic):
        self._update(pointers, None, value.itemsize)
        return self._real.atomic_cas(pointers, compared, value, semantic)

    def _update(self, pointers, mask, size: int) -> None:
        for extent, some in self._check("updates", pointers, mask, size):
            self._alone("updates", extent, some, STORED)
            self._note(extent, some, UPDATED, size)

    def _alone(self, verb: str, extent: Extent, some, done: str, **when: bool) -> None:
        """Raise StrayAccess if another program has "stored" or "updated" one of `some`."""
        others = self._by_others(extent, some, done, **when)
        if others.size:
            raise _stopped(race(verb, others, extent, done))

    def _by_others(self, extent: Extent, some, done: str, **when: bool):
        return self._writers.by_others(extent, some, done, self._builder.grid_idx, **when)

    def _note(self, extent: Extent, some, done: str, size: int) -> None:
        self._writers.note(extent, some, done, size, self._builder.grid_idx)

    def _check(self, verb: str, pointers, mask, size: int) -> list[tuple[Extent, Any]]:
        """The addresses of the lanes that count, by the tensors in which they lie. Raises
        StrayAccess for one that lies in no tensor of the launch.
        """
        if mask is not None:
            mask = self._numpy.asarray(mask, dtype=bool)  # it may be of integers, or a memoryview
            pointers = pointers if mask.all() else pointers[mask]
        if not pointers.size:
            return []
        low, high = int(pointers.min()), int(pointers.max()) + size
        for extent in self._extents:
            inside = extent.low <= low and high <= extent.high
            if inside and (extent.members is None or extent.holds(pointers, size).all()):
                return [(extent, pointers)]
        stray = self._outside(pointers, size)
        if stray.size:
            raise _stopped(f"{verb} {describe(pointers, stray, size, self._extents)}")
        held = [(extent, extent.holds(pointers, size)) for extent in self._extents]
        return [(extent, pointers[its]) for extent, its in held if its.any()]

    def _outside(self, pointers, size: int):
        """The addresses that no tensor of the launch holds."""
        for extent in self._extents:
            pointers = pointers[~extent.holds(pointers, size)]
        return pointers.ravel()

    def launching(self, launch: Callable) -> Callable:
        """`launch`, after which the tensors are forgotten."""

        def launched(executor, *args, **kwargs):
            self._patched.clear()
            try:
                return launch(executor, *args, **kwargs)
            finally:
                self._extents = []
                self._patched.clear()
                self._writers.clear()

        return launched

    def learning(self, to_host: Callable) -> Callable:
        """`to_host`, which knows the tensors as the kernel will see them; they are noted."""

        def learned(executor, args, kwargs):
            hosts, named = to_host(executor, args, kwargs)
            pairs = [*zip(executor.arg_names, hosts, strict=False), *named.items()]
            self._extents = [e for name, value in pairs for e in extents(name, value)]
            return hosts, named

        return learned

    def patched_once(self, patch: Callable) -> Callable:
        """`patch`, which readies the language for a function, once a launch for each module.

        The interpreter calls it for every call of a helper, `tl.max` and the like included: a
        quarter of its time.
        """

        def patched(function):
            space = id(function.__globals__)
            if space in self._patched:
                return None
            self._patched.add(space)
            return patch(function)

        return patched


def _stopped(what: str) -> StrayAccess:
    """The error for what the kernel that is running was about to do."""
    place = _spot()
    return StrayAccess(f"{place.words if place else 'The kernel'} {what}.", place)


def _spot() -> Spot | None:
    """The spot of the kernel that is running, by the Python stack."""
    frame: FrameType | None = sys._getframe(1)
    lines, program = [], None
    while frame is not None:
        found = PROGRAMS.get(frame.f_code.co_filename)
        if found is not None:
            program = found
            lines.append(frame.f_lineno)
        frame = frame.f_back
    return spot(program, lines[::-1]) if program else None
