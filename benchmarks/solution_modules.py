"""The solutions as ordinary Python modules, for tests and benchmarks."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import ModuleType

from autograder.course import Assignment
from autograder.frames import released_frame, solution_work
from autograder.selfcheck.device import stand_in
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.program import Program
from autograder.selfcheck.running import load_program


def solved_program(assignment: Assignment, problem_id: str) -> Program:
    """The released frame with the solution's regions in it."""
    return released_frame(assignment, problem_id).program(solution_work(assignment, problem_id))


def module_of(program: Program) -> ModuleType:
    """A program as a module. Its `setup()` chooses nothing: kernels are interpreted if
    TRITON_INTERPRET=1 was set before Triton was first imported, and compiled otherwise.
    """
    given = stand_in()
    before = sys.modules.get("selfcheck", given)
    sys.modules["selfcheck"] = given
    try:
        return load_program(program, Path(tempfile.mkdtemp(prefix="solution-")))
    finally:
        sys.modules["selfcheck"] = before


def solution_module(assignment: Assignment, problem_id: str) -> ModuleType:
    """A problem's solution as a module."""
    return module_of(solved_program(assignment, problem_id))


def solution_entry(assignment: Assignment, problem_id: str):
    """The entry point of a problem's solution."""
    return getattr(
        solution_module(assignment, problem_id),
        find_problem(assignment.qualified(problem_id)).entry,
    )
