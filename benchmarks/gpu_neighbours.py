"""The parts of gpu_check.py that look at neighbours: timing, and faults, beside other jobs."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from gpu_regions import FAULTS, SLOW, Fault, changed
from gpu_told import Told, grader

from autograder import registry
from autograder.frames import released_frame, solution_work
from autograder.grading.cases import Clock, run_cases
from autograder.grading.grade import Grader, make_order
from autograder.intake.extract import Extracted
from autograder.registry import GradedCase
from autograder.sandbox.runner import Runner
from autograder.selfcheck.problem import Case

REPEATS, JOBS = 5, 8
SPREAD = 0.02  # of repeated ratios, largest over smallest
EQUAL = 0.03  # how far the ratio of equal code may be from 1


def check_timing(told: Told) -> None:
    """Repeated gradings of p3 and of a slow p3, with other jobs on the machine all the while."""
    with beside(told), grader() as one:
        right = solution_work(one.assignment, "p3")
        for name, work in (("p3", right), ("slow p3", changed(right, SLOW))):
            ratios = []
            for number in range(REPEATS):
                start = time.monotonic()
                verdict = one.grade(
                    Extracted({**work, "p3.1": work["p3.1"] + f"\n# {number}"}), "p3"
                )
                case = verdict.cases[-1]
                ratios.append(case.ratio)
                told.say(
                    "timing",
                    f"{name} {number + 1}",
                    case.ratio is not None,
                    status=case.status,
                    earned=case.earned,
                    ratio=case.ratio,
                    seconds=round(time.monotonic() - start, 1),
                    detail=case.detail,
                )
            known = [ratio for ratio in ratios if ratio]
            spread = max(known) / min(known) - 1 if known else 9.0
            fine = spread <= SPREAD and (name != "p3" or abs(sum(known) / len(known) - 1) <= EQUAL)
            told.say("timing", f"{name} together", fine, spread=f"{spread:.2%}")


@contextmanager
def beside(told: Told) -> Iterator[None]:
    """Jobs that keep the processors busy, two of them graders of p4's cases on the same GPU."""
    context = multiprocessing.get_context("spawn")
    stop, failed = context.Event(), context.Value("i", 0)
    done = context.Value("i", 0)
    jobs = [context.Process(target=_spin, args=(stop,)) for _ in range(JOBS - 2)]
    jobs += [context.Process(target=_grade_cases, args=(stop, done, failed)) for _ in range(2)]
    for job in jobs:
        job.start()
    try:
        yield
    finally:
        stop.set()
        for job in jobs:
            job.join(60)
        told.say(
            "beside", "p4 cases of two other graders", not failed.value and done.value > 0,
            passed=done.value, failed=failed.value,
        )  # fmt: skip


def _spin(stop: Any) -> None:
    torch.set_num_threads(1)
    x = torch.randn(300, 300)
    while not stop.is_set():
        x = torch.tanh(x @ x)


def _grade_cases(stop: Any, done: Any, failed: Any) -> None:
    with grader() as one:
        problem = registry.load("p4")
        work = solution_work(one.assignment, "p4")
        program = released_frame(one.assignment, "p4").program(work)
        seeds = make_order(one.assignment, "p4", work).seeds
        while not stop.is_set():
            with one.examiner.runner().child(program) as child:
                for case in run_cases(problem, child, one.examiner.mode, seeds, Clock(60, 600)):
                    with done.get_lock():
                        done.value += case.status == "passed"
                        failed.value += case.status != "passed"
                    if stop.is_set():
                        return


def check_faults(told: Told) -> None:
    """Regions that break the GPU in one case: the other cases and the neighbours stay whole."""
    with beside(told), grader() as one:
        right = solution_work(one.assignment, "p3")
        few_statuses(one, right, one.examiner.runner(), FEW, 60)  # compiles
        for fault in FAULTS:
            start = time.monotonic()
            cases = (FEW[0], HUGE, *FEW[2:]) if fault.huge else FEW
            with its_runner(one, fault) as runner:
                work = changed(right, fault.change)
                found = few_statuses(one, work, runner, cases, fault.seconds)
            after = few_statuses(one, right, one.examiner.runner(), FEW, 60)
            told.say(
                "faults",
                fault.name,
                found == list(fault.expected) and set(after) == {"passed"},
                found=found,
                neighbour=sorted(set(after)),
                seconds=round(time.monotonic() - start, 1),
            )


@contextmanager
def its_runner(one: Grader, fault: Fault) -> Iterator[Runner]:
    """The grader's own template, or one with less of the GPU's memory."""
    usual = one.examiner.runner()
    if not fault.share:
        yield usual
        return
    env = {"GRADER_GPU_SHARE": str(fault.share)}
    with Runner(usual.level, True, False, env=env, limits=usual.limits, hidden=usual.hidden) as own:
        yield own


def few_statuses(
    one: Grader, work: dict[str, str], runner: Runner, cases: tuple[GradedCase, ...], limit: float
) -> list[str]:
    """The statuses of a few of p3's cases."""
    problem = replace(registry.load("p3"), cases=cases)
    seeds = {case.case.name: 7 for case in cases}
    with runner.child(released_frame(one.assignment, "p3").program(work)) as child:
        found = run_cases(problem, child, one.examiner.mode, seeds, Clock(limit, 600))
        return [case.status for case in found]


def plain_case(name: str, n: int, **more: int) -> GradedCase:
    sizes = {"B": 1, "H": 8, "Nq": n, "Nk": n, "D": 16, "is_causal": False}
    return GradedCase(Case(name, {**sizes, **more}), 1)


FEW = (
    plain_case("N=512", 512),
    plain_case("N=1024", 1024),
    plain_case("N=2048", 2048),
    plain_case("D=64", 300, D=64),
)
HUGE = plain_case("huge", 16384, B=8, H=32, Nk=64)  # three copies of q are 400 MB
