"""What a faker could gain from the grader's timing, and what GPU faults do to others; on one GPU.

    python benchmarks/timing_trust.py [WORD ...]

Honest kernels, three times each, for the agreement of the grader's clock with the process's own
events and for the spread; attempts to look fast and faults of the GPU among them, several at a time
as when a class is graded. All go through `grade_speed`, with the policy off. With words, only the
honest kernels (once) and the attempts with such a word in their name.
"Gain" is the part of its honest time that an attempt hid. The exit code counts the surprises.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context, util
from pathlib import Path

import torch
from timing_cheats import CHEATS, FAULTS, HONEST

from autograder.classroom.demo_edit import build
from autograder.classroom.run import default_jobs
from autograder.course import Course
from autograder.grading import grade as grading
from autograder.grading import speed
from autograder.grading.book import rebuilt
from autograder.grading.child import Child, Stopped, Times
from autograder.grading.keys import machine
from autograder.grading.rates import card_rates
from autograder.grading.rebuild import runnable_solution
from autograder.registry import load

ROOT = Path(__file__).resolve().parents[1]
JOBS = 8
GAIN = 0.05
ATTEMPTS = {attempt.name: attempt for attempt in (*HONEST, *CHEATS, *FAULTS)}
TIMES = Times(cell=60, case=12, notebook=300)


@dataclass
class Result:
    """What the grader made of an attempt of that name; without `figures` it got no time."""

    name: str
    status: str
    earned: float
    detail: str
    seconds: float
    figures: speed.Figures | None = None
    gain: float | None = None
    surprises: list[str] = field(default_factory=list)


_solutions: dict[str, Child] = {}


def run(name: str) -> Result:
    """Grade one attempt in this process."""
    attempt, start, course = ATTEMPTS[name], time.monotonic(), Course.load(ROOT)
    grader = grading.Grader(course)
    grader.times = TIMES
    nb = rebuilt(build(course, attempt.problem, attempt.steps), course, attempt.problem)
    if attempt.whole:
        grading.policy_hits = lambda nb, problem: []
        verdict = grader.grade(nb, attempt.problem)
        status, detail = verdict.summary, verdict.sentence
        return Result(name, status, verdict.score, detail, time.monotonic() - start)
    taken: list[speed.Figures] = []
    measure = _measure_into(taken)
    solution = _solution(grader, course, attempt.problem)
    problem = load(attempt.problem)
    with grader.child(nb) as child:
        speed.measure, real = measure, speed.measure
        try:
            verdict = speed.grade_speed(
                problem.public, problem.speed, child, solution, grader.mode, os.getpid(), 1.0
            )
        finally:
            speed.measure = real
    torch.cuda.empty_cache()
    figures = taken[0] if taken else None
    return Result(
        name, verdict.status, verdict.earned, verdict.detail, time.monotonic() - start, figures
    )


def _measure_into(taken: list):
    real = speed.measure

    def measure(*arguments):
        taken.append(real(*arguments))
        return taken[-1]

    return measure


def _solution(grader, course: Course, problem_id: str) -> Child:
    """One process per problem holds the solution; starting it anew each time would take long."""
    child = _solutions.get(problem_id)
    if child is None or child.starts > 2:
        if child is not None:
            child.close()
        child = _solutions[problem_id] = grader.child(runnable_solution(course, problem_id))
        util.Finalize(None, child.close, exitpriority=10)
    child.starts = min(child.starts, 1)
    return child


def judge(results: list[Result]) -> None:
    """Note gains over the honest time, and what should not have happened."""
    honest: dict[str, list[float]] = {}
    for r in results:
        if r.figures and not ATTEMPTS[r.name].like:
            honest.setdefault(r.name, []).append(r.figures.ratio)
    for r in results:
        wanted, like = ATTEMPTS[r.name].refused, ATTEMPTS[r.name].like
        if wanted and r.status in wanted:
            continue
        if wanted:
            r.surprises.append(f"expected {' or '.join(wanted)}")
        elif r.status not in ("passed", "too slow"):
            r.surprises.append("it should have been timed")
        if r.figures and like in honest:
            r.gain = 1 - r.figures.ratio / statistics.median(honest[like])
            if r.figures.ratio < (1 - GAIN) * min(honest[like]):
                r.surprises.append(f"more than {GAIN:.0%} below every honest run")


def line(r: Result) -> str:
    text = f"{r.name:<38} {r.status:<14} {r.earned:>4g} points"
    if r.figures:
        f = r.figures
        beside = min(f.beside, default=float("nan"))
        text += (
            f"  {f.own_ms:8.4f} ms (events {f.reported_ms:8.4f})  solution beside {beside:8.4f} "
            f"alone {min(f.alone):8.4f}  ratio {f.ratio:6.3f}"
        )
    if r.gain is not None:
        text += f"  gain {r.gain:+.1%}"
    text += f"  [{r.seconds:.0f} s]"
    if not r.figures:
        text += f"\n      {r.detail[:160]}"
    return text + "".join(f"\n   !! {s}" for s in r.surprises)


def summary(results: list[Result]) -> None:
    """Agreement of the two clocks and spread over repetitions, for each honest kernel."""
    print("\nHonest kernels: grader's clock over own events; spread of ratios (max / min)")
    for name in dict.fromkeys(r.name for r in results if not ATTEMPTS[r.name].like):
        found = [r.figures for r in results if r.name == name and r.figures]
        if not found:
            continue
        agreement = [f.own_ms / f.reported_ms for f in found if f.reported_ms]
        ratios = [f.ratio for f in found]
        base = [x for f in found for x in f.alone]
        print(
            f"  {name:<24} {len(found)} runs: agreement {min(agreement):.3f} to "
            f"{max(agreement):.3f}; ratio {min(ratios):.3f} to {max(ratios):.3f} (spread "
            f"{max(ratios) / min(ratios) - 1:.1%}); solution's blocks {min(base):.4f} to "
            f"{max(base):.4f} ms"
        )
    gains = [r.gain for r in results if r.gain is not None]
    print(f"Largest gain of {len(gains)} attempts that were timed: {max(gains, default=0):.1%}")


def main() -> int:
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/timing_trust.py needs a GPU: none is visible.")
    start = time.monotonic()
    rates = card_rates()
    print(
        machine(),
        f"copy {rates.bytes_per_ms / 1e9:.2f} TB/s, product {rates.flops_per_ms / 1e9:.0f} TFLOP/s",
        flush=True,
    )
    results: list[Result] = []
    failures = 0
    words = sys.argv[1:]
    chosen = [*HONEST, *FAULTS, *CHEATS, *HONEST, *HONEST]
    if words:
        chosen = [*HONEST, *(a for a in (*FAULTS, *CHEATS) if any(w in a.name for w in words))]
    os.environ["GRADER_GPU_SHARE"] = str(1 / default_jobs())  # as when a class is graded
    with ProcessPoolExecutor(JOBS, get_context("spawn")) as pool:
        for future in [pool.submit(run, attempt.name) for attempt in chosen]:
            try:
                results.append(future.result())
                print(line(results[-1]), flush=True)
            except (Stopped, RuntimeError) as error:
                failures += 1
                print(f"!! {type(error).__name__}: {error}", flush=True)
    print(f"{len(results)} graded in {time.monotonic() - start:.0f} s", flush=True)
    judge(results)
    print("\nWith gains and surprises:")
    print("\n".join(line(r) for r in results if r.gain is not None or r.surprises))
    summary(results)
    return failures + sum(bool(r.surprises) for r in results)


if __name__ == "__main__":
    sys.exit(main())
