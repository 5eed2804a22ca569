"""Frames with unfilled regions, and the work that solves them, out of the solution notebooks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from autograder.selfcheck.program import Frame, Region, frame_of
from autograder.selfcheck.regions import STUBS, read_markers

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


def functions_region() -> Region:
    """A region that holds whole kernels."""
    frame = Frame("x1", (FUNCTIONS_CELL,))
    return frame.regions["x1.1"]


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
