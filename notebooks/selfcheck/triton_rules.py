"""What Triton does otherwise here: addresses stay addresses, an exchange is of one dtype, an
assembler that crashes is asked again, and its interpreter gets on with any numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .replaced import Replacement, replaced

REFUSED = "An address cannot become a number: where a tensor lies differs from run to run."
MIXED = "tl.atomic_cas compares and writes {memory} there, not {other}: cast it with .to(…)."
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
        put(tensor, "__index__", lambda self: int(_no_address(self).handle.data.squeeze()))

    return [(interpreter, "_patch_lang_tensor", patch_lang_tensor)]


def _rules() -> Iterator[Replacement]:
    for module, owner, name, rule in (
        ("triton.language.semantic", "TritonSemantic", "cast", _addresses_kept),
        ("triton.language.semantic", "TritonSemantic", "atomic_cas", _of_one_dtype),
        ("triton.runtime.interpreter", "ReduceScanOpInterface", "check_tensor", _no_addresses),
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


def _no_address(x: Any) -> Any:
    """The tensor itself, unless it is an address."""
    if x.type.scalar.is_ptr():
        raise TypeError(REFUSED)
    return x


def _no_addresses(real: Any) -> Any:
    """A reduction or scan that compares no addresses, as no compiler does."""

    def check_tensor(self, inputs):
        real(self, inputs)
        for x in inputs:
            _no_address(x)

    return check_tensor


def _of_one_dtype(real: Any) -> Any:
    """An exchange that takes values of the memory's own dtype alone: the interpreter would write as
    many bytes as they have, and read more than they have.
    """

    def atomic_cas(self, pointer, compared, value, *more, **named):
        memory = pointer.type.scalar.element_ty
        for x in (compared, value):
            if x.type.scalar != memory:
                raise TypeError(MIXED.format(memory=memory, other=x.type.scalar))
        return real(self, pointer, compared, value, *more, **named)

    return atomic_cas


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
