"""`make mutation-report`: what the cases make of wrong answers, as tables under build/mutants/."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# Before Triton is imported anywhere. With TRITON_INTERPRET=0 it is a GPU that tries the answers.
os.environ.setdefault("TRITON_INTERPRET", "1")
# The threads of a process that forks leave locks behind that nobody opens in its child.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from .form import HALVES, mutants, problem_ids
from .known import known
from .right import right_answers
from .tables import Result, report, write_csv
from .trial import attempts, run

BUILD = Path("build/mutants")
INTERPRETED = os.environ["TRITON_INTERPRET"] == "1"


def tried(problem_id: str, half: str, only: str = "", jobs: int = 1) -> list[Result]:
    """The results of a problem's right answers (half "right") or of one half's mutants; only of
    those whose name holds the text `only`. That many `jobs` at a time.
    """
    given = known(problem_id)
    if half == "right":
        works = [(n, w, None) for n, w in right_answers(problem_id, given.solution).items()]
    else:
        chosen = mutants(half, problem_id)
        works = [(mutant.id, mutant.work(given.solution), mutant) for mutant in chosen]
    works = [one for one in works if only in one[0]]
    if works and INTERPRETED:  # a process that has used a GPU has no forks that can
        attempt_here(given)
    trials = attempts(given, [work for _, work, _ in works], jobs)
    return [
        Result.of(name, half, given, trial, mutant)
        for (name, _, mutant), trial in zip(works, trials, strict=True)
    ]


def attempt_here(given) -> None:
    """Run the solution in this process: forks inherit the references that it needs."""
    trial = run(given, given.solution)
    wrong = trial.public_killers + trial.killers
    if wrong or trial.refused:
        raise SystemExit(f"{given.problem.id}: the solution fails {wrong} {trial.refused}")


def main() -> None:
    """Write one CSV per problem and half, then the report over all that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", default=problem_ids())
    parser.add_argument("--half", action="append", choices=(*HALVES, "right"))
    parser.add_argument("--only", default="", help="a part of the answers' names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="answers at a time")
    parser.add_argument("--to", type=Path, default=BUILD, help="the folder of the tables")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    for problem_id in chosen.problems or problem_ids():
        for half in chosen.half or (*HALVES, "right"):
            if results := tried(problem_id, half, chosen.only, chosen.jobs):
                write_csv(chosen.to / f"{problem_id}-{half}.csv", results)
    text = report(chosen.to)
    (chosen.to / "report.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
