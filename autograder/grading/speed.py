"""Grade speed on a GPU: the student's time over the solution's, measured in turn in one run."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

import torch

from autograder.grading.calls import expected_outputs, make_task
from autograder.grading.child import Child, Stopped, clean_text
from autograder.grading.turns import shared_turn, sole_turn
from autograder.grading.verdict import CaseVerdict
from autograder.registry import SpeedCase
from autograder.sandbox.exchange import BadAnswer
from autograder.selfcheck.check import draw_inputs, judge
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Problem, Tensors

WARMUP = 3
ROUNDS = 3
AGREE = 1.5  # the child's figure counts while the grader's own clock shows at most this much more
LARGEST_TRANSFER = 1 << 30  # bytes of inputs sent to one process


class SpeedUnknown(Exception):
    """No time could be established; the message says why."""


@dataclass
class Clock:
    """One process's timed calls: its own figures and the grader's, per call in milliseconds."""

    child: Child
    inputs: list[Tensors]
    calls: int
    token: str = ""
    events: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    def figure(self, latency_ms: float) -> tuple[float, str]:
        """The believed median in milliseconds and a note where the child's own was not believed.

        The grader's clock sees the calls plus one message each way, whose cost is known from the
        trusted process. It is an upper bound; a child that reports far less is not believed.
        """
        own = statistics.median(self.events)
        seen = max(min(self.walls) - latency_ms, 0.0) / self.calls
        if seen > AGREE * own:
            return seen, f"reported {own:.3f} ms a call, but the grader's clock saw {seen:.3f} ms"
        return own, ""


def grade_speed(
    problem: Problem,
    speed: SpeedCase,
    student: Child,
    solution: Child,
    mode: Mode,
    seed: int,
    scale: float,
) -> CaseVerdict:
    """Time both in turn, verify every timed output, and give points for the ratio."""
    full = speed.points * scale
    verdict = CaseVerdict(name=speed.name, status="not run", points=full)
    try:
        mine, theirs = _take_times(problem, speed, (student, solution), mode, seed)
        own, base, note = mine[0], theirs[0], mine[1]
    except Stopped as stop:
        return verdict.model_copy(update={"status": stop.status, "detail": stop.detail})
    except (BadAnswer, SpeedUnknown) as error:
        return verdict.model_copy(update={"status": "wrong answer", "detail": str(error)})
    earned = speed.earned(own / base) * scale
    detail = (
        f"{own:.3f} ms; the course's solution {base:.3f} ms in the same run; ratio "
        f"{own / base:.2f}. Peak memory {mine[2] / 1e6:.0f} MB, the solution's "
        f"{theirs[2] / 1e6:.0f} MB. {tiers_text(speed, scale)} {note}"
    )
    status = "passed" if earned else "too slow"
    return verdict.model_copy(update={"status": status, "earned": earned, "detail": detail.strip()})


def _take_times(
    problem: Problem, speed: SpeedCase, children: tuple[Child, Child], mode: Mode, seed: int
) -> list[tuple[float, str, int]]:
    """For student and solution: believed milliseconds, a note, peak bytes.

    Loading and verifying run beside other submissions; only the timed calls have the GPU alone.
    """
    case = Case(speed.name, speed.params, seed)
    clocks = [_prepare(problem, case, speed.calls, child, mode) for child in children]
    with sole_turn():
        for round_ in range(ROUNDS):
            for clock in clocks if round_ % 2 == 0 else reversed(clocks):
                _time(clock)
        latency = _latency(children[1])
    figures = [(*clock.figure(latency), clock.peak_bytes) for clock in clocks]
    for clock in clocks:
        with shared_turn():
            _verify(problem, case, clock, mode)
    return figures


def _prepare(problem: Problem, case: Case, wanted: int, child: Child, mode: Mode) -> Clock:
    """Send fresh inputs for every call that will be timed, and let the child warm up."""
    first = draw_inputs(problem, case, mode)
    size = sum(x.numel() * x.element_size() for x in first.values())
    calls = max(2, min(wanted, LARGEST_TRANSFER // size - WARMUP) // ROUNDS)
    sets = [
        draw_inputs(problem, Case(case.name, case.params, case.seed + 1 + i), mode)
        for i in range(WARMUP + ROUNDS * calls)
    ]
    task = make_task(problem, case.params, first, mode)
    task |= {"sets": len(sets), "warmup": WARMUP, "calls": calls, "inputs": list(first)}
    clock = Clock(child, sets[WARMUP:], calls)
    flat = {f"{name} {i}": x for i, values in enumerate(sets) for name, x in values.items()}
    with shared_turn():
        clock.token = child.send(task, flat)
        status = child.request("prepare_timing", clock.token, child.times.case)
    _expect(status, "ready")
    peak = status.get("peak_bytes")
    clock.peak_bytes = peak if isinstance(peak, int) else 0
    return clock


def _time(clock: Clock) -> None:
    """One block of timed calls, seen by both sides' clocks."""
    start = time.perf_counter()
    status = clock.child.request("timed_calls", clock.token, clock.child.times.case)
    clock.walls.append((time.perf_counter() - start) * 1e3)
    _expect(status, "timed")
    clock.events += _figures(status, clock.calls)


def tiers_text(speed: SpeedCase, scale: float) -> str:
    """ "Points: 20 up to 1.25x the solution's time, 15 up to 2x." """
    steps = ", ".join(f"{points * scale:g} up to {limit:g}x" for limit, points in speed.tiers)
    return f"Points by ratio: {steps}."


def _figures(status: dict, calls: int) -> list[float]:
    """The child's event times, if they are that many positive numbers."""
    figures = status.get("ms")
    ok = isinstance(figures, list) and len(figures) == calls
    if not ok or not all(isinstance(x, (int, float)) and 0 < x < 1e7 for x in figures):
        raise SpeedUnknown("The process did not report a time for every call.")
    return [float(x) for x in figures]


def _verify(problem: Problem, case: Case, clock: Clock, mode: Mode) -> None:
    """Every timed output must be right."""
    child, sets = clock.child, clock.inputs
    _expect(child.request("collect_timing", clock.token, child.times.case), "collected")
    shapes = expected_outputs(problem, sets[0], problem.reference(sets[0], case.params))
    expected = {f"{name} {i}": form for i in range(len(sets)) for name, form in shapes.items()}
    answer = child.fetch(clock.token, expected)
    child.forget(clock.token)
    for i, inputs in enumerate(sets):
        outputs = {name: answer[f"{name} {i}"].to(mode.device) for name in shapes}
        row = judge(problem, case, inputs, outputs, mode)
        if row.status != "passed":
            text = f"Timed call {i + 1} of {len(sets)} gave a wrong answer. {row.detail}"
            raise SpeedUnknown(text)
    torch.cuda.empty_cache()


def _latency(solution: Child) -> float:
    """What a request costs that does nothing, in milliseconds, seen on the trusted process."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        solution.session.request("None", 10)
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def _expect(status: dict, wanted: str) -> None:
    if status.get("status") != wanted:
        text = clean_text(status.get("detail")) or "no detail"
        raise SpeedUnknown(f"The timed calls did not run: {text}")
