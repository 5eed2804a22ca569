"""What the speed of a program earns, with two processes and a GPU played in this one."""

from __future__ import annotations

import pytest
import torch

from autograder.grading import rates
from autograder.grading.speed import grade_speed
from autograder.registry import SpeedCase
from autograder.selfcheck.attention import naive_attention
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import find_problem
from tests.timing.processes import FakeCard, FakeChild

PROBLEM = find_problem("p3")
MODE = Mode("cpu", torch.float16, "")
SPEED = SpeedCase(
    "speed",
    {"B": 1, "H": 2, "Nq": 64, "Nk": 64, "D": 16, "is_causal": False},
    tiers=((1.25, 20), (2, 15), (4, 10)),
)


@pytest.fixture(autouse=True)
def small_rates(monkeypatch):
    """What the card can do is not measured with matrices that keep a CPU busy for a minute."""
    monkeypatch.setattr(rates, "COPIED", 1024)
    monkeypatch.setattr(rates, "SIDE", 8)


def right(q, k, v, is_causal):
    return naive_attention(q.float(), k.float(), v.float()).half()


def graded(entry=right, card: FakeCard | None = None, base: FakeCard | None = None, speed=SPEED):
    student = FakeChild(entry, card or FakeCard(), PROBLEM.entry)
    solution = FakeChild(right, base or FakeCard(), PROBLEM.entry)
    return grade_speed(PROBLEM, speed, student, solution, MODE, 7)


@pytest.mark.parametrize(
    "ms, earned, status", [(1.2, 20, "passed"), (3.9, 10, "passed"), (4.1, 0, "too slow")]
)
def test_points_follow_the_ratio(ms, earned, status):
    verdict = graded(card=FakeCard(call_ms=ms))
    assert (verdict.earned, verdict.status) == (earned, status), verdict.detail
    assert f"ratio {ms:.2f}" in verdict.detail
    print(verdict.detail)
