"""Rebuild a submission on the released notebook, so that what comes back from life can be graded.

The released notebook is the frame: its locked cells (self-check, check) are put back whatever
became of them, and the student's cells keep their order. A cell is recognised by what survives:
nbgrader's grade id first, then its numbered markers, then what it defines.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.errors import CourseError
from autograder.generate.cells import parse_python
from autograder.generate.stamp import check_call
from autograder.selfcheck.problem import Problem

MARKER = re.compile(r"STUDENT IMPLEMENTATION (?:STARTS|ENDS) HERE \((p\d+\.\d+)\)")


class NotGradable(Exception):
    """Nothing in the submission can be graded; the message says why and what would help."""


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's id of a cell, or "". Submitted metadata may be of any type."""
    meta = cell.metadata.get("nbgrader")
    found = meta.get("grade_id") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def rebuild(
    submitted: NotebookNode, released: NotebookNode, problem: Problem
) -> tuple[NotebookNode, list[str]]:
    """The submission in the released notebook's form, and the repairs made, in sentences.

    Raises NotGradable when no cell holds the student's work.
    """
    frame = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    repairs: list[str] = []
    roles = _assign_roles(submitted, frame, problem, repairs)
    cells = [
        _restored(frame[roles[i]], cell, repairs) if i in roles else _ordinary(cell)
        for i, cell in enumerate(submitted.cells)
    ]
    cells = [cell for cell in cells if cell is not None]
    _insert_missing(cells, released, frame, repairs)
    nb = copy.deepcopy(released)
    nb.cells = cells
    for position, cell in enumerate(nb.cells):
        if not grade_id(cell):
            cell["id"] = f"student-{position}"
    return nb, repairs


def _assign_roles(submitted, frame, problem: Problem, repairs: list[str]) -> dict[int, str]:
    """Which submitted cell (by position) plays which released cell (by grade id).

    Of several candidates the last one that is filled in wins, as it does in a notebook run from
    the top; the others stay as ordinary cells.
    """
    roles: dict[int, str] = {}
    for role, released in frame.items():
        for found in _candidates(submitted, role, released, problem):
            free = [i for i in found if i not in roles]
            if free:
                filled = [i for i in free if not is_stub(submitted.cells[i].source)]
                roles[(filled or free)[-1]] = role
                if len(free) > 1:
                    repairs.append(f"Cell {role!r} was there {len(free)} times; one was taken.")
                break
    solutions = [role for role, cell in frame.items() if cell.metadata.nbgrader["solution"]]
    if not set(solutions) & set(roles.values()):
        raise NotGradable(
            f"No cell holds the work: none has the markers of {problem.id}, and none defines "
            f"{problem.entry}. Submit the notebook that you filled in."
        )
    return roles


def _candidates(submitted, role: str, released, problem: Problem) -> list[list[int]]:
    """Positions that may play `role`, one list per way to recognise it, surest first."""

    def positions(test: Callable[[NotebookNode], bool]) -> list[int]:
        return [i for i, c in enumerate(submitted.cells) if c.cell_type == "code" and test(c)]

    by_id = positions(lambda c: grade_id(c) == role)
    if released.metadata.nbgrader["grade"]:
        return [by_id, positions(lambda c: check_call(c.source) is not None)]
    if not released.metadata.nbgrader["solution"]:
        first = released.source.splitlines()[0]
        return [by_id, positions(lambda c: c.source.lstrip().startswith(first))]
    regions = set(MARKER.findall(released.source))
    return [
        [i for i in by_id if _plausible(submitted.cells[i], released)],
        positions(lambda c: bool(regions & set(MARKER.findall(c.source)))),
        positions(lambda c: problem.entry in defined_names(c.source)),
    ]


def _plausible(cell: NotebookNode, released: NotebookNode) -> bool:
    """Whether a cell with the right id can be the student's cell: a copied id is not enough."""
    regions = set(MARKER.findall(released.source))
    names = defined_names(released.source)
    return bool(regions & set(MARKER.findall(cell.source)) or names & defined_names(cell.source))


def defined_names(source: str) -> set[str]:
    """The functions and classes a cell defines at its top level; empty if it does not parse."""
    try:
        tree = parse_python(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def is_stub(source: str) -> bool:
    """Whether a region of the cell is still as it was handed out."""
    return bool(re.search(r"p\d+\.\d+: not implemented yet", source))


def _restored(released: NotebookNode, cell: NotebookNode, repairs: list[str]) -> NotebookNode:
    """The released cell, with the student's source where it is the student's to write."""
    result = copy.deepcopy(released)
    if released.metadata.nbgrader["solution"]:
        result.source = cell.source
    elif _text(cell.source) != _text(released.source):
        repairs.append(
            f"The cell {grade_id(released)!r} had been changed; the original was put back."
        )
    if grade_id(cell) != grade_id(released):
        repairs.append(
            f"The cell {grade_id(released)!r} had lost its nbgrader metadata; it was recognised by "
            "its content."
        )
    return result


def _text(source: str) -> str:
    """Source without what editors change on their own."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _ordinary(cell: NotebookNode) -> NotebookNode | None:
    """A cell of the student's own: its source, and nothing of its metadata or outputs."""
    source = cell.source
    if cell.cell_type == "code":
        return nbformat.v4.new_code_cell(source)
    if cell.cell_type == "markdown":
        return nbformat.v4.new_markdown_cell(source)
    return None  # raw cells say nothing to a student or a grader


def _insert_missing(cells, released, frame, repairs: list[str]) -> None:
    """Put back the released cells that are gone: the self-check first, the check last."""
    present = {grade_id(cell) for cell in cells}
    for role, cell in frame.items():
        if role in present:
            continue
        repairs.append(f"The cell {role!r} was missing; it was put back.")
        restored = copy.deepcopy(cell)
        if cell.metadata.nbgrader["grade"]:
            cells.append(restored)
        elif cell.metadata.nbgrader["solution"]:
            last = max((i for i, c in enumerate(cells) if grade_id(c)), default=-1)
            cells.insert(last + 1, restored)
        else:
            code = (i for i, c in enumerate(cells) if c.cell_type == "code")
            cells.insert(next(code, 0), restored)


def released_notebook(course: Course, problem_id: str) -> NotebookNode:
    """The released notebook of a problem; CourseError says how to make it."""
    return nbformat.read(the_file(course.release_dir, problem_id), as_version=4)


def the_file(folder: Path, problem_id: str) -> Path:
    """The one notebook of a problem in a folder of ours."""
    found = sorted(folder.glob(f"{problem_id}_*.ipynb"))
    if len(found) != 1:
        raise CourseError(
            f"{folder}: {len(found)} notebooks of {problem_id}, expected one. Run `make release`."
        )
    return found[0]


def runnable_solution(course: Course, problem_id: str) -> NotebookNode:
    """The released notebook with the solution's cells in it: what a perfect student hands in."""
    released = released_notebook(course, problem_id)
    solution = nbformat.read(the_file(course.solutions_dir, problem_id), as_version=4)
    sources = {cell.id: cell.source for cell in solution.cells}
    for cell in released.cells:
        if grade_id(cell) and cell.metadata.nbgrader["solution"]:
            cell.source = sources[cell.id]
    return released
