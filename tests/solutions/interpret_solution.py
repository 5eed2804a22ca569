"""Run one problem's solution on its public and hidden cases in Triton's interpreter; prints JSON.

A process of its own: Triton is interpreted or compiled, never both in one process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"

from autograder.course import Course
from autograder.registry import load
from autograder.selfcheck.check import run_case
from autograder.selfcheck.device import decide
from autograder.selfcheck.problem import Case
from benchmarks.solution_modules import module_of, solved_program

ROOT = Path(__file__).resolve().parents[2]


def main(problem_id: str, seeds: int) -> None:
    graded, mode = load(problem_id), decide(None, None)
    program = solved_program(Course.load(ROOT).assignment("flash_attention"), problem_id)
    module = module_of(program)
    cases = [(case, case.seed) for case in graded.public.small_cases]
    cases += [(item.case, seed) for item in graded.cases for seed in range(seeds)]
    rows = []
    for case, seed in cases:
        one = Case(case.name, case.params, seed)
        row = run_case(graded.public, one, program, module, mode)
        rows.append({"name": case.name, "seed": seed, "status": row.status, "detail": row.detail})
    print(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
