"""Triton's interpreter, watched: every load and store is held against the tensors of its launch.

The interpreter reads and writes raw addresses. A lane outside the launch's tensors would read what
happens to lie there, or corrupt the process; here it raises StrayAccess before it does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from .places import PROGRAMS, Spot, spot

NEAR = 1 << 20  # bytes; farther from every tensor, an address belongs to none


class StrayAccess(Exception):
    """A kernel reads or writes outside the tensors of its launch; `spot` is where, if known."""

    def __init__(self, message: str, where: Spot | None):
        super().__init__(message)
        self.spot = where


@dataclass(frozen=True, eq=False)
class Extent:
    """The bytes of one tensor argument: addresses from `low` up to `high`.

    `members` marks, for a view with gaps, which elements from `low` on are its own.
    """

    name: str
    shape: tuple[int, ...]
    low: int
    high: int
    element: int  # bytes
    row: int  # bytes from one row to the next; 0: it has no rows
    members: Any  # numpy, bool; None: all

    def holds(self, addresses, size: int):
        """Which of the addresses, of `size` bytes each, lie wholly in this tensor."""
        first = addresses - addresses.dtype.type(self.low)  # unsigned: below `low` is far above
        last = first + addresses.dtype.type(size - 1)
        held = (first <= last) & (last < self.high - self.low)
        if self.members is not None:
            for end in (first, last):
                held[held] = self.members[end[held] // self.element]
        return held


@contextmanager
def watched() -> Iterator[None]:
    """Check every access of interpreted kernels meanwhile; nothing to do where none are.

    Raises RuntimeError where this version of Triton cannot be watched.
    """
    interpreter = sys.modules.get("triton.runtime.interpreter")
    if interpreter is None:  # compiled kernels, or no Triton at all
        yield
        return
    _require(interpreter)
    watch = Watch(interpreter._interpreter)
    executor = interpreter.GridExecutor
    with ExitStack() as stack:
        for owner, name, value in (
            (interpreter, "_interpreter", watch),
            (interpreter, "_patch_lang", watch.patched_once(interpreter._patch_lang)),
            (executor, "_init_args_hst", watch.learning(executor._init_args_hst)),
            (executor, "__call__", watch.launching(executor.__call__)),
        ):
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
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

    def __init__(self, real: Any):
        self._real = real
        self._extents: list[Extent] = []
        self._patched: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def load(self, pointers, mask, other, dtype):
        self._check("loads", pointers, mask, dtype.itemsize)
        return self._real.load(pointers, mask, other, dtype)

    def store(self, pointers, value, mask):
        self._check("stores", pointers, mask, value.itemsize)
        return self._real.store(pointers, value, mask)

    def atomic_rmw(self, operation, pointers, value, mask, semantic):
        self._check("updates", pointers, mask, value.itemsize)
        return self._real.atomic_rmw(operation, pointers, value, mask, semantic)

    def atomic_cas(self, pointers, compared, value, semantic):
        self._check("updates", pointers, None, value.itemsize)
        return self._real.atomic_cas(pointers, compared, value, semantic)

    def _check(self, verb: str, pointers, mask, size: int) -> None:
        """Raise StrayAccess unless every lane that counts lies in a tensor of the launch."""
        if mask is not None and not mask.all():
            pointers = pointers[mask.astype(bool)]  # the interpreter's masks may be integers
        if not pointers.size:
            return
        low, high = int(pointers.min()), int(pointers.max()) + size
        for extent in self._extents:
            if extent.low <= low and high <= extent.high:
                if extent.members is None or extent.holds(pointers, size).all():
                    return
        stray = self._outside(pointers, size)
        if stray.size:
            raise stray_access(verb, pointers, stray, size, self._extents)

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


def extents(name: str, value: Any) -> list[Extent]:
    """The memory of a kernel's argument: a tensor, a descriptor's base, a tuple of such, or none."""
    if isinstance(value, tuple):
        return [e for part in value for e in extents(name, part)]
    tensor = getattr(value, "base", value)  # descriptors and reinterpreted tensors have one
    if not isinstance(tensor, torch.Tensor) or not tensor.numel():
        return []
    shape, strides, element = tuple(tensor.shape), tensor.stride(), tensor.element_size()
    span = 1 + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    members = None if tensor.is_contiguous() else _members(shape, strides, span)
    rows = len(shape) > 1 and shape[-1] > 1 and strides[-2] >= shape[-1] * strides[-1]
    row = strides[-2] * element if rows else 0
    low = tensor.data_ptr()
    return [Extent(name, shape, low, low + span * element, element, row, members)]


@lru_cache(maxsize=64)
def _members(shape: tuple[int, ...], strides: tuple[int, ...], span: int) -> Any:
    """Which elements of the span belong to a view; None: all of them."""
    table = torch.zeros(span, dtype=torch.bool)
    table.as_strided(shape, strides).fill_(True)
    return None if bool(table.all()) else table.numpy()


def stray_access(verb: str, pointers, stray, size: int, known: list[Extent]) -> StrayAccess:
    """The error for an access some of whose addresses, `stray`, lie outside."""
    place = _spot()
    who = place.words if place else "The kernel"
    where = _where(pointers, stray, size, known)
    return StrayAccess(f"{who} {verb} {where}.", place)


def _spot() -> Spot | None:
    """The spot of the kernel that is running, by the Python stack."""
    frame, lines, program = sys._getframe(1), [], None
    while frame is not None:
        found = PROGRAMS.get(frame.f_code.co_filename)
        if found is not None:
            program = found
            lines.append(frame.f_lineno)
        frame = frame.f_back
    return spot(program, lines[::-1]) if program else None


def _where(pointers, stray, size: int, known: list[Extent]) -> str:
    """ "16 rows past the end of `o_ptr`, which has the shape (2, 64)"."""
    near = _nearest(pointers, stray, size, known)
    if near is None:
        return f"{_count(stray.size)} at addresses that belong to no tensor"
    owner = f"`{near.name}`, which has the shape {near.shape}"
    past, before = stray[stray + stray.dtype.type(size) > near.high], stray[stray < near.low]
    if past.size >= max(before.size, 1):
        return f"{_rows(past, near)} past the end of {owner}"
    if before.size:
        return f"{_rows(before, near)} before the beginning of {owner}"
    return f"{_count(stray.size)} between the elements of {owner}: look at its strides"


def _nearest(pointers, stray, size: int, known: list[Extent]) -> Extent | None:
    """The tensor that was meant: the one that most lanes hit, else the one close by."""
    best = max(known, key=lambda extent: extent.holds(pointers, size).sum(), default=None)
    if best is None or best.holds(pointers, size).any():
        return best
    low, high = int(stray.min()), int(stray.max())
    best = min(known, key=lambda extent: max(extent.low - high, low - extent.high))
    return best if max(best.low - high, low - best.high) <= NEAR else None


def _rows(stray, extent: Extent) -> str:
    """How many rows, or elements where there are no rows, the addresses touch."""
    if not extent.row:
        return _count(stray.size)
    rows = len({(int(address) - extent.low) // extent.row for address in stray})
    return f"{rows} row{'s' * (rows != 1)}"


def _count(n: int) -> str:
    return f"{n} element{'s' * (n != 1)}"
