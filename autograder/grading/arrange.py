"""Bring a submission's cells into the order they were handed out in, and put back what is gone."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.grading.names import bound_names, used_names
from autograder.intake.mend import trimmed


@dataclass
class Placed:
    """A cell, and the position in the released notebook of the cell that it is; None for a cell of
    the student's own.
    """

    cell: NotebookNode
    rank: int | None = None


def given_rank(cell: NotebookNode, released: NotebookNode) -> int | None:
    """Which of the released code cells without a grade id this one is."""
    text = trimmed(cell.source)
    for rank, given in enumerate(released.cells):
        if given.cell_type == "code" == cell.cell_type and "nbgrader" not in given.metadata:
            names = bound_names(given.source)
            same_id = cell.metadata.get("id") == given.id and names & bound_names(cell.source)
            if text == trimmed(given.source) or same_id:
                return rank
    return None


def in_order(cells: list[Placed], repairs: list[str]) -> list[Placed]:
    """The cells in the released order, if they had lost it. A student's own cell stays behind the
    released cell that it stood behind.
    """
    groups: list[list[Placed]] = [[]]
    seen: set[int] = set()
    for placed in cells:
        if placed.rank in seen:
            placed.rank = None  # a second copy is the student's own
        if placed.rank is not None:
            seen.add(placed.rank)
            groups.append([])
        groups[-1].append(placed)
    ranked = sorted(groups[1:], key=lambda group: group[0].rank)
    if ranked == groups[1:]:
        return cells
    repairs.append("Cells had been moved; they were put back into their order.")
    return [placed for group in (groups[0], *ranked) for placed in group]


def put_back(cells: list[Placed], released: NotebookNode, repairs: list[str]) -> list[Placed]:
    """The cells with the missing ones: those with a grade id, and those that define what is used
    and that nobody defines any more.
    """
    for rank, cell in enumerate(released.cells):
        if cell.cell_type != "code" or any(placed.rank == rank for placed in cells):
            continue
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id
        if "nbgrader" not in cell.metadata and not _is_needed(cell, cells):
            continue
        before = [i for i, p in enumerate(cells) if p.rank is not None and p.rank < rank]
        at = before[-1] + 1 if before else 0
        cells = [*cells[:at], Placed(copy.deepcopy(cell), rank), *cells[at:]]
        repairs.append(f"The cell {name!r} was missing; it was put back.")
    return cells


def _is_needed(cell: NotebookNode, cells: list[Placed]) -> bool:
    """Whether some cell uses a name that only this missing one defines."""
    sources = [p.cell.source for p in cells if p.cell.cell_type == "code" and not _locked(p.cell)]
    bound = set().union(*map(bound_names, sources))
    used = set().union(*map(used_names, sources))
    return bool((bound_names(cell.source) - bound) & used)


def _locked(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))
