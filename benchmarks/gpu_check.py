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
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from gpu_neighbours import check_faults, check_timing
from gpu_regions import CHEATS, NO_SKIP, Change, changed
from gpu_told import Told, grader

from autograder import registry
from autograder.frames import released_frame, solution_work
from autograder.grading.cases import Clock, run_cases
from autograder.grading.grade import make_order
from autograder.grading.keys import machine
from autograder.grading.verdict import CaseVerdict
from autograder.intake.extract import Extracted
from autograder.sandbox.levels import choose
from autograder.selfcheck.device import Mode

_round: Any = None  # in a process of `check_whole`: where all problems wait for each other


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
