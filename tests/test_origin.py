"""Right answers are asked where they come from: what is counted, and what is made of the counts."""

from __future__ import annotations

import pytest
import torch

from autograder.grading.audit import too_much_work
from autograder.sandbox.watch import watching
from autograder.selfcheck.policy import PYTORCH_POLICY, ROW_SUM_POLICY, TRITON_POLICY


def seen(function) -> dict:
    """What is counted while `function` runs on x (8, 16) and y (16, 4)."""
    x, y = torch.ones(8, 16), torch.ones(16, 4)
    with watching({"watch": True}) as counts:
        function(x, y)
    return counts


@pytest.mark.parametrize(
    ("function", "work"),
    [
        (lambda x, y: x @ y, 8 * 16 * 4),
        (lambda x, y: x * 2, 128),
        (lambda x, y: x.sum(), 128),
        (lambda x, y: torch.addmm(torch.zeros(8, 4), x, y), 8 * 16 * 4),
        (lambda x, y: x.T.reshape(2, 64)[0].expand(9, 64), 0),
        (lambda x, y: x.half().contiguous().clone(), 0),
        (lambda x, y: torch.empty_like(x).copy_(x), 0),
        (lambda x, y: torch.nn.functional.pad(x, (0, 1)), 0),
    ],
)
def test_computing_is_counted_and_moving_is_not(function, work):
    """Is each operation's work its products or its elements, and that of copies and views 0?"""
    assert seen(function)["work"] == work


@pytest.mark.parametrize(
    ("function", "taken"),
    [
        (lambda x, y: x.tolist(), 128),
        (lambda x, y: x.numpy(), 128),
        (lambda x, y: float(x[0, 0]), 1),
        (lambda x, y: x.shape, 0),
    ],
)
def test_elements_that_leave_pytorch_are_counted(function, taken):
    """Would computing in Python or numpy show?"""
    assert seen(function)["taken"] == taken


def test_ready_made_attention_and_large_tensors_are_noted():
    """Is PyTorch's own attention recognised, and the largest tensor remembered?"""
    q = torch.ones(1, 1, 8, 16)
    attention = torch.nn.functional.scaled_dot_product_attention
    assert "attention" in seen(lambda x, y: attention(q, q, q))["ready_made"]
    assert seen(lambda x, y: (x @ x.T, x + 1))["largest"] == 128


def test_everything_is_put_back():
    """Does a watched call leave tensors and kernels as they were?"""
    from triton.runtime.jit import JITFunction

    before = JITFunction.run, torch.Tensor.tolist, torch.Tensor.__array__
    with watching({"watch": True, "no_launch": True}), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    assert (JITFunction.run, torch.Tensor.tolist, torch.Tensor.__array__) == before
    assert "tolist" not in vars(torch.Tensor)


def test_rules_are_the_policys():
    """Is the same work too much where a kernel is asked for, and welcome where none is?"""
    assert "outside your kernels" in too_much_work(TRITON_POLICY, 10_000, {"work": 90_000})
    assert too_much_work(TRITON_POLICY, 10_000, {"work": 30_000}) == ""
    assert "outside your kernels" in too_much_work(ROW_SUM_POLICY, 10_000, {"work": 10_000})
    assert too_much_work(PYTORCH_POLICY, 10_000, {"work": 10**9, "taken": 10**9}) == ""
    assert "read out" in too_much_work(TRITON_POLICY, 10_000, {"taken": 10_000})
    assert "ready-made" in too_much_work(PYTORCH_POLICY, 10, {"ready_made": "aten_attention"})


@pytest.mark.parametrize("odd", [None, "9e9", -1, True, float("nan"), [10**9], {}])
def test_odd_counts_of_the_child_are_no_counts(odd):
    """Do counts that are none neither stop the grader nor speak against anybody?"""
    status = {"work": odd, "taken": odd, "ready_made": odd if not isinstance(odd, str) else None}
    assert too_much_work(TRITON_POLICY, 10, status) == ""
