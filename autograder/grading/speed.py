"""Grade speed on a GPU: the student's time over the solution's, measured in turn in one run."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

import torch

from autograder.grading.cases import expected_outputs, make_task
from autograder.grading.child import Child, Stopped, clean_text
from autograder.grading.turns import shared_turn, sole_turn
from autograder.grading.verdict import CaseVerdict
from autograder.registry import SpeedCase
from autograder.sandbox.exchange import BadAnswer
from autograder.selfcheck.check import draw_inputs, judge
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Problem

WARMUP = 3
ROUNDS = 3
AGREE = 1.5  # the child's figure counts while the grader's own clock shows at most this much more
LARGEST_TRANSFER = 1 << 30  # bytes of inputs in one round


class SpeedUnknown(Exception):
    """No time could be established; the message says why."""


@dataclass
class Clock:
    """One process's timed calls: its own figures and the grader's, per call in milliseconds."""

    child: Child
    events: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    def figure(self, latency_ms: float) -> tuple[float, str]:
        """The believed median in milliseconds and a note where the child's own was not believed.

        The grader's clock sees the calls plus one message each way, whose cost is known from the
        trusted process. It is an upper bound; a child that reports far less is not believed.
        """
        own = statistics.median(self.events)
        seen = max(min(self.walls) - latency_ms, 0.0) / (len(self.events) / len(self.walls))
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
        mine, theirs = Clock(student), Clock(solution)
        for round_ in range(ROUNDS):
            for clock in (mine, theirs) if round_ % 2 == 0 else (theirs, mine):
                _time_round(problem, speed, clock, mode, seed + 1000 * round_)
        latency = _latency(solution)
        own, note = mine.figure(latency)
        base, _ = theirs.figure(latency)
    except Stopped as stop:
        return verdict.model_copy(update={"status": stop.status, "detail": stop.detail})
    except (BadAnswer, SpeedUnknown) as error:
        return verdict.model_copy(update={"status": "wrong answer", "detail": str(error)})
    ratio = own / base
    earned = speed.earned(ratio) * scale
    detail = (
        f"{own:.3f} ms; the course's solution {base:.3f} ms in the same run; ratio {ratio:.2f}. "
        f"Peak memory {mine.peak_bytes / 1e6:.0f} MB, the solution's {theirs.peak_bytes / 1e6:.0f} "
        f"MB. {tiers_text(speed, scale)} {note}"
    ).strip()
    return verdict.model_copy(
        update={
            "status": "passed" if earned else "too slow",
            "earned": earned,
            "detail": detail,
        }
    )


def tiers_text(speed: SpeedCase, scale: float) -> str:
    """ "Points: 20 up to 1.25x the solution's time, 15 up to 2x." """
    steps = ", ".join(f"{points * scale:g} up to {limit:g}x" for limit, points in speed.tiers)
    return f"Points by ratio: {steps}."


def _time_round(problem: Problem, speed: SpeedCase, clock: Clock, mode: Mode, seed: int) -> None:
    """One round: fresh inputs for every call, timed by both sides, every output verified.

    Only the timed calls need the GPU alone.
    """
    child = clock.child
    case = Case(speed.name, speed.params, seed)
    first = draw_inputs(problem, case, mode)
    size = sum(x.numel() * x.element_size() for x in first.values())
    calls = max(5, min(speed.calls, LARGEST_TRANSFER // size - WARMUP))
    sets = [
        draw_inputs(problem, Case(speed.name, speed.params, seed + 1 + i), mode)
        for i in range(WARMUP + calls)
    ]
    task = make_task(problem, speed.params, first, mode)
    task |= {"sets": len(sets), "warmup": WARMUP, "inputs": list(first)}
    flat = {f"{name} {i}": x for i, values in enumerate(sets) for name, x in values.items()}
    with shared_turn():
        token = child.send(task, flat)
        _expect(child.request("prepare_timing", token, child.times.case), "ready")
    with sole_turn():
        start = time.perf_counter()
        status = child.request("timed_calls", token, child.times.case)
        clock.walls.append((time.perf_counter() - start) * 1e3)
    _expect(status, "timed")
    clock.events += _figures(status, calls)
    peak = status.get("peak_bytes")
    clock.peak_bytes = max(clock.peak_bytes, peak if isinstance(peak, int) else 0)
    with shared_turn():
        _expect(child.request("collect_timing", token, child.times.case), "collected")
        _verify(problem, case, child, token, sets[WARMUP:], mode)
    child.forget(token)


def _figures(status: dict, calls: int) -> list[float]:
    """The child's event times, if they are that many positive numbers."""
    figures = status.get("ms")
    ok = isinstance(figures, list) and len(figures) == calls
    if not ok or not all(isinstance(x, (int, float)) and 0 < x < 1e7 for x in figures):
        raise SpeedUnknown("The process did not report a time for every call.")
    return [float(x) for x in figures]


def _verify(problem: Problem, case: Case, child: Child, token: str, sets: list, mode: Mode) -> None:
    """Every timed output must be right."""
    shapes = expected_outputs(problem, sets[0], problem.reference(sets[0], case.params))
    expected = {f"{name} {i}": form for i in range(len(sets)) for name, form in shapes.items()}
    answer = child.fetch(token, expected)
    for i, inputs in enumerate(sets):
        outputs = {name: answer[f"{name} {i}"].to(mode.device) for name in shapes}
        row = judge(problem, case, inputs, outputs, mode)
        if row.status != "passed":
            raise SpeedUnknown(
                f"Timed call {i + 1} of {len(sets)} gave a wrong answer. {row.detail}"
            )
    torch.cuda.empty_cache()


def _latency(solution: Child) -> float:
    """What a request costs that does nothing, in milliseconds, seen on the trusted process."""
    session, times = solution.session, []
    with sole_turn():
        for _ in range(10):
            start = time.perf_counter()
            session.request("None", 10)
            times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def _expect(status: dict, wanted: str) -> None:
    if status.get("status") != wanted:
        text = clean_text(status.get("detail")) or "no detail"
        raise SpeedUnknown(f"The timed calls did not run: {text}")
