"""What the speed of a program earns, with two processes and a GPU played in this one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from autograder.grading import rates
from autograder.grading import speed as speed_module
from autograder.grading.speed import grade_speed
from autograder.registry import SpeedCase
from autograder.sandbox.runner import Stopped
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.problems.flash_attention.attention import naive_attention
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
    speed_module._baselines.clear()


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
    assert (SPEED.earned(verdict.ratio), verdict.status) == (earned, status), verdict.detail
    assert f"ratio {ms:.2f}" in verdict.detail
    assert verdict.ratio_range == pytest.approx((ms, ms))


def test_a_host_that_cannot_be_hidden_is_timed_by_the_gpus_part_alone():
    """Thousands of small operations keep the processor busier than the GPU: they are recorded."""
    slow_host = {"call_ms": 5.0, "host_ms": 80.0}
    verdict = graded(card=FakeCard(**slow_host), base=FakeCard(**slow_host))
    assert verdict.status == "passed" and "ratio 1.00" in verdict.detail
    assert verdict.detail.startswith("5.00 ms")
    assert "Host time shows" not in verdict.detail


def test_a_host_that_shows_is_told():
    """Where the GPU's part cannot be recorded, the processor's time counts, and is named."""
    card = FakeCard(call_ms=5.0, host_ms=80.0, records=False)
    verdict = graded(card=card, base=FakeCard(call_ms=5.0, host_ms=40.0))
    assert "Host time shows" in verdict.detail and verdict.status in ("passed", "too slow")


def test_a_wrong_answer_in_one_timed_call_is_found():
    """An answer that is wrong once in fifty calls, far from the ones held against float64."""
    calls = iter(range(10**6))

    def now_and_then(q, k, v, is_causal):
        o = right(q, k, v, is_causal)
        if next(calls) % 50 == 49:
            o[0, 0, :16] = 0  # a quarter of one head's rows
        return o

    verdict = graded(now_and_then)
    assert (verdict.status, verdict.earned) == ("wrong answer", 0)


def test_an_answer_kept_from_before_is_of_no_use():
    """The memory of an output is overwritten after the call, and no input comes twice."""
    kept = []

    def lazy(q, k, v, is_causal):
        kept.append(right(q, k, v, is_causal)) if not kept else None
        return kept[0]

    assert graded(lazy).status == "wrong answer"


def test_a_machine_that_is_not_quiet_costs_nobody_points():
    """The solution's own blocks disagree: the speed was not measured."""

    class Restless(FakeCard):
        def launch(self) -> None:
            super().launch()
            self.call_ms = 1.0 + len(self.waits) // 10 % 5

    verdict = graded(base=Restless())
    assert verdict.status == "not run" and "Nobody loses points" in verdict.detail


def test_nothing_below_the_roofline_is_believed():
    """A call that is faster than its products alone could be."""
    verdict = graded(speed=replace(SPEED, flops=1e30))
    assert verdict.status == "not run" and "not believed" in verdict.detail


def test_memory_for_a_whole_table_is_told():
    verdict = graded(
        card=FakeCard(peak_bytes=64 * 64 * 2 + 1000), speed=replace(SPEED, table=64 * 64)
    )
    assert "a whole table of scores" in verdict.detail


@pytest.mark.parametrize(
    "status, whose",
    [("crashed", "student"), ("out of memory", "student"), ("crashed", "solution")],
)
def test_whose_process_fails_decides_what_is_told(status, whose):
    """The student's failure is a status of the case; the solution's is nobody's fault."""
    student, solution = (FakeChild(right, FakeCard(), PROBLEM.entry) for _ in range(2))

    def ask(*_, **__):
        raise Stopped(status, "The process ended.")

    (student if whose == "student" else solution).ask = ask
    verdict = grade_speed(PROBLEM, SPEED, student, solution, MODE, 7)
    assert verdict.status == (status if whose == "student" else "not run")


def test_every_call_has_inputs_of_its_own_and_both_processes_the_same():
    student, solution = (FakeChild(right, FakeCard(), PROBLEM.entry) for _ in range(2))
    grade_speed(PROBLEM, SPEED, student, solution, MODE, 7)
    places = [
        [tuple(p.items()) for order in child.orders if order.get("what") == "block"
         for p in order["calls"]]
        for child in (student, solution)
    ]  # fmt: skip
    assert places[0] == places[1] and len(set(places[0])) == len(places[0]) > 20
    assert student.ended


def test_no_solution_text_and_no_case_name_reach_the_students_process():
    """What the student's process is told: the call, its inputs, and which of them come when."""
    student, solution = (FakeChild(right, FakeCard(), PROBLEM.entry) for _ in range(2))
    grade_speed(PROBLEM, SPEED, student, solution, MODE, 7)
    told = {key for order in student.orders for key in order}
    assert told == {
        *("do", "task", "shapes", "warm", "token"),
        *("what", "calls", "keep", "seed", "group"),
    }
