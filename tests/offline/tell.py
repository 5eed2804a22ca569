"""Compile solutions, or bad regions, for GPUs that are not here; print what is told, as JSON.

    python -m tests.offline.tell bad|solutions|whole [names …]

A process of its own: Triton's interpreter must never have been on in it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path

os.environ.pop("TRITON_INTERPRET", None)

import torch

import autograder.selfcheck
from autograder.registry import load, problem_ids
from autograder.selfcheck.device import current_mode, decide
from autograder.selfcheck.judge import case_shapes
from autograder.selfcheck.offline import CUBIN, TARGETS, compile_program
from autograder.selfcheck.running import load_program
from tests.offline.bad_regions import BAD
from tests.support.solved import frame, solved

MODE = decide(None, None)


@lru_cache
def known(problem_id: str, on_gpu: bool) -> tuple:
    """A problem, its cases as the compiler sees them, its frame and the solution's regions."""
    problem = load(problem_id)
    cases = [case_shapes(problem.public, c.on(on_gpu), MODE) for c in problem.cases]
    return problem, cases, frame(problem_id), solved(problem_id)


def told(problem_id: str, changes: tuple, depth: str, on_gpu: bool = False) -> dict:
    """The failures of a changed solution, and the seconds of processor time that they took."""
    problem, cases, given, work = known(problem_id, on_gpu)
    for old, new in changes:
        assert any(old in text for text in work.values()), f"{problem_id} does not say {old!r}"
        work = {region: text.replace(old, new) for region, text in work.items()}
    program = given.program(work)
    module = load_program(program, Path(tempfile.mkdtemp()))
    task = problem.public.task({}, {}, "cuda")
    targets = TARGETS[:1] if depth == CUBIN else TARGETS
    start = time.process_time()
    failures = compile_program(module, program, task, cases, targets, depth)
    seconds = time.process_time() - start
    return {"failures": [vars(one) for one in failures], "seconds": seconds}


def main(what: str, names: list[str]) -> None:
    importlib.import_module("triton.compiler")  # before the clock runs
    torch.set_num_threads(1)
    autograder.selfcheck.setup = current_mode
    sys.modules["selfcheck"] = autograder.selfcheck
    if what == "bad":
        found = {n: told(BAD[n].problem, BAD[n].changes, BAD[n].depth) for n in names or BAD}
    elif what == "whole":
        found = {name: told(name, (), CUBIN) for name in names}
    else:
        ways = {"small": False, "on a GPU": True}
        every = problem_ids("flash_attention")
        ids = names or [one for one in every if load(one).public.uses_triton]
        found = {f"{id}, {way}": told(id, (), "ir", ways[way]) for id in ids for way in ways}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
