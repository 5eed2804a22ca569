"""Frames with unfilled regions, and the work that solves them, out of the solution notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from autograder.selfcheck.program import Frame, Region, frame_of
from autograder.selfcheck.regions import FUNCTIONS, KERNEL, STUBS, read_markers

TESTS = Path(__file__).parents[1]
NOTEBOOKS = sorted((TESTS.parent / "solutions" / "flash_attention").glob("p*.ipynb"))
PROBLEMS = [path.name.partition("_")[0] for path in NOTEBOOKS]


@cache
def problem(name: str) -> tuple[Frame, dict[str, str]]:
    """The frame of a problem as it is handed out, and the solutions of its regions."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(f"{name}_"))
    cells = json.loads(path.read_text())["cells"]
    solved = frame_of(name, ["".join(c["source"]) for c in cells if c["cell_type"] == "code"])
    work = read_markers(solved.source).regions
    stubs = {id: STUBS[region.kind].format(id=id) for id, region in solved.regions.items()}
    program = solved.program(stubs).source
    return Frame(name, (program,)), work


def region(name: str) -> Region:
    """A region by its id, as it is handed out."""
    return problem(name.partition(".")[0])[0].regions[name]


def one_region(kind: str, names: Iterable[str] = ("x", "y"), helper: str = "_helper") -> Frame:
    """A frame with one region, x1.1, that knows these names and one given function."""
    if kind == FUNCTIONS:
        return Frame("x1", (FUNCTIONS_CELL,))
    jit = "@triton.jit\n" if kind == KERNEL else ""
    stub = STUBS[kind].format(id="x1.1")
    return Frame(
        "x1",
        (
            f"{jit}def {helper}():\n    pass\n\n\n{jit}def around({', '.join(names)}):\n"
            f"    # --- STUDENT IMPLEMENTATION STARTS HERE (x1.1) ---\n    {stub}\n"
            "    # --- STUDENT IMPLEMENTATION ENDS HERE (x1.1) ---\n",
        ),
    )


FUNCTIONS_CELL = """\
import triton
import triton.language as tl

WIDTH = 16

# --- STUDENT IMPLEMENTATION STARTS HERE (x1.1) ---
raise NotImplementedError("x1.1: not implemented yet")
# --- STUDENT IMPLEMENTATION ENDS HERE (x1.1) ---


def launch(x):
    return kernel[(1,)](x)
"""
