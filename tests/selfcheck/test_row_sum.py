"""The rule for independent elements: orders of summation pass, mistakes do not."""

import pytest
import torch

from autograder.registry import load
from autograder.selfcheck.compare import compare_elements
from autograder.selfcheck.memory import place
from autograder.selfcheck.problems.flash_attention.row_sum import (
    row_sum_inputs,
    row_sum_reference,
    row_sum_yardstick,
)

DTYPES = (torch.bfloat16, torch.float16)


def judged(params: dict, dtype: torch.dtype, answer) -> bool:
    """Whether `answer(x, w)`, rounded to the dtype, passes on inputs of these parameters."""
    inputs = row_sum_inputs(params, dtype, torch.Generator().manual_seed(1))
    out = answer(inputs["x"], inputs["w"]).to(dtype)
    return compare_elements(out, row_sum_reference(**inputs), row_sum_yardstick(**inputs)).ok


def in_tiles(x, w, tile=1024):
    """Columns summed tile by tile, each product and sum in float32."""
    products = torch.nn.functional.pad(x.float() * w.float(), (0, -x.shape[1] % tile))
    return sum(products.split(tile, 1)).sum(1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", [in_tiles, lambda x, w: x.float() @ w.float()])
def test_any_order_of_float32_sums_passes(dtype, order):
    """Does a correct kernel pass every hidden case, in whatever order it sums?"""
    for graded in load("p2").cases:
        assert judged(graded.on(False).params, dtype, order), graded.case.name


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_in_16_bits_are_refused(dtype):
    """Is a product rounded to 16 bits noticed where the sum is small and its parts are not?"""
    params = {"rows": 30, "cols": 2048, "values": "cancelling"}
    assert not judged(params, dtype, lambda x, w: (x * w).float().sum(1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_column_left_out_is_refused(dtype):
    """Is one missing column of thousands noticed, at either end?"""
    params = {"rows": 9, "cols": 4097, "values": "edges"}
    assert not judged(params, dtype, lambda x, w: in_tiles(x[:, :-1], w[:-1]))
    assert not judged(params, dtype, lambda x, w: in_tiles(x[:, 1:], w[1:]))


@pytest.mark.parametrize("layout", ["columns_first", "padded_rows", "every_other"])
def test_layouts_of_a_matrix_keep_its_values(layout):
    """Do a matrix and a vector keep their values in every layout that p2 uses?"""
    for x in (torch.arange(6.0).reshape(2, 3), torch.arange(4.0)):
        assert torch.equal(place(x, layout)[0], x)
