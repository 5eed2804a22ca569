"""The released notebook as the frame of a submission: its marked cells, and their regions."""

from __future__ import annotations

import re
from functools import cached_property

from nbformat import NotebookNode

from autograder.grading.names import defined_names
from autograder.intake.cells import make_cell
from autograder.intake.mend import (
    code_in_text,
    cut_out,
    join_split,
    mend_text,
    without_timing,
)
from autograder.selfcheck.problem import Problem

MARKER = re.compile(r"STUDENT IMPLEMENTATION (?:STARTS|ENDS) HERE \((p\d+\.\d+)\)")
STUB = re.compile(r"p\d+\.\d+: not implemented yet")


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's id of a cell, or "". Submitted metadata may be of any type."""
    meta = cell.metadata.get("nbgrader")
    found = meta.get("grade_id") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def markers(source: str) -> set[str]:
    """The student's regions of which a marker stands in the text, like "p3.1"."""
    return set(MARKER.findall(source))


def is_stub(source: str) -> bool:
    """Whether a region of the cell is still as it was handed out."""
    return bool(STUB.search(source))


class Frame:
    """The cells of a released notebook that have a grade id, by that id."""

    def __init__(self, released: NotebookNode, problem: Problem) -> None:
        self.released = released
        self.problem = problem
        self.cells = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
        metas = {role: cell.metadata["nbgrader"] for role, cell in self.cells.items()}
        self.solutions = {role for role, meta in metas.items() if meta["solution"]}
        self.check = next(role for role, meta in metas.items() if meta["grade"])

    def rank(self, role: str) -> int:
        """Where the cell stands in the released notebook."""
        return self.released.cells.index(self.cells[role])

    @cached_property
    def regions(self) -> set[str]:
        """Every region of the student's."""
        return set().union(*(markers(self.cells[role].source) for role in self.solutions))

    def regions_in(self, cell: NotebookNode) -> set[str]:
        """The regions of this problem that have a marker in the cell."""
        return self.regions & markers(cell.source)

    def mended(self, cells: list[NotebookNode], repairs: list[str]) -> list[NotebookNode]:
        """The cells with typing, timing magics, merging, splitting and retyping put right."""
        for cell in cells:
            mine = bool(self.regions_in(cell))
            if cell.cell_type == "code" or mine:
                cell.source = mend_text(cell.source, repairs)
            if cell.cell_type == "code" and mine:
                cell.source = without_timing(cell.source, repairs)
        for role in sorted(self.cells.keys() - self.solutions):
            count = len(cells)
            cells = cut_out(cells, self.cells[role].source, role)
            if len(cells) > count:
                repairs.append(f"The cell {role!r} had been merged with others; it was cut out.")
        return self._retyped(join_split(cells, self.regions, repairs), repairs)

    def _retyped(self, cells: list[NotebookNode], repairs: list[str]) -> list[NotebookNode]:
        """Code in text cells turned into code, where no code cell has that work."""
        for role in sorted(self.solutions):
            released = self.cells[role].source
            regions, names = markers(released), defined_names(released)
            if any(
                cell.cell_type == "code"
                and regions & markers(cell.source)
                and not is_stub(cell.source)
                for cell in cells
            ):
                continue
            for position, cell in enumerate(cells):
                code = "" if cell.cell_type == "code" else code_in_text(cell.source)
                known = regions & markers(code) or (names and names <= defined_names(code))
                if known and not is_stub(code):
                    cells[position] = make_cell("code", code, cell.metadata)
                    repairs.append(
                        f"The code of {role!r} stood in a text cell; it was taken as code."
                    )
                    break
        return cells
