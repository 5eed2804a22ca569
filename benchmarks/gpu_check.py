"""Everything that needs a GPU, through the grader's own path: JSON lines, then a short table.

    python benchmarks/gpu_check.py [PART ...] [--problems p3,p9] [--out FILE]

With --out build/gpu/check.txt, `make label` shows what was found.

Parts: cases (all solutions, all hidden cases, bfloat16 and float16), timing (p3 and a slow p3, five
times each, eight jobs beside them), faults (kernels that break the GPU, and what becomes of their
neighbours), cheats (kernels that are right but for the timed case), whole (one submission of all
problems: cold, again, and with other text). The exit code counts surprises.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from gpu_regions import CHEATS, FAULTS, NO_SKIP, SLOW, Change, Fault, changed

from autograder import registry
from autograder.course import Assignment, Course
from autograder.frames import released_frame, solution_work
from autograder.grading.cases import Clock, run_cases
from autograder.grading.grade import Grader, make_order
from autograder.grading.keys import machine
from autograder.grading.verdict import CaseVerdict
from autograder.intake.extract import Extracted
from autograder.registry import GradedCase
from autograder.sandbox.levels import choose
from autograder.sandbox.runner import Runner
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case

ROOT = Path(__file__).resolve().parents[1]
REPEATS, JOBS = 5, 8
_round: Any = None  # in a process of `check_whole`: where all problems wait for each other
SPREAD = 0.02  # of repeated ratios, largest over smallest
EQUAL = 0.03  # how far the ratio of equal code may be from 1


@dataclass
class Told:
    """What was seen: every row as a JSON line at once, and a table at the end."""

    out: Any
    problems: list[str]
    rows: list[str] = field(default_factory=list)
    surprises: int = 0

    def say(self, part: str, name: str, ok: bool, **more: Any) -> None:
        line = json.dumps({"part": part, "name": name, "ok": ok, **more})
        print(line, file=self.out, flush=True)
        shown = ", ".join(f"{key} {value}" for key, value in more.items() if key != "detail")
        self.rows.append(f"{'' if ok else '!! '}{part:<8}{name:<34}{shown}")
        self.surprises += not ok


def grader() -> Grader:
    """A grader of this course at the strongest level that works here."""
    return Grader(Course.load(ROOT).assignment(), choose("plain"))


def solved(course: Assignment, problem_id: str) -> Extracted:
    return Extracted(solution_work(course, problem_id))


def check_cases(told: Told) -> None:
    """All hidden cases of all solutions in both precisions, each in a process of its own."""
    kinds = [(p, d) for p in told.problems for d in ("bfloat16", "float16")]
    with ProcessPoolExecutor(len(kinds), multiprocessing.get_context("spawn")) as pool:
        for kind, (passed, bad, seconds) in zip(kinds, pool.map(_all_cases, kinds), strict=True):
            more = {"bad": bad[:3]} if bad else {}
            text = f"{passed} of {passed + len(bad)}"
            told.say("cases", " ".join(kind), not bad, passed=text, seconds=seconds, **more)


def _all_cases(kind: tuple[str, str]) -> tuple[int, list[str], float]:
    """How many cases of a solution passed, what was wrong with the others, and the seconds."""
    problem_id, dtype = kind
    problem, start = registry.load(problem_id), time.monotonic()
    with grader() as one:
        work = solution_work(one.assignment, problem_id)
        program = released_frame(one.assignment, problem_id).program(work)
        seeds = make_order(one.assignment, problem_id, work).seeds
        mode = Mode("cuda", getattr(torch, dtype), "")
        with one.examiner.runner().child(program) as child:
            found = list(run_cases(problem, child, mode, seeds, Clock(120, 600)))
    bad = [f"{c.name}: {c.status} {c.detail[:150]}" for c in found if c.status != "passed"]
    return len(found) - len(bad), bad, round(time.monotonic() - start, 1)


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


def check_cheats(told: Told) -> None:
    """Kernels that are right in every case and wrong in the timed one get no points for speed."""
    with ProcessPoolExecutor(len(CHEATS), multiprocessing.get_context("spawn")) as pool:
        for name, case in zip(CHEATS, pool.map(_cheat, CHEATS), strict=True):
            fine = (case.status, case.earned) == ("wrong answer", 0)
            told.say("cheats", name, fine, status=case.status, detail=case.detail)


def _cheat(name: str) -> CaseVerdict:
    with grader() as one:
        work = solution_work(one.assignment, "p3")
        cheat = CHEATS[name](work["p3.1"])
        return one.grade(Extracted({**work, "p3.1": cheat}), "p3").cases[-1]


def check_whole(told: Told) -> None:
    """All problems of one submission, a grader each, side by side: cold, again, and other text with
    the solution's kernels kept; then windows not skipped.
    """
    ids, context = told.problems, multiprocessing.get_context("spawn")
    slowest: dict[str, float] = {}
    barrier = context.Barrier(len(ids))
    with ProcessPoolExecutor(len(ids), context, _together, (barrier,)) as pool:
        more = {lazy.problem: lazy.change for lazy in NO_SKIP}
        for problem_id, found in zip(ids, pool.map(_rounds, ids, map(more.get, ids)), strict=True):
            for name, (score, full, seconds, case) in found.items():
                slowest[name] = max(slowest.get(name, 0.0), seconds)
                fine = case.status == "too slow" if name == "lazy" else score == full
                told.say(
                    "whole",
                    f"{problem_id} {name}",
                    fine,
                    score=f"{score:g} of {full:g}",
                    seconds=seconds,
                    ratio=case.ratio,
                    detail=case.detail,
                )
    for name in ("cold", "again", "other"):
        told.say("whole", f"all {name}", True, seconds=slowest[name])


def _together(barrier: Any) -> None:
    """In each process: what its rounds wait at."""
    global _round
    _round = barrier


def _rounds(problem_id: str, lazy: Change | None) -> dict[str, tuple]:
    """A solution graded by one grader: cold, again, and as other text, each round beginning when
    all problems are ready for it; then a lazy variant of it if there is one.
    """
    with grader() as one:
        work, full = solution_work(one.assignment, problem_id), one.assignment.points[problem_id]
        first = next(iter(work))
        works = {"cold": work, "again": work, "other": {**work, first: work[first] + "\n# other"}}
        works |= {"lazy": changed(work, lazy)} if lazy else {}
        found = {}
        for name, text in works.items():
            if name != "lazy":
                _round.wait(900)
            start = time.monotonic()
            verdict = one.grade(Extracted(text), problem_id)
            seconds = round(time.monotonic() - start, 1)
            found[name] = verdict.score, full, seconds, verdict.cases[-1]
        return found


PARTS = {
    "cases": check_cases,
    "timing": check_timing,
    "faults": check_faults,
    "cheats": check_cheats,
    "whole": check_whole,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--problems", default="", help="of cases and whole: p3,p9")
    parser.add_argument("--out", type=argparse.FileType("w"), default=sys.stdout)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/gpu_check.py needs a GPU: none is visible.")
    known = registry.problem_ids("flash_attention")
    problems = [p for p in known if p in (arguments.problems or p)]
    told = Told(arguments.out, problems)
    for out in {sys.stdout, arguments.out}:
        print(machine(), "isolation", choose("plain").name, file=out, flush=True)
    for part in arguments.parts:
        start = time.monotonic()
        try:
            PARTS[part](told)
        except Exception as error:  # the other parts may still tell something
            told.say(part, "stopped", False, error=f"{type(error).__name__}: {error}"[:500])
        told.rows.append(f"        {part} took {time.monotonic() - start:.0f} s")
    print("\n".join(told.rows), flush=True)
    return told.surprises


if __name__ == "__main__":
    sys.exit(main())
