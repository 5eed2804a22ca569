"""The regions: read out of a cell, put back into the frame, and found again by line."""

from __future__ import annotations

import pytest
from solved import frame, solved

from autograder.registry import problem_ids
from autograder.selfcheck.program import frame_of, only_defines
from autograder.selfcheck.regions import (
    FUNCTIONS,
    KERNEL,
    TORCH,
    canonical,
    is_stub,
    read_markers,
    work_hash,
)

CELL = """\
def answer(x):
    y = x + 1
    # --- STUDENT IMPLEMENTATION STARTS HERE (w1.1) ---
    # Step 1: Double it.
    raise NotImplementedError("w1.1: not implemented yet")
    # --- STUDENT IMPLEMENTATION ENDS HERE (w1.1) ---
    return z"""


def test_the_margin_is_that_of_the_first_code_and_line_numbers_stay():
    """Is line 3 of the text line 3 below the marker, whatever the indentation and comments?"""
    text = "\n# note at the margin\n        a = 1\n        b = (1,\n    2)\r\n   \n"
    assert canonical(text) == "\n# note at the margin\na = 1\nb = (1,\n2)"


def test_a_region_goes_in_and_comes_out():
    """Does the program hold the text, indented, and is every line of it found again?"""
    made = frame_of("w1", [CELL])
    program = made.program({"w1.1": "z = 2 * y\nif z:\n    z = z"})
    space: dict = {}
    exec(program.source, space)
    assert space["answer"](1) == 4
    lines = program.source.split("\n")
    at = lines.index("        z = z") + 1
    assert str(program.place(at)) == "line 3 of w1.1"
    assert program.place(1).region == ""
    assert read_markers(program.source).regions == {"w1.1": "z = 2 * y\nif z:\n    z = z"}


def test_a_missing_region_stays_unfilled():
    """Is work that lacks a region the frame's own stub there?"""
    made = frame_of("w1", [CELL])
    assert is_stub(made.program({}).source)
    assert made.regions["w1.1"].stub.startswith("# Step 1")


def test_names_and_kinds_come_from_where_the_region_stands():
    """Does a region know its kind, the values it may use and the functions it may call?"""
    kernel = "@triton.jit\ndef helper(x):\n    return x\n\n\n@triton.jit\n" + CELL.replace(
        "answer(x)", "kernel(x_ptr, BLOCK: tl.constexpr)"
    )
    region = frame_of("w1", ["LIMIT = 3", kernel]).regions["w1.1"]
    assert region.kind == KERNEL
    assert {"x_ptr", "BLOCK", "y", "LIMIT"} <= region.names
    assert region.helpers == {"helper"}
    assert frame_of("w1", [CELL]).regions["w1.1"].kind == TORCH
    whole = "\n".join(line.strip() for line in CELL.split("\n")[2:6])
    assert frame_of("w1", [f"x = 1\n{whole}"]).regions["w1.1"].kind == FUNCTIONS


@pytest.mark.parametrize(
    ("cell", "defines"),
    [
        ("import math\nN = 3", True),
        ("def f():\n    print(1)", True),
        ("mode = setup()", True),
        ("f(3)", False),
        ("x = 1\nprint(x)", False),
        ("%time x = 1", False),
        ("", False),
    ],
)
def test_examples_are_no_part_of_the_frame(cell, defines):
    """Is a cell that runs something left out, and one that only defines kept?"""
    assert only_defines(cell) is defines


def test_equal_work_has_one_hash():
    """Does the hash depend on the texts, and on which region holds which?"""
    assert work_hash({"a.1": "x", "a.2": "y"}) == work_hash({"a.2": "y", "a.1": "x"})
    assert work_hash({"a.1": "x", "a.2": "y"}) != work_hash({"a.1": "y", "a.2": "x"})
    assert work_hash({"a.1": "xa.2", "a.2": ""}) != work_hash({"a.1": "x", "a.2": "a.2"})


def test_a_stub_in_a_remark_is_no_stub():
    assert not is_stub('# raise NotImplementedError("p1.1: not implemented yet")\nm_i = 1')
    assert is_stub('x = 1\n  raise NotImplementedError("p1.1: not implemented yet")')


@pytest.mark.parametrize("problem_id", problem_ids("flash_attention"))
def test_every_solution_fits_its_frame(problem_id):
    """Has the solution exactly the frame's regions, all filled, and does the program parse?"""
    made, work = frame(problem_id), solved(problem_id)
    assert list(made.regions) == list(work)
    assert not any(map(is_stub, work.values()))
    assert all(is_stub(region.stub) for region in made.regions.values())
    compile(made.program(work).source, "program", "exec")
