"""Are typical mistakes in a backward pass named, with forward passes right and wrong?"""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from autograder.selfcheck.check import run_cases
from autograder.selfcheck.device import decide
from autograder.selfcheck.problem import find_problem

CPU = decide(None, None)
LOG2_E = math.log2(math.e)


def p9_entry(kind, on_forward=False):
    """p9 in plain PyTorch with a backward pass by formula, and one mistake."""

    def counts(n, window, sink, wrong):
        i, j = torch.arange(n)[:, None], torch.arange(n)[None]
        past, recent, sinks = j <= i, i - j < window, j < sink
        seen = past & (recent | sinks)
        if wrong and kind == "sinks twice":
            return seen.float() + (past & recent & sinks)
        if wrong and kind == "sinks forgotten":
            return (past & recent).float()
        return seen.float()

    def rebuilt(s, lse):
        return {
            "L without log2(e)": lambda: torch.exp2(s * LOG2_E - lse),
            "exp of an L in base 2": lambda: torch.exp(s - lse * LOG2_E),
            "exp2 throughout": lambda: torch.exp2(s - lse),
            "exp of base 2": lambda: torch.exp((s - lse) * LOG2_E),
        }.get(kind, lambda: torch.exp(s - lse))()

    class Attention(torch.autograd.Function):
        @staticmethod
        def forward(ctx, q, k, v, window, sink, scale):
            s = q.float() @ k.float().mT * scale
            weight = counts(q.shape[2], window, sink, on_forward)
            s = s + weight.log()
            ctx.save_for_backward(q, k, v, torch.logsumexp(s, -1, keepdim=True))
            ctx.how = window, sink, scale
            return (torch.softmax(s, -1) @ v.float()).to(q.dtype)

        @staticmethod
        def backward(ctx, do):
            q, k, v, lse = (x.float() for x in ctx.saved_tensors)
            window, sink, scale = ctx.how
            weight = counts(q.shape[2], window, sink, True)
            s = q @ k.mT * scale
            right = torch.softmax(s + counts(q.shape[2], window, sink, on_forward).log(), -1)
            p = torch.where(weight > 0, rebuilt(s, lse) * weight, 0)
            delta = (right @ v * do.float()).sum(-1, keepdim=True)
            ds = p * (do.float() @ v.mT - delta)
            grads = ds @ k * scale, ds.mT @ q * scale, p.mT @ do.float()
            return *(g.to(do.dtype) for g in grads), None, None, None

    def entry(q, k, v, window_size, *, sink_size, is_causal, scale):
        group = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        scale = scale or q.shape[-1] ** -0.5
        return Attention.apply(q, k, v, window_size, sink_size, scale)

    return entry


def rows_of(entry):
    """The public cases of p9, with this function as the entry point."""
    problem = find_problem("p9")
    return list(run_cases(problem, None, SimpleNamespace(**{problem.entry: entry}), CPU))


def said(entry):
    """What the self-check says of a typical mistake, case by case."""
    rows = rows_of(entry)
    return [row.detail for row in rows if "This is what comes out" in row.detail]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("sinks twice", "sinks that the window shows as well are counted twice"),
        ("sinks forgotten", "the sinks outside the window are left out"),
        ("L without log2(e)", "exp2 takes scores times log2(e) but an L without that factor"),
        ("exp of an L in base 2", "exp takes an L that is in base 2"),
        ("exp2 throughout", "exp2 takes scores and L that were not multiplied by log2(e)"),
        ("exp of base 2", "exp takes scores and L that include log2(e)"),
    ],
)
def test_a_wrong_p_in_the_backward_pass_is_named(kind, words):
    """Is the mistake named that was really made, and no other?"""
    details = said(p9_entry(kind))
    assert len(details) >= 3
    assert all(words in detail and "rebuilds P" in detail for detail in details)


def test_a_forward_pass_that_counts_sinks_twice_is_named():
    details = said(p9_entry("sinks twice", on_forward=True))
    assert details
    assert all("the first keys count twice" in detail for detail in details)


def test_the_right_backward_pass_is_not_accused():
    """Is this file's own backward pass right, apart from the mistakes?"""
    rows = rows_of(p9_entry("none"))
    assert [(row.status, row.detail) for row in rows] == [("passed", "")] * len(rows)
