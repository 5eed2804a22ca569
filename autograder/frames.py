"""The frames of an assignment's problems, as released, and the work that solves them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.generate.cells import role
from autograder.selfcheck.program import Frame, frame_of
from autograder.selfcheck.regions import SELFCHECK, read_markers


def the_file(folder: Path, problem_id: str) -> Path:
    """The one notebook of a problem in a folder of ours."""
    found = sorted(folder.glob(f"{problem_id}_*.ipynb"))
    if len(found) != 1:
        raise CourseError(
            f"{folder}: {len(found)} notebooks of {problem_id}, expected one. Run `make release`."
        )
    return found[0]


def released_frame(assignment: Assignment, problem_id: str) -> Frame:
    """The frame of a problem's released notebook; CourseError says how to make it."""
    file = the_file(assignment.release_dir, problem_id)
    return _read_frame(file, file.stat().st_mtime_ns, problem_id)


@lru_cache(maxsize=64)
def _read_frame(file: Path, changed: int, problem_id: str) -> Frame:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return notebook_frame(problem_id, cells)


def notebook_frame(problem_id: str, cells: list[dict]) -> Frame:
    """The frame in a notebook of ours: its code between the self-check and the check."""
    sources = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if role(cell) == "check" or source.lstrip().startswith(f'check("{problem_id}"'):
            break
        if role(cell) != "selfcheck" and not source.startswith(SELFCHECK):
            sources.append(source)
    return frame_of(problem_id, sources)


@lru_cache(maxsize=64)
def _read_work(file: Path, changed: int) -> dict[str, str]:
    return notebook_work(json.loads(file.read_text(encoding="utf-8"))["cells"])


def notebook_work(cells: list[dict]) -> dict[str, str]:
    """The regions in a notebook of ours, by id."""
    work: dict[str, str] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            work |= read_markers("".join(cell["source"])).regions
    return work


def solution_work(assignment: Assignment, problem_id: str) -> dict[str, str]:
    """The regions of a problem's solution notebook."""
    file = the_file(assignment.solutions_dir, problem_id)
    return dict(_read_work(file, file.stat().st_mtime_ns))
