"""Grade speed on a GPU: the student's time over the solution's, measured in turn in one run."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch

from autograder.grading.belief import Rates, baseline_ms, floor_ms, remarks, steady
from autograder.grading.calls import expected_outputs, make_task
from autograder.grading.child import Child, Stopped
from autograder.grading.clock import NotTimed, Stopwatch
from autograder.grading.pool import draw_pool
from autograder.grading.rates import card_rates
from autograder.grading.turns import shared_turn, sole_turn
from autograder.grading.verdict import CaseVerdict
from autograder.grading.verify import verify
from autograder.registry import SpeedCase
from autograder.sandbox.exchange import BadAnswer
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Problem, Tensors

ROUNDS = 3
TRIES = 3  # for a solution whose own blocks disagree: something else is using the machine


class NotQuiet(Exception):
    """No baseline could be measured here. It is nobody's fault but the machine's."""


@dataclass(frozen=True)
class Figures:
    """What a timing found: milliseconds per call, the blocks behind them, peak memory in bytes."""

    own_ms: float
    base_ms: float
    reported_ms: float
    beside: list[float]
    alone: list[float]
    own_peak: int
    base_peak: int

    @property
    def ratio(self) -> float:
        return self.own_ms / self.base_ms


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
    verdict = CaseVerdict(name=speed.name, status="not run", points=speed.points * scale)
    try:
        found = measure(problem, speed, student, solution, mode, seed)
    except NotQuiet as reason:
        return verdict.model_copy(update={"detail": str(reason)})
    except Stopped as stop:
        return verdict.model_copy(update={"status": stop.status, "detail": stop.detail})
    except NotTimed as error:
        return verdict.model_copy(update={"status": error.status, "detail": str(error)})
    except BadAnswer as error:
        return verdict.model_copy(update={"status": "wrong answer", "detail": str(error)})
    earned = speed.earned(found.ratio) * scale
    detail = (
        f"{found.own_ms:.3f} ms; the course's solution {found.base_ms:.3f} ms in the same run; "
        f"ratio {found.ratio:.2f}. Peak memory {found.own_peak / 1e6:.0f} MB, the solution's "
        f"{found.base_peak / 1e6:.0f} MB. {tiers_text(speed, scale)} "
        f"{remarks(found.own_ms, found.reported_ms, found.beside, found.alone)}"
    )
    status = "passed" if earned else "too slow"
    return verdict.model_copy(update={"status": status, "earned": earned, "detail": detail.strip()})


def measure(
    problem: Problem, speed: SpeedCase, student: Child, solution: Child, mode: Mode, seed: int
) -> Figures:
    """Time the student's process and the solution's in turn, then the solution alone.

    The student's process is ended in between, so that nothing it left running can slow the solution
    down. Loading and verifying happen beside other submissions; timed calls have the GPU alone.
    Raises Stopped, NotTimed, BadAnswer over the student's process, NotQuiet over the rest.
    """
    case = Case(speed.name, speed.params, seed)
    with shared_turn():
        pool = draw_pool(problem, speed.params, mode, seed)
        first = pool.inputs(dict.fromkeys(pool.shapes, 0))
        forms = expected_outputs(problem, first, problem.reference(first, speed.params))
    task = make_task(problem, speed.params, first, mode)
    mine, theirs = (
        Stopwatch(child, pool, task, speed.calls, random.Random(f"{seed} {which}"))
        for which, child in enumerate((student, solution))
    )
    student.start()  # before the turn: starting takes long, and others may be waiting
    together = _try_solution(solution.start)
    with shared_turn():
        mine.prepare()
        together = together and _try_solution(theirs.prepare)
    with sole_turn():
        for _ in range(ROUNDS):
            block = mine.run(keep=True)
            together = together and _try_solution(lambda at=block.places: theirs.run(at))
    with shared_turn():
        answers = [mine.fetch(block, forms, mode.device) for block in mine.blocks]
    student.close()
    beside = [block.ms for block in theirs.blocks] if together else []
    alone, rates = _time_alone(theirs, mode, prepared=together)
    _verify(problem, case, (mine, theirs), answers, forms, mode)
    found = Figures(
        own_ms=mine.best_ms,
        base_ms=baseline_ms(beside, alone),
        reported_ms=statistics.median(block.reported_ms for block in mine.blocks),
        beside=beside,
        alone=alone,
        own_peak=mine.peak_bytes,
        base_peak=theirs.peak_bytes,
    )
    if rates is not None:
        written = sum(dtype.itemsize * torch.Size(s).numel() for dtype, s in forms.values())
        _check_floor(found.own_ms, pool.bytes_read + written, speed.flops, rates)
    return found


def _verify(
    problem: Problem,
    case: Case,
    watches: tuple[Stopwatch, Stopwatch],
    answers: list[Tensors],
    forms: dict,
    mode: Mode,
) -> None:
    """Hold every block of the student's against the solution's outputs on the same inputs."""
    mine, theirs = watches
    rng = random.Random(f"{case.seed} verify")
    with shared_turn():
        for block, answer in zip(mine.blocks, answers, strict=True):
            try:
                again = theirs.run(block.places, keep=True)
                solved = theirs.fetch(again, forms, mode.device)
            except (Stopped, NotTimed, BadAnswer) as error:
                raise NotQuiet(f"The course's solution gave no outputs here: {error}") from error
            verify(problem, case, mine.pool, block, answer, solved, mode, rng)


def _try_solution(step: Callable[[], object]) -> bool:
    """Whether the solution got through beside the student's process, which may hold all memory."""
    try:
        step()
    except (Stopped, NotTimed, BadAnswer):
        return False
    return True


def _time_alone(theirs: Stopwatch, mode: Mode, prepared: bool) -> tuple[list[float], Rates | None]:
    """The solution's blocks with the student's process gone, and what the card can do."""
    try:
        if not prepared:
            theirs.child.close()
            theirs.child.start()
            with shared_turn():
                theirs.prepare()
        for _ in range(TRIES):
            with sole_turn():
                times = [theirs.run().ms for _ in range(ROUNDS)]
                rates = card_rates() if mode.on_gpu else None
            if steady(times) or not mode.on_gpu:
                return times, rates
    except (Stopped, NotTimed, BadAnswer) as error:
        raise NotQuiet(f"The course's solution could not be timed here: {error}") from error
    raise NotQuiet(
        "Something else is using this machine: the course's own solution took "
        f"{min(times):.3f} to {max(times):.3f} ms. Grade again when it is quiet."
    )


def tiers_text(speed: SpeedCase, scale: float) -> str:
    """ "Points: 20 up to 1.25x the solution's time, 15 up to 2x." """
    steps = ", ".join(f"{points * scale:g} up to {limit:g}x" for limit, points in speed.tiers)
    return f"Points by ratio: {steps}."


def _check_floor(own_ms: float, size: float, flops: float, rates: Rates) -> None:
    """Nothing below what the card could do at best is believed."""
    floor = floor_ms(size, flops, rates)
    if own_ms < floor:
        raise NotTimed(
            f"{own_ms:.4f} ms a call is not believed: on this card, reading the inputs, writing "
            f"the outputs and the products alone take {floor:.4f} ms.",
            "wrong answer",
        )
