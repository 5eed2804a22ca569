"""The timing protocol with real processes, on the CPU: what it finds, not how long it takes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from autograder.classroom.demo_edit import add_before_check, build
from autograder.course import Course
from autograder.grading.child import Child, Times
from autograder.grading.rebuild import runnable_solution
from autograder.grading.speed import grade_speed
from autograder.registry import SpeedCase, load
from autograder.sandbox.levels import choose
from autograder.selfcheck.device import Mode

COURSE = Course.load(Path(__file__).resolve().parents[1])
SPEED = SpeedCase(
    "speed",
    {"B": 1, "H": 2, "Nq": 64, "Nk": 64, "D": 16, "is_causal": True},
    tiers=((1e9, 20),),  # whatever it takes: CPUs are too busy to say
    calls=4,
)
FIND = """
import sys, time, torch
_real = FlashAttention2Function
worker = next(m for m in list(sys.modules.values()) if "timed_block" in vars(m))
"""


def child(nb) -> Child:
    return Child(nb, choose("plain"), Times(60, 60, 600), gpu=False, hidden=(COURSE.root,))


@pytest.fixture(scope="module")
def solution():
    with child(runnable_solution(COURSE, "p1")) as process:
        yield process


def graded(cell: str, solution: Child):
    """The speed case's verdict on p1's solution with one more cell."""
    nb = build(COURSE, "p1", (add_before_check(FIND + cell),))
    mode = Mode("cpu", torch.float16, "")
    with child(nb) as student:
        return grade_speed(load("p1").public, SPEED, student, solution, mode, 7, scale=2.0)


def test_an_honest_process_is_timed_and_all_its_outputs_are_right(solution):
    verdict = graded("", solution)
    assert verdict.status == "passed" and verdict.earned == 40
    assert "in the same run; ratio" in verdict.detail


def test_lying_clocks_change_nothing_and_are_told(solution):
    """A process whose every clock stands still is timed all the same."""
    verdict = graded("worker.stopwatch = lambda device: lambda: 0.0", solution)
    assert verdict.status == "passed"
    assert "only the grader's clock counts" in verdict.detail


SEALS_FIRST = """
def timed_block(folder, token):
    task = worker.BLOCKS["task"]
    go, sealed = worker.open_lines(folder, token)
    places = worker.hear(go)["places"]
    worker.say(sealed, {"seal": [0] * 64})
    calls = [worker.call_unsynchronised(task, _real, worker.inputs_at(at)) for at in places]
    worker.BLOCKS[token] = worker.stack(calls)
    worker.write_status(folder, token, {"status": "timed", "ms": 0.001})

worker.timed_block = timed_block
"""
LATE = """
import threading

class FlashAttention2Function:
    @staticmethod
    def apply(*args):
        o, l = torch.zeros_like(args[0]), torch.zeros(args[0].shape[:-1])
        def later():
            time.sleep(0.3)
            right = _real.apply(*args)
            o.copy_(right[0]), l.copy_(right[1])
        threading.Thread(target=later).start()
        return o, l
"""
STALE = """
_kept = {}

class FlashAttention2Function:
    @staticmethod
    def apply(*args):
        return _kept.setdefault(args[0].shape, _real.apply(*args))
"""


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        pytest.param(SEALS_FIRST, "when the clock stopped", id="seals before it computes"),
        pytest.param(LATE, "gave a wrong answer", id="outputs written after the call"),
        pytest.param(STALE, "gave a wrong answer", id="an answer kept for its shape"),
    ],
)
def test_an_answer_that_was_not_there_in_time_is_wrong(cell, why, solution):
    verdict = graded(cell, solution)
    assert verdict.status == "wrong answer" and verdict.earned == 0
    assert why in verdict.detail


def test_a_process_that_dies_while_timed_is_named(solution):
    cell = "import os\nworker.timed_block = lambda folder, token: os._exit(1)"
    verdict = graded(cell, solution)
    assert verdict.status == "crashed" and verdict.earned == 0


def test_a_process_that_gives_no_seal_is_named(solution):
    cell = "worker.timed_block = lambda folder, token: None"
    verdict = graded(cell, solution)
    assert verdict.status == "error" and "did not run" in verdict.detail


def test_a_solution_that_cannot_be_timed_costs_nobody_points():
    """Is the speed case left open when the fault is the machine's?"""
    broken = build(COURSE, "p1", (add_before_check("FlashAttention2Function = None"),))
    with child(broken) as solution:
        verdict = graded("", solution)
    assert verdict.status == "not run" and "could not be timed here" in verdict.detail


COUNTER = """
import threading, time
ticks = 0

def tick():
    global ticks
    while True:
        ticks += 1
        open(TICKS, "w").write(str(ticks))
        time.sleep(0.002)

worker.tell = lambda folder, token: (worker.write_status(folder, token, {"ticks": ticks}))
worker.begin = lambda folder, token: (
    globals().__setitem__("TICKS", folder + "/ticks"),
    threading.Thread(target=tick, daemon=True).start(),
    worker.write_status(folder, token, {"status": "begun"}),
)
"""


def test_a_process_runs_only_while_a_request_waits_for_it():
    """Does a thread stand still between two requests, and go on in the next one?"""
    nb = build(COURSE, "p1", (add_before_check(FIND + COUNTER),))
    with child(nb) as student:
        token = student.send({}, {})
        student.request("begin", token, 20)
        file = student.exchange / "ticks"
        time.sleep(0.3)  # a signal to stop takes a moment on a busy machine
        before = file.read_text() if file.exists() else ""
        time.sleep(0.3)
        assert (file.read_text() if file.exists() else "") == before
        first = student.request("tell", token, 20)["ticks"]
        while student.request("tell", token, 20)["ticks"] == first:
            time.sleep(0.01)


CLOCK = """
import subprocess, sys
_clock = "import time\\nwhile True: time.sleep(0.01); open('ticks', 'a').write('.')"
subprocess.Popen([sys.executable, "-c", _clock])
while not os.path.exists("ticks"):
    time.sleep(0.01)
worker.tell = lambda folder, token: (
    time.sleep(0.3), worker.write_status(folder, token, {"ticks": os.path.getsize("ticks")})
)
"""


def test_what_a_cell_started_runs_no_more():
    """Does a process that could answer for the student's function stand still in every request?"""
    nb = build(COURSE, "p1", (add_before_check("import os, time\n" + FIND + CLOCK),))
    with child(nb) as student:
        token = student.send({}, {})
        ticks = [student.request("tell", token, 20)["ticks"] for _ in range(3)]
    assert ticks[0] > 0 and len(set(ticks)) == 1
