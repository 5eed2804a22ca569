"""The student's regions as they stand in the cells of this session that were run last.

The check runs what the grader would run: the released code with these regions in it. So it needs
their text, not the function that happens to be defined.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, field
from typing import Any

from .given import changed_given, outside_names
from .program import Frame, frame_of
from .regions import SELFCHECK, as_run, read_markers
from .session import given_cells

CHECK = "check("


@dataclass(frozen=True)
class Live:
    """The work found in this session, and what the student should know about its cells."""

    frame: Frame
    work: dict[str, str]
    remarks: list[str] = field(default_factory=list)


def read_live(problem_id: str, cells: list[str], frame: Frame | None = None) -> Live:
    """The work of a problem in cells that were run, oldest first. A region whose cell was not run
    stays as it was handed out. `frame` is the given code; by default what the notebook carries.

    Raises LookupError where no cell with the problem's regions was run.
    """
    cells = [as_run(cell)[0] for cell in cells]
    frame = frame or released_frame(problem_id) or frame_of(problem_id, _latest(cells))
    work, remarks = {}, []
    for region, given in frame.regions.items():
        cell = next((c for c in reversed(cells) if region in read_markers(c).regions), None)
        work[region] = read_markers(cell).regions[region] if cell is not None else given.stub
        if cell is not None:
            remarks += [r for r in changed_given(frame, region, cell) if r not in remarks]
    if not any(read_markers(cell).regions.keys() & work.keys() for cell in cells):
        raise LookupError(
            "Run the cell with your code first: none with the marked region has been run since "
            "this session began."
        )
    return Live(frame, work, remarks + outside_names(frame, cells, work))


def released_frame(problem_id: str) -> Frame | None:
    """The given code that the notebook carries; None in the author's own copy."""
    cells = given_cells()
    return None if cells is None else Frame(problem_id, cells)


def run_cells(entry: Any) -> list[str]:
    """The sources of the cells that this session has run, oldest first.

    Outside a notebook: the file in which the entry point was defined, as one cell.
    """
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None and shell.user_ns.get("In"):
            return [cell for cell in shell.user_ns["In"] if isinstance(cell, str)]
    try:
        module = inspect.getmodule(entry)
        return [inspect.getsource(module)] if module is not None else []
    except (OSError, TypeError):
        return []


def _latest(cells: list[str]) -> list[str]:
    """The given code in the author's notebook: each cell as it was run last."""
    kept: list[str] = []
    seen: set[str] = set()
    for cell in reversed(cells):
        regions = read_markers(cell).regions.keys()
        ours = cell.lstrip().startswith((CHECK, SELFCHECK))
        if not ours and cell not in kept and not regions & seen:
            kept.insert(0, cell)
            seen |= regions
    return kept
