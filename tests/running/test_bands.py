"""Guard bands around what a wrapper allocates, and the fill that tells "never written"."""

from __future__ import annotations

import ctypes

import pytest
import torch

from autograder.selfcheck.bands import PATTERNS, Largest, guarded, unwritten

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def write(x: torch.Tensor, first: int, count: int) -> None:
    """Set elements by address, `first` counted from the start of x: as a kernel would."""
    size = x.element_size()
    ctypes.memset(x.data_ptr() + first * size, 0, count * size)


@pytest.mark.parametrize("dtype", FLOATS)
def test_uninitialised_memory_is_told_from_a_nan_that_was_written(dtype):
    with guarded():
        never, copied, computed = (torch.empty(4, 8, dtype=dtype) for _ in range(3))
        copied[:] = float("nan")
        computed[:] = never * 2  # a NaN that comes from the fill, but was computed
    assert never.isnan().all()
    found = unwritten({"never": never, "copied": copied, "computed": computed})
    assert found == {"never": 32}


@pytest.mark.parametrize("dtype", [*FLOATS, torch.int8, torch.int64, torch.bool, torch.complex64])
def test_what_is_made_is_what_was_asked_for(dtype):
    """Do values, shape, strides, dtype, device and autograd's view of it agree with PyTorch's?"""
    like = torch.ones(2, 6, 4, dtype=dtype).transpose(0, 1)
    makers = {
        "zeros": lambda: torch.zeros(3, 5, dtype=dtype),
        "zeros_like": lambda: torch.zeros_like(like),
        "ones": lambda: torch.ones((2, 3), dtype=dtype),
        "full": lambda: torch.full((7,), 1, dtype=dtype),
        "full_like": lambda: torch.full_like(like, 1),
        "new_zeros": lambda: like.new_zeros(3, 2),
        "new_full": lambda: like.new_full((3, 2), 1),
        "empty_like": lambda: torch.empty_like(like).fill_(1),
        "empty_strided": lambda: torch.empty_strided((3, 4), (1, 3), dtype=dtype).fill_(0),
        "nothing": lambda: torch.empty(0, 3, dtype=dtype),
        "scalar": lambda: torch.zeros((), dtype=dtype),
    }
    for name, make in makers.items():
        with guarded():
            found = make()
        wanted = make()
        assert torch.equal(found, wanted), name
        assert (found.stride(), found.dtype) == (wanted.stride(), wanted.dtype), name
        assert not found._is_view() and found.is_leaf and not found.requires_grad, name
        assert found.data_ptr() % 64 == 0, name


def test_requires_grad_out_and_errors_are_pytorchs_own():
    given = torch.empty(3)
    with guarded():
        assert torch.zeros(3, requires_grad=True).requires_grad
        assert torch.zeros(3, out=given) is given
        with pytest.raises(RuntimeError):
            torch.empty(-1)
    assert "new_empty" not in vars(torch.Tensor) and torch.empty.__module__ != "autograder"


@pytest.mark.parametrize(
    ("first", "count", "sentence"),
    [
        (32, 8, "1 row past the end of O was written"),
        (32, 16 * 8, "16 rows past the end of O were written"),
        (36, 1, "1 row past the end of O was written"),
        (-3 * 8, 3 * 8, "3 rows before the beginning of O were written"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.int32])
def test_a_store_beside_a_tensor_is_told_with_its_extent(first, count, sentence, dtype):
    with guarded() as bands:
        out, other = torch.empty(4, 8, dtype=dtype), torch.zeros(5)
    write(out, first, count)
    write(other, -1, 1)
    assert bands.told({"O": out}) == (
        sentence,
        "1 element before the beginning of a tensor of the shape (5,) that the given code makes "
        "was written",
    )


def test_inside_is_no_damage():
    with guarded() as bands:
        out = torch.empty(4, 8)
    write(out, 0, 32)
    assert bands.told({"O": out}) == () and unwritten({"O": out}) == {}


def test_many_large_tensors_do_not_pile_up():
    with guarded() as bands:
        for _ in range(40):
            x = torch.zeros(1 << 20)  # 4 MiB
        assert len(bands._bands) < 20
        write(x, 1 << 20, 1)
    assert len(bands.told({})) == 1


def test_autograd_takes_what_is_guarded_as_its_own():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = torch.empty_like(x)
            out.copy_(2 * x)
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, d):
            grad = torch.empty_like(d)
            return grad.copy_(2 * d)

    x = torch.randn(3, 4, requires_grad=True)
    with guarded() as bands:
        out = Twice.apply(x)
        (grad,) = torch.autograd.grad(out, x, torch.ones_like(out))
    assert torch.equal(out, 2 * x) and torch.equal(grad, torch.full((3, 4), 2.0))
    assert bands.told({"O": out, "dx": grad}) == ()
    write(grad.detach(), 12, 4)
    assert bands.told({"O": out, "dx": grad}) == ("1 row past the end of dx was written",)


def test_the_patterns_are_signalling_nans():
    for dtype, pattern in PATTERNS.items():
        whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[dtype.itemsize]
        x = torch.tensor([pattern], dtype=whole).view(dtype)
        assert x.isnan().all() and ((x * 1).view(whole) != pattern).all()


def test_the_largest_tensor_has_its_elements_in_memory():
    x = torch.ones(100)
    with Largest() as seen:
        x[:10] + 1
        x[:20].mul_(2)
    assert seen.elements == 20
    with seen:
        x.expand(50, 100)
    assert seen.elements == 100


@pytest.mark.parametrize("make", [torch.tensor, torch.as_tensor, torch.ones(1).new_tensor])
def test_a_tensor_made_of_python_numbers_counts(make):
    with Largest() as seen:
        make((0.0,) * 300).view(30, 10).add_(1)
    assert seen.elements == 300


def test_bands_do_not_count_as_tensors_that_were_made():
    with guarded() as bands, bands.largest:
        torch.zeros(7, 3)
        assert bands.largest.elements == 21
        torch.empty(5).new_full((40,), 1.0) + 1
    assert bands.largest.elements == 40
