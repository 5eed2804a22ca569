"""kernels/ holds on the random shapes too, by the grader's rule, where descriptors suit them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from kernels import attention

from .answers import failure
from .configurations import BACKWARD, COUNT, Configuration, drawn

SUITABLE = ("contiguous", "heads_inside", "padded_rows")
SOME = [one for one in map(drawn, range(COUNT)) if one.problem not in BACKWARD]
EVERY = [one for one in SOME if one.params["dtype"] != "float32"]


def on_descriptors(one: Configuration) -> Configuration:
    """The same, with inputs that lie on 16 bytes."""
    places = {k: w if w in SUITABLE else "contiguous" for k, w in one.places.items()}
    return replace(one, places=places)


def wrong(one: Configuration) -> str:
    """What is wrong with the answer of kernels/, or ""."""
    return failure(on_descriptors(one), SimpleNamespace(flash_attention_forward=attention))


@pytest.mark.gpu
@pytest.mark.skipif(
    not torch.cuda.is_available() or torch.cuda.get_device_capability()[0] != 9,
    reason="There is no Hopper GPU here.",
)
@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_the_kernels_are_right_on(one):
    """Is every row within the rule, and nothing written beside the output?"""
    assert wrong(one) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"k": (1, 3, 8, 16)}, "cannot be shared"),
        ({"v": (1, 2, 9, 16)}, "to go with q"),
        ({"window_size": 0}, "at least 1 wide"),
        ({"window_size": 4, "is_causal": False}, "A window is causal"),
    ],
)
def test_what_they_cannot_do_is_refused(change, said):
    """Does `attention` say in a sentence what it cannot do, before it touches a GPU?"""
    shapes = {"q": (1, 4, 8, 16), "k": (1, 2, 8, 16), "v": (1, 2, 8, 16)}
    given = {n: change.get(n, shape) for n, shape in shapes.items()}
    if "k" in change:
        given["v"] = change["k"]
    tensors = {n: torch.zeros(shape, dtype=torch.bfloat16) for n, shape in given.items()}
    settings = {n: x for n, x in change.items() if n not in shapes}
    with pytest.raises(ValueError, match=said):
        attention(**tensors, **settings)
