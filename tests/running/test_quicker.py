"""Triton made quicker makes the same types, and refuses the same shapes in the same words."""

from __future__ import annotations

import pytest
import triton.language.core as core
import triton.language.semantic as semantic

from autograder.selfcheck.quicker import quicker_types
from autograder.selfcheck.replaced import replaced

SHAPES = {
    "a list": [16, 32],
    "lengths that are constexpr": [core.constexpr(16), 32],
    "Triton's own tuple": core.tuple([16, 32]),
    "one row": [1, 32],
    "no power of two": [16, 3],
    "too large": [1 << 20, 2],
    "no whole number": [16.0, 2],
    "a truth value": [True, 2],
    "Python's tuple": (16, 32),
    "no length": [],
}


def made(shape) -> list:
    """All that a block and a tensor of it hold, or how the shape is refused."""
    found = []
    for scalar in (core.float32, core.pointer_type(core.float16), core.float32):
        try:
            block = core.block_type(scalar, shape)
            tensor = core.tensor("handle", block)
        except (AssertionError, TypeError, ValueError) as error:
            found.append(repr(error))
        else:
            assert tensor.type is block and tensor.dtype is block.element_ty is scalar
            found.append({name: repr(value) for name, value in vars(block).items()})
            found.append({name: repr(value) for name, value in vars(tensor).items()})
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_a_type_is_what_triton_makes_of_the_shape(name):
    plain = made(SHAPES[name])
    with replaced(quicker_types()):
        for first in SHAPES.values():  # what is known from another shape misleads none
            made(first)
        assert made(SHAPES[name]) == plain


def test_blocks_of_one_shape_share_it_and_all_is_as_before_in_the_end():
    before = core.block_type.__init__, semantic.TritonSemantic.broadcast_impl_value
    with replaced(quicker_types()):
        a, b = (core.block_type(kind, [8, 4]) for kind in (core.float32, core.int32))
        assert a.shape is b.shape
        assert core.block_type.__init__ is not before[0]
    assert (core.block_type.__init__, semantic.TritonSemantic.broadcast_impl_value) == before
    assert core.block_type(core.int32, [8, 4]).shape is not a.shape
