"""`make mutation-report`: what the cases make of wrong answers, as tables under build/mutants/."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TRITON_INTERPRET", "1")  # before Triton is imported anywhere

from .form import HALVES, mutants, problem_ids
from .known import known
from .right import right_answers
from .tables import Result, report, write_csv
from .trial import attempt

BUILD = Path("build/mutants")


def tried(problem_id: str, half: str) -> Iterator[Result]:
    """The results of a problem's right answers (half "right") or of one half's mutants."""
    given = known(problem_id)
    attempt_here(given)
    if half == "right":
        for name, work in right_answers(problem_id, given.solution).items():
            yield Result.of(name, half, given, attempt(given, work))
        return
    for mutant in mutants(half, problem_id):
        trial = attempt(given, mutant.work(given.solution))
        yield Result.of(mutant.id, half, given, trial, mutant)


def attempt_here(given) -> None:
    """Run the solution in this process: forks inherit the references that it needs."""
    from .trial import run

    trial = run(given, given.solution)
    wrong = trial.public_killers + trial.killers
    if wrong or trial.refused:
        raise SystemExit(f"{given.problem.id}: the solution fails {wrong} {trial.refused}")


def main() -> None:
    """Write one CSV per problem and half, then the report over all that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", default=problem_ids())
    parser.add_argument("--half", action="append", choices=(*HALVES, "right"))
    chosen = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    for problem_id in chosen.problems or problem_ids():
        for half in chosen.half or (*HALVES, "right"):
            results = list(tried(problem_id, half))
            if results:
                write_csv(BUILD / f"{problem_id}-{half}.csv", results)
    text = report(BUILD)
    (BUILD / "report.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
