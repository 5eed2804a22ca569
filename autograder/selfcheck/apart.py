"""Run beside a GPU session, in a process of its own: why a program fails, by the interpreter."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from .check import run_cases
from .device import current_mode
from .diagnosis import Diagnosis, diagnose, play
from .problem import Problem, find_problem
from .program import Program
from .report import Row
from .running import load_program

SECONDS = 15.0  # how long cases may be interpreted until one raises an error
HERE = "Triton's interpreter, run beside the GPU, says:"


def explained(problem: Problem, program: Program, rows: Sequence[Row]) -> Diagnosis:
    """What the interpreter shows of a program whose `rows` a GPU told.

    A GPU reads past the end of a tensor without a word; the interpreter says which line does.
    """
    runs = play(problem, program)
    found = diagnose(problem, program, rows, runs)
    if any(cause.kind for cause in found.causes):
        return found
    error = first_error(problem, program)
    if error is None:
        return found
    told = f"{HERE} {error.detail}"
    means = diagnose(problem, program, [error], runs).causes
    causes = tuple(replace(one, sentence=f"{one.sentence} {told}") for one in means if one.kind)
    return replace(found, causes=causes or found.causes, facts=(*found.facts, told))


def first_error(problem: Problem, program: Program) -> Row | None:
    """The first public case that raises an error here."""
    module = load_program(program, Path(tempfile.mkdtemp(prefix="selfcheck-")))
    until = time.monotonic() + SECONDS
    for row in run_cases(problem, program, module, current_mode()):
        if row.status == "error":
            return row
        if time.monotonic() > until:
            break
    return None


def main() -> None:
    """Read {"problem", "source", "spans", "rows"}, write a diagnosis."""
    order = json.load(sys.stdin)
    program = Program(order["source"], {k: tuple(v) for k, v in order["spans"].items()})
    rows = [Row(**row) for row in order["rows"]]
    with contextlib.redirect_stdout(io.StringIO()):
        found = explained(find_problem(order["problem"]), program, rows)
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
