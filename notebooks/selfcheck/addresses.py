"""Addresses stay addresses: what a kernel makes of one as a number differs from run to run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

REFUSED = "An address cannot become a number: where a tensor lies differs from run to run."


@contextmanager
def addresses_kept() -> Iterator[None]:
    """Meanwhile Triton, interpreting or compiling, takes no address for a number. Nothing to do
    where it is not imported.
    """
    language = sys.modules.get("triton.language.semantic")
    if language is None:
        yield
        return
    owner = language.TritonSemantic
    real = owner.cast

    def cast(self, input, dst_ty, *more, **named):
        if input.type.scalar.is_ptr() and not dst_ty.scalar.is_ptr():
            raise TypeError(REFUSED)
        return real(self, input, dst_ty, *more, **named)

    owner.cast = cast
    try:
        yield
    finally:
        owner.cast = real
