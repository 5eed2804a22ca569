"""On a GPU: stores beside a tensor are found by its guard bands, and a lost context is told."""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch

from tests.running.frames import tell
from tests.running.planted import LOAD, RIGHT

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

STORE = LOAD + "acc = x\ntl.store({}, {})"
STRAYS = {
    "no mask": (STORE.format("o_ptrs", "acc"), "12 rows past the end of O were written"),
    "a row up": (
        STORE.format("o_ptrs - stride_or", "acc, mask=exists"),
        "1 row before the beginning of O was written",
    ),
    "beside an input": (
        STORE.format("x_ptrs + rows * stride_xr", "0.0 * acc, mask=offs_r[:, None] < 2"),
        "2 rows past the end of x were written",
    ),
}
FAULTS = {
    "an illegal address": (STORE.format("o_ptrs + 40000000000", "acc"), "crashed", "illegal"),
    "a name": (LOAD + "acc = foo", "error", "Line 2 of p1.1: foo is not defined"),
}


@lru_cache
def told() -> dict[str, dict]:
    cases = {name: (text, "contiguous") for name, text in RIGHT.items() if "descr" not in name}
    cases |= {name: (text, "contiguous") for name, (text, _) in STRAYS.items()}
    cases["strided"] = (RIGHT["as the steps say"], "every_other")
    cases["unwritten"] = (LOAD + "acc = x\nexists = offs_r[:, None] < 3", "contiguous")
    return tell("gpu", cases)


def test_stores_beside_tensors_are_told():
    for name, (_, sentence) in STRAYS.items():
        assert told()[name]["stray"] == [sentence], name


def test_right_kernels_are_left_alone():
    for name in [*(name for name in RIGHT if "descr" not in name), "strided"]:
        assert told()[name] == {"status": "right", "stray": []}, name


def test_elements_never_written_are_counted():
    assert told()["unwritten"] == {"status": "wrong", "stray": [], "O": 17 * 8}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(name):
    text, status, words = FAULTS[name]
    found = tell("gpu", {name: (text, "contiguous")})[name]
    assert found["status"] == status and words in found["detail"], found
