"""nbgrader's cell metadata, derived from the markers, the check call and the course's points."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..selfcheck.regions import SELFCHECK, START
from .cells import BuildError, parse_python, problem_of, where
from .markers import scan_notebook

SCHEMA_VERSION = 3


def stamp_notebook(nb, file: str, points: Mapping[str, int]) -> None:
    """Write nbgrader's metadata into `nb`; raises BuildError naming the file and what to do."""
    problem = problem_of(file)
    if problem not in points:
        raise BuildError(
            f"{file}: no points are set for {problem}. Add `{problem} = …` under "
            f"[assignments.{Path(file).parent.name}.points] in course.toml."
        )
    _refuse_foreign_metadata(nb, file)
    selfcheck = _the_one(_selfcheck_cells(nb), "self-check", SELFCHECK, file)
    solutions = list(scan_notebook(nb, problem, file))
    call = f'check("{problem}", …)'
    check = _the_one(_cells_that_call("check", nb, problem, file), "check", call, file)
    _cells_that_call("submit", nb, problem, file)
    if not solutions:
        raise BuildError(
            f"{file}: nothing is left to the student. Put the code to be written between markers, "
            f"`{START.format(id=f'{problem}.1')}` and its END."
        )
    _refuse_mixed_cells(nb, file, selfcheck, check, solutions)
    _stamp(nb.cells[selfcheck], f"{problem}-selfcheck", locked=True)
    for number, index in enumerate(solutions, start=1):
        suffix = "" if number == 1 else f"-{number}"
        _stamp(nb.cells[index], f"{problem}-solution{suffix}", solution=True)
    _stamp(nb.cells[check], f"{problem}-check", grade=True, locked=True, points=points[problem])


def call_of(function: str, source: str) -> ast.Call | None:
    """The call of `check(...)`, say, or `selfcheck.check(...)` at a cell's top level, if any."""
    try:
        tree = parse_python(source)
    except SyntaxError:
        return None
    for statement in tree.body:
        call = getattr(statement, "value", None)
        if isinstance(statement, ast.Expr | ast.Assign) and isinstance(call, ast.Call):
            target = call.func
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name == function:
                return call
    return None


def _stamp(cell, grade_id: str, points: int | None = None, **flags: bool) -> None:
    meta: dict[str, Any] = {"grade": False, "solution": False, "locked": False, "task": False}
    meta |= flags
    meta.update(grade_id=grade_id, schema_version=SCHEMA_VERSION, cell_type=cell.cell_type)
    if points is not None:
        meta["points"] = points
    cell.metadata["nbgrader"] = meta


def _selfcheck_cells(nb) -> list[int]:
    return [
        index
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code" and cell.source.split("\n")[0].rstrip() == SELFCHECK
    ]


def _cells_that_call(function: str, nb, problem: str, file: str) -> list[int]:
    """Where the function is called, for this notebook's problem; BuildError if for another."""
    found = []
    for index, cell in enumerate(nb.cells):
        call = call_of(function, cell.source) if cell.cell_type == "code" else None
        if call is None:
            continue
        first = call.args[0] if call.args else None
        if not isinstance(first, ast.Constant) or first.value != problem:
            raise BuildError(
                f"{where(file, index, cell)}: `{ast.unparse(call)}` does not {function} this "
                f'notebook\'s problem. Write {function}("{problem}", …).'
            )
        found.append(index)
    return found


def _the_one(found: list[int], kind: str, mark: str, file: str) -> int:
    if len(found) == 1:
        return found[0]
    if not found:
        raise BuildError(f"{file}: no {kind} cell. Add the code cell with `{mark}`.")
    cells = ", ".join(map(str, found))
    raise BuildError(f"{file}: {len(found)} {kind} cells (cells {cells}). Keep one `{mark}`.")


def _refuse_foreign_metadata(nb, file: str) -> None:
    for index, cell in enumerate(nb.cells):
        if "nbgrader" in cell.metadata:
            raise BuildError(
                f"{where(file, index, cell)}: has nbgrader metadata of its own. It is derived from "
                "the markers: remove `nbgrader` from the cell's metadata."
            )


def _refuse_mixed_cells(nb, file: str, selfcheck: int, check: int, solutions: list[int]) -> None:
    if check in solutions or selfcheck in solutions or check == selfcheck:
        raise BuildError(
            f"{file}: one cell plays two parts (self-check, student's region, check call). "
            "Give each a cell of its own."
        )
    first_code = next(i for i, cell in enumerate(nb.cells) if cell.cell_type == "code")
    if selfcheck != first_code:
        raise BuildError(
            f"{where(file, selfcheck, nb.cells[selfcheck])}: the self-check cell must be the first "
            "code cell: it sets the device up before triton is imported. Move it up."
        )
