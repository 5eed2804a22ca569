"""The solutions as ordinary Python modules, for tests and benchmarks. Hidden half."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from unittest import mock

import nbformat

import autograder.selfcheck
from autograder.course import Course
from autograder.generate.cells import SELFCHECK_MARK
from autograder.generate.stamp import check_call
from autograder.grading.rebuild import the_file
from autograder.selfcheck.device import current_mode


def solution_source(course: Course, problem_id: str) -> str:
    """The code cells of a solution notebook up to its check cell, as one source."""
    nb = nbformat.read(the_file(course.solutions_dir, problem_id), as_version=4)
    parts = []
    for cell in nb.cells:
        if cell.cell_type != "code" or cell.source.startswith(SELFCHECK_MARK):
            continue
        if check_call(cell.source) is not None:
            break
        parts.append(cell.source)
    return "\n\n\n".join(parts) + "\n"


def module_from(source: str, name: str) -> ModuleType:
    """Import a source as a module. It is written to a file first: Triton reads kernels from one."""
    sys.modules["selfcheck"] = autograder.selfcheck
    folder = Path(tempfile.mkdtemp(prefix="solution-"))
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solution_module(course: Course, problem_id: str) -> ModuleType:
    """A problem's solution as a module.

    Its `setup()` chooses nothing: kernels are interpreted if TRITON_INTERPRET=1 was set before
    Triton was first imported, and compiled otherwise.
    """
    with mock.patch.object(autograder.selfcheck, "setup", current_mode):
        return module_from(solution_source(course, problem_id), f"solution_{problem_id}")


def solution_entry(course: Course, problem_id: str):
    """The entry point of a problem's solution."""
    entry = autograder.selfcheck.find_problem(problem_id).entry
    return getattr(solution_module(course, problem_id), entry)
