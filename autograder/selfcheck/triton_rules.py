"""What Triton does otherwise here: addresses stay addresses, an assembler that crashes is asked
again, and its interpreter gets on with any numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .replaced import Replacement, replaced

REFUSED = "An address cannot become a number: where a tensor lies differs from run to run."
CRASHED = ("failed with error code -", "raised SIGSEGV")  # ptxas ended by a signal


@contextmanager
def triton_rules() -> Iterator[None]:
    """Meanwhile Triton, interpreting or compiling, takes no address for a number; where ptxas
    crashes as it optimises a kernel, it assembles that kernel as it stands; and the interpreter
    gets on with any numpy.

    Nothing to do where Triton is not imported.
    """
    with replaced([*_rules(), *any_numpy()]):
        yield


def any_numpy() -> list[Replacement]:
    """What to replace so that a value may end a loop: Triton 3.6's interpreter has numpy make a
    number of an array of one element, and since 2.5 numpy does so only of one without dimensions.
    """
    interpreter = sys.modules.get("triton.runtime.interpreter")
    if interpreter is None:
        return []
    patch = interpreter._patch_lang_tensor

    def patch_lang_tensor(tensor, *scope):
        patch(tensor, *scope)
        put = scope[0].set_attr if scope else setattr
        put(tensor, "__index__", lambda self: int(self.handle.data.squeeze()))

    return [(interpreter, "_patch_lang_tensor", patch_lang_tensor)]


def _rules() -> Iterator[Replacement]:
    for module, owner, name, rule in (
        ("triton.language.semantic", "TritonSemantic", "cast", _addresses_kept),
        ("triton.backends.nvidia.compiler", "CUDABackend", "make_cubin", _asked_again),
    ):
        if module in sys.modules:
            where = getattr(sys.modules[module], owner)
            yield where, name, rule(getattr(where, name))


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
