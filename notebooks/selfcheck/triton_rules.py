"""What Triton does otherwise here: addresses stay addresses, and an assembler that crashes is asked
again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

REFUSED = "An address cannot become a number: where a tensor lies differs from run to run."
CRASHED = ("failed with error code -", "raised SIGSEGV")  # ptxas ended by a signal


@contextmanager
def triton_rules() -> Iterator[None]:
    """Meanwhile Triton, interpreting or compiling, takes no address for a number; and where ptxas
    crashes as it optimises a kernel, it assembles that kernel as it stands.

    Nothing to do where Triton is not imported.
    """
    replaced = []
    for module, owner, name, rule in (
        ("triton.language.semantic", "TritonSemantic", "cast", _addresses_kept),
        ("triton.backends.nvidia.compiler", "CUDABackend", "make_cubin", _asked_again),
    ):
        if module in sys.modules:
            where = getattr(sys.modules[module], owner)
            replaced.append((where, name, getattr(where, name)))
            setattr(where, name, rule(getattr(where, name)))
    try:
        yield
    finally:
        for where, name, real in replaced:
            setattr(where, name, real)


def _addresses_kept(real: Any) -> Any:
    """A cast that refuses to make a number of an address: it differs from run to run."""

    def cast(self, input, dst_ty, *more, **named):
        if input.type.scalar.is_ptr() and not dst_ty.scalar.is_ptr():
            raise TypeError(REFUSED)
        return real(self, input, dst_ty, *more, **named)

    return cast


def _asked_again(real: Any) -> Any:
    """An assembling that survives a crash of ptxas, which is no fault of the kernel: the one that
    Triton 3.6 ships ends with a segmentation fault on some right ones.
    """

    def make_cubin(*every, **named):
        try:
            return real(*every, **named)
        except Exception as error:
            if not any(words in str(error) for words in CRASHED):
                raise
        from triton import knobs

        with knobs.nvidia.scope():
            knobs.nvidia.disable_ptxas_opt = True
            return real(*every, **named)

    return make_cubin
