"""Solutions and small changes to them, as the tests of grading and of the self-check use them."""

from __future__ import annotations

from pathlib import Path

import nbformat

from autograder.course import Course
from autograder.frames import released_frame, solution_work
from autograder.grading.page import filled, released_notebook
from autograder.selfcheck.program import Frame

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = Course.load(ROOT).assignment("flash_attention")


def frame(problem_id: str) -> Frame:
    return released_frame(ASSIGNMENT, problem_id)


def solved(problem_id: str, *changes: tuple[str, str]) -> dict[str, str]:
    """The solution's regions after text replacements, each of which must hit something."""
    work = solution_work(ASSIGNMENT, problem_id)
    for old, new in changes:
        assert any(old in text for text in work.values()), f"{problem_id} does not say {old!r}"
        work = {region: text.replace(old, new) for region, text in work.items()}
    return work


def notebook(problem_id: str, work: dict[str, str] | None = None) -> nbformat.NotebookNode:
    """The released notebook with that work in it (default: solved)."""
    work = solved(problem_id) if work is None else work
    return filled(released_notebook(ASSIGNMENT, problem_id), problem_id, work)


def cells(problem_id: str, work: dict[str, str]) -> list[str]:
    """The cells of a session in which the notebook was run with that work."""
    return [c.source for c in notebook(problem_id, work).cells if c.cell_type == "code"]
