"""Grade speed on a GPU: the student's time over the solution's, taken in turn in one run.

Two processes, one with the student's program and one with the solution's, are asked for a block of
calls by turns. Their clocks are the GPU's own events, set by our code (sandbox/inside/timing.py).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import torch

from autograder.grading.calls import expected_outputs
from autograder.grading.draws import Draws, draw
from autograder.grading.figures import Figures, Times, plan, sentences, unsteady
from autograder.grading.rates import floor_ms, order_rates, read_rates
from autograder.grading.sides import NotTimed, Side
from autograder.grading.turns import shared_turn, sole_turn
from autograder.grading.verdict import CaseVerdict
from autograder.grading.verified import (
    sketch_forms,
    stacked_forms,
    wrong_kept,
    wrong_sketches,
)
from autograder.registry import SpeedCase
from autograder.sandbox.inside.cuts import Starts
from autograder.sandbox.runner import Child, new_token
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, Problem

PREPARE_SECONDS = 120.0
WARM = 4  # calls before everything else; the first compiles
WARM_BLOCK = 2  # calls at the beginning of each block
TRIES = 3  # where the solution's blocks disagree
MOST_KEPT, KEPT_BYTES = 4, 128 << 20  # calls that are kept whole, with inputs of this size
BASELINE_CALLS = 20
_baselines: dict[tuple, dict[str, float]] = {}


def grade_speed(
    problem: Problem, speed: SpeedCase, student: Child, solution: Child, mode: Mode, seed: int
) -> CaseVerdict:
    """Time both in turn, verify every timed output, and tell the ratio; score.py prices it."""
    verdict = CaseVerdict(name=speed.name, status="not run")
    try:
        found = measure(problem, speed, student, solution, mode, seed)
    except NotTimed as reason:
        return verdict.model_copy(update={"status": reason.status, "detail": str(reason)})
    finally:
        student.end()
    detail = sentences(found, speed, mode.dtype.itemsize)
    status = "passed" if speed.earned(found.ratio) else "too slow"
    told = {"status": status, "ratio": round(found.ratio, 4), "detail": detail}
    told["ratio_range"] = tuple(round(ms / found.base.median, 4) for ms in found.own.quartiles)
    return verdict.model_copy(update=told)


@dataclass
class Race:
    """What is timed, and the places of all inputs so far: the same for both processes."""

    problem: Problem
    speed: SpeedCase
    mode: Mode
    draws: Draws
    rng: random.Random
    own: Side
    base: Side
    places: list[list[Starts]] = field(default_factory=list)  # of the solution's calls, by round
    kept: list[tuple[int, int]] = field(default_factory=list)  # (round, call) kept of the student
    signs: int = 0  # the seed of the sketches' signs


def measure(
    problem: Problem, speed: SpeedCase, student: Child, solution: Child, mode: Mode, seed: int
) -> Figures:
    """Time the student's process and the solution's. Raises NotTimed.

    Compiling, references and verifying happen beside other submissions; timed calls have the GPU
    to themselves.
    """
    with shared_turn():
        draws = draw(problem, speed.params, mode, seed)
    rng = random.Random(f"{seed} places")
    own, base = Side(student, True), Side(solution, False)
    race = Race(problem, speed, mode, draws, rng, own, base, signs=rng.getrandbits(62))
    prepare(race)
    for attempt in range(TRIES):
        with sole_turn():
            run_rounds(race)
            others = time_baselines(race) if base.times.steady else {}
            rates = read_rates(base.ask(order_rates(mode), "timed"))
        size = verify(race, seed)
        if base.times.steady:
            break
        if attempt == TRIES - 1:
            raise NotTimed("not run", unsteady(base.times))
    floor = floor_ms(size, speed.flops, rates)
    if own.times.median < floor:
        raise NotTimed(
            "not run",
            f"{own.times.median:.4f} ms a call is not believed: reading the inputs, writing the "
            f"outputs and the products alone take {floor:.4f} ms on this card.",
        )
    peaks = own.ready["peak_bytes"], base.ready["peak_bytes"]
    return Figures(own.times, base.times, *peaks, float(own.ready["host_ms"]), others)


def prepare(race: Race) -> None:
    """Hand both processes the inputs' memory and let them compile, side by side.

    Where the processor's part of a call cannot be hidden behind the GPU's, the GPU's part of both
    programs is recorded, if that is possible, and timed alone.
    """
    first = race.draws.inputs(dict.fromkeys(race.draws.shapes, 0))
    warm = race.draws.places(race.rng, WARM)
    order = {
        "do": "prepare",
        "task": race.problem.task(race.speed.params, first, race.mode.device),
        "shapes": {name: list(shape) for name, shape in race.draws.shapes.items()},
        "warm": warm,
    }
    memory = {name: x.cpu() for name, x in race.draws.memory.items()}

    def compile_one(side: Side) -> None:
        side.ask({**order, "token": new_token()}, "compiled", PREPARE_SECONDS, memory)

    sides = (race.base, race.own)
    for side in sides:  # not in a thread: a sandbox ends with the thread that started it
        side.child.runner.start()
    _both(compile_one, sides)
    with shared_turn():
        for side in sides:
            side.ready = side.ask({"do": "prepare", "warm": warm}, "ready", PREPARE_SECONDS)
        warm_baselines(race)
        if all(side.ready["hidden"] for side in sides):
            return
        try:
            for side in sides:
                side.ready |= side.ask({"do": "time", "what": "record", "warm": warm}, "recorded")
        except NotTimed:  # some operation waits for the GPU: then both are timed as they are
            for side in sides:
                side.child.end()
                compile_one(side)
                side.ready = side.ask({"do": "prepare", "warm": warm}, "ready", PREPARE_SECONDS)


def _both(step: Callable[[Side], None], sides: tuple[Side, Side]) -> None:
    """Do something in both processes at once. Raises what it raises."""
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(step, side) for side in sides]
    for answer in answers:
        answer.result()


def run_rounds(race: Race) -> None:
    """Time blocks of both by turns; which goes first changes from round to round."""
    race.own.times, race.base.times = Times(), Times()
    ready = race.own.ready, race.base.ready
    busy = max(one["busy_ms"] for one in ready)
    own_ms, base_ms = (one["call_ms"] for one in ready)
    rounds, own, base = plan(own_ms, base_ms, busy)
    every = [(n, call) for n in range(rounds) for call in range(own)]
    kept = max(1, min(MOST_KEPT, KEPT_BYTES // race.draws.bytes_read, len(every)))
    race.kept = sorted(race.rng.sample(every, kept))
    race.places = [race.draws.places(race.rng, base) for _ in range(rounds)]
    warm = race.draws.places(race.rng, WARM_BLOCK)
    for number, places in enumerate(race.places):
        keep = [call for n, call in race.kept if n == number]
        sides: list[Callable[[], None]] = [
            partial(race.own.block, places[:own], keep, warm, race.signs),
            partial(race.base.block, places, [], warm, race.signs),
        ]
        for block in sides if number % 2 else reversed(sides):
            block()


def warm_baselines(race: Race) -> None:
    """Call each baseline that has not been timed yet: the first call loads what it needs."""
    if _baseline_key(race) not in _baselines:
        _timed_baselines(race, 0)


def time_baselines(race: Race) -> dict[str, float]:
    """The median times of the problem's public baselines, for information: those that fit here.

    They are measured once by each grader: they are no student's, and others wait for the GPU.
    """
    key = _baseline_key(race)
    if key not in _baselines:
        _baselines[key] = _timed_baselines(race, BASELINE_CALLS)
    return _baselines[key]


def _baseline_key(race: Race) -> tuple:
    return race.problem.name, json.dumps(dict(race.speed.params)), race.mode.dtype


def _timed_baselines(race: Race, calls: int) -> dict[str, float]:
    """The median times of those that fit here, of that many calls after the first."""
    timing, found = race.problem.timing, {}
    if timing is None:
        return {}
    for name in timing.baselines:
        order = {
            "do": "time",
            "what": "baseline",
            "problem": race.problem.name,
            "name": name,
            "params": {**timing.params, **race.speed.params},
            "starts": race.draws.places(race.rng, 1)[0],
            "calls": calls,
        }
        with suppress(NotTimed):
            status = race.base.ask(order, "timed")
            found[name] = Times([status["ms"]], [status["dry"]]).median
    return found


def verify(race: Race, seed: int) -> float:
    """Hold every timed output against float64 or against the solution's. Raises NotTimed.

    Returns the bytes that a call reads and writes.
    """
    case = Case(race.speed.name, race.speed.params, seed)
    kept = [race.places[n][call] for n, call in race.kept]
    with shared_turn():
        reference = race.problem.reference(race.draws.inputs(kept[0]), race.speed.params)
    forms = expected_outputs(race.problem, race.draws.inputs(kept[0]), reference)
    own_calls = [len(block) for block in race.own.times.ms]
    whole = stacked_forms(forms, len(kept))
    own = race.own.collect({**sketch_forms(forms, sum(own_calls)), **whole})
    base = race.base.collect(sketch_forms(forms, sum(map(len, race.places))))
    # The solution's blocks are longer or as long: take the calls on the student's inputs.
    per_round = len(race.places[0])
    chosen = [n * per_round + i for n, calls in enumerate(own_calls) for i in range(calls)]
    numbers = [n * own_calls[0] + call for n, call in race.kept]
    sketches = {name: x for name, x in own.items() if name in base}
    with shared_turn():
        wrong, right = wrong_kept(race.problem, case, race.draws, kept, own, race.mode, [reference])
    same = {name: x[chosen] for name, x in base.items()}
    wrong = wrong or wrong_sketches(sketches, same, numbers[:right])
    if wrong:
        raise NotTimed("wrong answer", wrong)
    written = sum(dtype.itemsize * torch.Size(shape).numel() for dtype, shape in forms.values())
    return race.draws.bytes_read + written
