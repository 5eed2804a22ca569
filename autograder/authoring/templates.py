"""What `autograder new-problem` writes: a small problem that passes, to be changed bit by bit.

`$name` stands for what is filled in (string.Template).
"""

SELFCHECK = {
    "package": """\
# --- SELFCHECK ---
import sys

import autograder.selfcheck

sys.modules["selfcheck"] = autograder.selfcheck""",
    "course": """\
# --- SELFCHECK ---
import sys

import autograder.selfcheck
from autograder.course import Course

Course.load("../..")  # its problems stand in this course's own folder
sys.modules["selfcheck"] = autograder.selfcheck""",
}

PUBLIC = '''\
"""$title ($id). The public side: students see every word of it."""

from __future__ import annotations

from functools import partial

import torch

from ...problem import Call, Output, Problem, make_case


def draw(params, dtype: torch.dtype, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """x (rows, cols) and s (rows,), standard normal, on the generator's device."""
    shape = params["rows"], params["cols"]
    x = torch.randn(shape, generator=generator, device=generator.device)
    s = torch.randn(shape[0], generator=generator, device=generator.device)
    return {"x": x.to(dtype), "s": s.to(dtype)}


def right(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    """The right answer, in whatever precision x and s have."""
    return x * s[:, None]


# Each line is a case; it names only what differs from the usual numbers.
case = partial(make_case, seed=$seed, rows=64, cols=128)
SMALL = (
    case("4 rows of 8", rows=4, cols=8),
    case("a single row", rows=1, cols=8),
    case("a length that is no power of two", rows=3, cols=21),
)

PROBLEM = Problem(
    id="$id",
    title="$title",
    entry="scale_rows",
    call=Call(args=("x", "s"), outputs=(Output("y"),)),
    uses_triton=$triton,
    make_inputs=draw,
    # In float64; answers are compared with it, row by row.
    reference=lambda inputs, params: {"y": right(inputs["x"].double(), inputs["s"].double())},
    # As a right answer of the inputs' own precision would be: how far one may be off follows.
    yardstick=lambda inputs, params, tf32: {"y": right(inputs["x"], inputs["s"])},
    axes=("row",),
    cases=(*SMALL, case("64 rows of 128")),
    small_cases=SMALL,  # these, where there is no GPU
    graded_on="other numbers of rows and columns",
)
'''

HIDDEN = '''\
"""$title ($id): what counts. Students never see this file."""

from __future__ import annotations

from autograder.selfcheck.problems.$assignment import $id

from autograder.registry import GradedProblem, make_graded

# Points say how much a case counts beside the others; they are scaled to what course.toml says.
# The inputs' seeds are drawn by the grader. `gpu` holds what is larger where there is a GPU.
CASES = (
    make_graded($most, "five rows of seventeen columns", rows=5, cols=17, gpu={"rows": 500}),
    make_graded($less, "many more rows than columns", rows=40, cols=3, gpu={"rows": 4000}),
    make_graded($less, "a column and nothing beside it", rows=9, cols=1),
)

PROBLEM = GradedProblem($id.PROBLEM, CASES)
'''

TORCH = '''\
def scale_rows(x, s):
    """x: (rows, cols); s: (rows,). Returns y: (rows, cols), row i of x times s[i]."""
    # --- STUDENT IMPLEMENTATION STARTS HERE ($id.1) ---
    # Step 1: a column of s that stands beside the rows of x: (rows, 1).
    factors = s[:, None]
    # Step 2: multiply.
    y = x * factors
    # --- STUDENT IMPLEMENTATION ENDS HERE ($id.1) ---
    return y'''

TRITON = '''\
@triton.jit
def scale_kernel(x_ptr, s_ptr, y_ptr, stride_xr, stride_xc, stride_s, cols, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    # --- STUDENT IMPLEMENTATION STARTS HERE ($id.1) ---
    # Step 1: this row's columns (BLOCK,), and which of them there are.
    offs_c = tl.arange(0, BLOCK)
    there = offs_c < cols
    # Step 2: load the row and its number.
    x = tl.load(x_ptr + row * stride_xr + offs_c * stride_xc, mask=there, other=0.0)
    factor = tl.load(s_ptr + row * stride_s)
    # Step 3: multiply, and store what there is.
    tl.store(y_ptr + row * cols + offs_c, x * factor, mask=there)
    # --- STUDENT IMPLEMENTATION ENDS HERE ($id.1) ---


def scale_rows(x, s):
    """x: (rows, cols); s: (rows,). Returns y: (rows, cols), row i of x times s[i]."""
    rows, cols = x.shape
    y = torch.empty(rows, cols, dtype=x.dtype, device=x.device)
    block = triton.next_power_of_2(cols)
    scale_kernel[(rows,)](x, s, y, x.stride(0), x.stride(1), s.stride(0), cols, BLOCK=block)
    return y'''

TITLE = """\
# $title

Say here what is to be computed, and why anybody would want it. This text is an example: each row of
`x` times its own number in `s`."""

SETUP = """\
from selfcheck import check, setup, submit

mode = setup()  # chooses the device and says which in one sentence

import torch"""
WITH_TRITON = "\nimport triton\nimport triton.language as tl"

HAND_IN = """\
## Hand in

Write your name and your student id into the next cell and run it. It lists what is still missing
and writes the file to hand in. Only what stands between the marker lines is graded."""
