"""Guard bands: what the given wrapper allocates stands between bands that show every store.

Uninitialised memory and bands hold one bit pattern, a signalling NaN: arithmetic never yields it
(a NaN that comes out of an operation is a quiet one), so "never written" can be told from NaN.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch.utils._python_dispatch import TorchDispatchMode

PATTERNS = {
    torch.float16: 0x7DA5,
    torch.bfloat16: 0x7FA5,
    torch.float32: 0x7FA5A5A5,
    torch.complex64: 0x7FA5A5A57FA5A5A5,
    torch.float64: 0x7FF5A5A5A5A5A5A5,
}
WHOLE = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes
OTHER = {1: 0x5A, 2: 0x5AA5, 4: 0x5AA5A55A, 8: 0x5AA5A55A5AA5A55A}  # for integers
MAKERS = (  # owner, names, whether what they make has values
    (torch, ("empty", "empty_like", "empty_strided"), False),
    (torch, ("zeros", "zeros_like", "ones", "ones_like", "full", "full_like"), True),
    (torch.Tensor, ("new_empty", "new_empty_strided"), False),
    (torch.Tensor, ("new_zeros", "new_ones", "new_full"), True),
)
ROWS = 128  # a band takes at least so many rows: a tile of the usual size
LEAST, MOST = 1 << 12, 1 << 16  # bytes of a band
KEPT = 1 << 26  # bytes of memory of tensors that may be gone; beyond, those are looked at and freed


@dataclass(frozen=True)
class Band:
    """One guarded tensor: `count` elements from `start` on in `buffer`, a band on either side."""

    buffer: torch.Tensor  # 1-D, whole numbers of the tensor's element size
    start: int
    count: int
    shape: tuple[int, ...]
    pattern: int
    tensor: weakref.ref

    @property
    def around(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Which elements of the two bands were written: before the tensor, and past its end."""
        ends = self.buffer[: self.start], self.buffer[self.start + self.count :]
        return ends[0] != self.pattern, ends[1] != self.pattern


class Bands:
    """All guarded tensors of one call. `largest`, where entered, notes what else PyTorch makes."""

    def __init__(self) -> None:
        self.largest = Largest()
        self._bands: list[Band] = []
        self._damaged: list[Band] = []
        self._bytes = 0

    def guard(self, x: torch.Tensor, keep: bool) -> torch.Tensor:
        """A tensor like `x` between bands, with its values if they are to be kept.

        It is no view: autograd takes it for what it stands for.
        """
        size = x.element_size()
        if x.layout != torch.strided or x.is_meta or not x.numel() or size not in WHOLE:
            return x
        count = 1 + sum((n - 1) * step for n, step in zip(x.shape, x.stride(), strict=True))
        row = x.shape[-1] if x.dim() else 1
        width = -(-min(max(ROWS * row * size, LEAST), MOST) // 512) * 512 // size
        pattern = PATTERNS.get(x.dtype, OTHER[size])
        whole = WHOLE[size]
        buffer = _full((count + 2 * width,), pattern, dtype=whole, device=x.device)
        made = _empty(0, dtype=x.dtype, device=x.device)
        made.set_(buffer.untyped_storage(), width, x.shape, x.stride())
        if keep:
            made.copy_(x.detach())
        self._bands.append(Band(buffer, width, count, tuple(x.shape), pattern, weakref.ref(made)))
        self._bytes += buffer.numel() * size
        if self._bytes > KEPT:
            self._sweep()
        return made.requires_grad_() if x.requires_grad else made

    def _sweep(self) -> None:
        """Look at the bands of tensors that are gone, and let go of their memory."""
        gone = [band for band in self._bands if band.tensor() is None]
        self._damaged += _damaged(gone)
        self._bands = [band for band in self._bands if band.tensor() is not None]
        self._bytes = 0

    def told(self, outputs: Mapping[str, torch.Tensor]) -> tuple[str, ...]:
        """A sentence for each band that was written to: how far, and beside which tensor."""
        names = {x.untyped_storage().data_ptr(): name for name, x in outputs.items()}
        sentences: list[str] = []
        for band in (*self._damaged, *_damaged(self._bands)):
            name = names.get(band.buffer.data_ptr())
            owner = name or f"a tensor of the shape {band.shape} that the given code makes"
            sentences += told_around(*band.around, band.shape, owner)
        return tuple(dict.fromkeys(sentences))


_empty, _full = torch.empty, torch.full


def _damaged(bands: list[Band]) -> list[Band]:
    """The bands that were written to; one wait for the GPU for all of them."""
    if not bands:
        return []
    hit = [before.any() | past.any() for before, past in (band.around for band in bands)]
    return [band for band, bad in zip(bands, torch.stack(hit).tolist(), strict=True) if bad]


def told_around(
    before: torch.Tensor, past: torch.Tensor, shape: tuple[int, ...], owner: str
) -> list[str]:
    """ "16 rows past the end of O were written", for the elements marked as written around it."""
    row = shape[-1] if len(shape) > 1 else 1
    kind = "row" if row > 1 else "element"
    sentences = []
    for written, where in ((past, "past the end"), (before.flip(0), "before the beginning")):
        hit = written.nonzero().flatten()  # the nearest to the tensor first
        n = len(set((hit // row).tolist()))
        if n:
            plural, verb = ("s", "were") if n > 1 else ("", "was")
            sentences.append(f"{n} {kind}{plural} {where} of {owner} {verb} written")
    return sentences


@contextmanager
def guarded() -> Iterator[Bands]:
    """Put what PyTorch is asked to allocate meanwhile between guard bands.

    The makers are replaced, not watched by a mode: other operations cost nothing more, and what an
    autograd Function allocates on a thread of autograd's own is guarded too.
    """
    bands = Bands()
    with ExitStack() as stack:
        for owner, names, keep in MAKERS:
            for name in names:
                real = getattr(owner, name)
                if name in vars(owner):
                    stack.callback(setattr, owner, name, real)
                else:  # inherited
                    stack.callback(delattr, owner, name)
                setattr(owner, name, _guarding(bands, real, keep))
        yield bands


def _guarding(bands: Bands, real: Callable, keep: bool) -> Callable:
    def make(*args, **kwargs):
        made = real(*args, **kwargs)
        if kwargs.get("out") is not None:
            return made
        noted = bands.largest.elements  # the bands are nobody's tensors
        made = bands.guard(made, keep)
        bands.largest.elements = noted
        return made

    return make


def unwritten(outputs: Mapping[str, torch.Tensor]) -> dict[str, int]:
    """How many elements of each output still hold the pattern of uninitialised memory."""
    counts = {}
    for name, x in outputs.items():
        if x.dtype in PATTERNS and x.dtype != torch.complex64:
            kept = int((x.view(WHOLE[x.element_size()]) == PATTERNS[x.dtype]).sum())
            if kept:
                counts[name] = kept
    return counts


class Largest(TorchDispatchMode):
    """Notes the largest tensor that an operation returns while it is entered, in elements: one made
    anew, or changed in place, or a view, of which those count that have a place in memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True would import PyTorch's compiler at the first operation: 1.6 s

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        returned = result if isinstance(result, (tuple, list)) else (result,)
        for x in returned:
            if isinstance(x, torch.Tensor):
                held = min(x.numel(), x.untyped_storage().nbytes() // x.element_size())
                self.elements = max(self.elements, held)
        return result
