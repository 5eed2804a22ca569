"""compute-sanitizer over a few configurations of each problem: python -m tests.gpu.sanitize

Every tensor gets memory of its own, without guards, so that memcheck sees the first byte outside.
Then a kernel with a planted error (it stores the rows past the end) must be found. The exit code is
0 if the solutions are clean and the planted error is seen.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
from types import ModuleType

from .configurations import COUNT, PROBLEMS, Configuration, drawn, groups

FOUND = 9  # exit code of compute-sanitizer where it saw an error
PER_PROBLEM = 3
SANITIZER = ("compute-sanitizer", "--tool", "memcheck", "--error-exitcode", str(FOUND))


def chosen(problem: str) -> list[Configuration]:
    """The first few configurations of a problem that are small, in 16 bits."""
    every = (drawn(number) for number in range(PROBLEMS.index(problem), COUNT, len(PROBLEMS)))
    small = [one for one in every if _small(one)]
    return small[:PER_PROBLEM]


def _small(one: Configuration) -> bool:
    lengths = [one.params[name] for name in ("N", "Nq", "Nk") if name in one.params]
    return 30 < max(lengths) < 400 and one.params["dtype"] != "float32"


def planted() -> tuple[Configuration, ModuleType]:
    """p3 with a store that has lost its mask, and a ragged shape for it."""
    from autograder.course import Course
    from benchmarks.solution_modules import module_of, solved_program

    from .answers import ROOT

    program = solved_program(Course.load(ROOT).assignment("flash_attention"), "p3")
    right = "tl.store(o_ptrs, o.to(o_ptr.dtype.element_ty), mask=offs_m[:, None] < Nq)"
    wrong = "tl.store(o_ptrs, o.to(o_ptr.dtype.element_ty))"
    assert program.source.count(right) == 1
    changed = dataclasses.replace(program, source=program.source.replace(right, wrong))
    sizes = dict(B=1, H=1, Hkv=1, Nq=67, Nk=131, D=64, is_causal=False, dtype="bfloat16")
    return Configuration("p3", "planted", sizes), module_of(changed)


def run_here(problem: str) -> int:
    """Under the sanitizer: answer, and compare."""
    from .answers import failure, solution

    if problem == "planted":
        failure(*planted(), bands=False)
        return 0
    every = groups()["drawn"][0]
    some = [one for one in every if one.name == problem] or chosen(problem)
    wrong = [failure(one, solution(one.problem), bands=False) for one in some]
    print(problem, [one.name for one in some], wrong)
    return int(any(wrong))


def watched(problem: str) -> subprocess.Popen:
    """This module under the sanitizer, in a process of its own."""
    environment = {**os.environ, "PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
    command = [*SANITIZER, sys.executable, "-m", "tests.gpu.sanitize", "--here", problem]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", help="p3, or one configuration, p3-14: run it in this process")
    arguments = parser.parse_args()
    if arguments.here:
        return run_here(arguments.here)
    running = {problem: watched(problem) for problem in (*PROBLEMS, "planted")}
    bad = 0
    for problem, process in running.items():
        said, _ = process.communicate()
        wanted = FOUND if problem == "planted" else 0
        bad += process.returncode != wanted
        lines = [line for line in said.splitlines() if line.strip("= ")]
        shown = lines[:8] if problem == "planted" else lines[-3:]
        print(f"{problem}: exit code {process.returncode}, wanted {wanted}")
        print("".join(f"    {line[:160]}\n" for line in shown), flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
