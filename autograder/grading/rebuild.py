"""Rebuild a submission on the released notebook, so that what comes back from life can be graded.

The released notebook is the frame: its locked cells (self-check, check) are put back whatever
became of them, and the student's cells keep their order. A cell is recognised by what survives:
nbgrader's grade id first, then its numbered markers, then what it defines.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.errors import CourseError, NotGradable
from autograder.generate.stamp import check_call
from autograder.grading.arrange import Placed, given_rank, in_order, put_back
from autograder.grading.frame import Frame, grade_id, is_stub, markers
from autograder.grading.names import defined_names
from autograder.intake.archives import HAND_IN
from autograder.intake.cells import plain_cell
from autograder.intake.mend import trimmed
from autograder.selfcheck.problem import Problem

LEFT_OUT = ""  # the role of an unfilled copy


def rebuild(
    submitted: NotebookNode, released: NotebookNode, problem: Problem, whole: bool = True
) -> tuple[NotebookNode, list[str]]:
    """The submission in the released notebook's form, and the repairs made, in sentences.

    Of `submitted` only `cells` is used; they may come from anywhere. `whole` is False where the
    file's end was missing. Raises NotGradable when no cell holds the student's work.
    """
    frame = Frame(released, problem)
    repairs: list[str] = []
    cells = frame.mended([c for raw in submitted.cells if (c := plain_cell(raw))], repairs)
    roles = _assign_roles(cells, frame, repairs)
    _refuse_if_lost(cells, roles, frame, whole)
    placed: list[Placed] = []
    for i, cell in enumerate(cells):
        if roles.get(i) != LEFT_OUT and cell.cell_type != "raw":
            placed.append(_placed(cell, roles.get(i), frame, repairs))
    placed = put_back(in_order(placed, repairs), released, repairs)
    nb = copy.deepcopy(released)
    nb.cells = [p.cell for p in placed]
    for position, cell in enumerate(nb.cells):
        if not grade_id(cell):
            cell["id"] = f"student-{position}"
    return nb, repairs


def _assign_roles(cells: list[NotebookNode], frame: Frame, repairs: list[str]) -> dict[int, str]:
    """Which submitted cell (by position) plays which released cell (by grade id).

    Of several candidates the last one that is filled in wins, as it does in a notebook run from
    the top. The others stay as ordinary cells, but not an unfilled copy: it would undo the work.
    """
    roles: dict[int, str] = {}
    for role in frame.cells:
        stages = [[i for i in found if i not in roles] for found in _candidates(cells, role, frame)]
        filled = [[i for i in found if not is_stub(cells[i].source)] for found in stages]
        best = next((found for found in (*filled, *stages) if found), [])
        if not best:
            continue
        source = cells[best[-1]].source
        taken = next(i for i in best if cells[i].source == source)  # of equal ones the first
        roles[taken] = role
        others = set().union(*stages[:2]) - {taken}
        for i in others:
            if _says_nothing_more(cells[i].source, source, role not in frame.solutions):
                roles[i] = LEFT_OUT
        if others:
            count = len(others) + 1
            repairs.append(f"Cell {role!r} was there {count} times; the last filled one was taken.")
    return roles


def _says_nothing_more(copied: str, taken: str, locked: bool) -> bool:
    """Whether a second copy of a cell is to be left out: it is the same, or not filled in."""
    if trimmed(copied) == trimmed(taken):
        return True
    if locked:  # an older version of ours, unless it only looks like it
        return copied.startswith(taken.split("\n")[0])
    return is_stub(copied) and defined_names(copied) <= defined_names(taken)


def _candidates(cells: list[NotebookNode], role: str, frame: Frame) -> list[list[int]]:
    """Positions that may play `role`, one list per way to recognise it, surest first."""
    released = frame.cells[role]

    def positions(test: Callable[[NotebookNode], bool]) -> list[int]:
        return [i for i, c in enumerate(cells) if c.cell_type == "code" and test(c)]

    if role not in frame.solutions:
        first = released.source.splitlines()[0]
        ways = [lambda c: grade_id(c) == role, lambda c: c.source.lstrip().startswith(first)]
        if role == frame.check:
            ways[1] = lambda c: check_call(c.source) is not None
        # A cell with the student's region in it is the student's, whatever else was merged into it.
        return [positions(lambda c, w=way: w(c) and not frame.regions_in(c)) for way in ways]
    regions, names = markers(released.source), defined_names(released.source)
    entry = {frame.problem.entry} & names or names
    return [
        positions(
            lambda c: (
                grade_id(c) == role
                and bool(regions & markers(c.source) or names & defined_names(c.source))
            )
        ),
        positions(lambda c: bool(regions & markers(c.source))),
        positions(lambda c: bool(entry) and entry <= defined_names(c.source)),
    ]


def _refuse_if_lost(cells, roles: dict[int, str], frame: Frame, whole: bool) -> None:
    """Raise NotGradable where a grade would say nothing about the student's work."""
    problem = frame.problem
    found = {role: cells[i] for i, role in roles.items() if role in frame.solutions}
    if not whole:
        filled = [role for role, cell in found.items() if not is_stub(cell.source)]
        if len(filled) < len(frame.solutions):
            raise NotGradable(
                "The file is cut off or damaged, and what can be read of it does not hold all of "
                f"the work. Open the notebook where it is whole and download it again. {HAND_IN}"
            )
    if found:
        return
    others = {region.split(".")[0] for cell in cells for region in markers(cell.source)}
    if others - {problem.id}:
        what = f"It is the notebook of {', '.join(sorted(others))}, not of {problem.id}"
    elif not cells:
        what = "The notebook has no cells"
    else:
        what = (
            f"No cell holds the work: none has the markers of {problem.id}, and none defines "
            f"{problem.entry}"
        )
    raise NotGradable(f"{what}. Submit the notebook of {problem.id} that you filled in.")


def _placed(cell: NotebookNode, role: str | None, frame: Frame, repairs: list[str]) -> Placed:
    """The cell in its final form: a released one, or one of the student's own."""
    if role is None:
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else _markdown
        return Placed(new(cell.source), given_rank(cell, frame.released))
    released = frame.cells[role]
    result = copy.deepcopy(released)
    if role in frame.solutions:
        result.source = cell.source
    elif trimmed(cell.source) != trimmed(released.source):
        repairs.append(f"The cell {role!r} had been changed; the original was put back.")
    if grade_id(cell) != role:
        repairs.append(
            f"The cell {role!r} had lost its nbgrader metadata; it was recognised by its content."
        )
    return Placed(result, frame.rank(role))


_markdown = nbformat.v4.new_markdown_cell


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
