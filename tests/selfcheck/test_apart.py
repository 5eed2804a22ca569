"""Beside a GPU session, the interpreter says what a GPU does not: which access strays."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from solved import frame, solved

from autograder.selfcheck.elsewhere import diagnose_elsewhere
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.report import Row

UNMASKED = ("stride_w, mask=column_exists, other=0.0", "stride_w")
FORGOTTEN = ("acc * alpha[:, None]", "acc")


def found(problem_id: str, change: tuple[str, str]):
    """Why it fails, where all that a GPU told is that one case is wrong."""
    program = frame(problem_id).program(solved(problem_id, change))
    rows = [Row("some case", "wrong answer")]
    return diagnose_elsewhere(find_problem(problem_id), program, rows)


def test_a_stray_load_is_told_with_its_line():
    (cause,) = found("p2", UNMASKED).causes
    assert cause.kind == "stray-access" and cause.region == "p2.1" and cause.line
    assert "past the end of `w_ptr`" in cause.sentence


@pytest.mark.slow
def test_what_the_scenes_show_comes_first():
    (cause,) = found("p3", FORGOTTEN).causes
    assert "rescale" in cause.sentence and "interpreter" not in cause.sentence


LOST = """
from solved import frame, solved
from autograder.selfcheck.check import conclude, run_cases
from autograder.selfcheck.device import current_mode
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.report import Report
from benchmarks.solution_modules import module_of

program = frame("p2").program(solved("p2", ("out_ptr + offs_r", "out_ptr + 40000000000 + offs_r")))
problem = find_problem("p2")
report = Report("p2", rows=list(run_cases(problem, program, module_of(program), current_mode())))
conclude(report, problem)
print(*[row.status for row in report.rows], report.advice)
"""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_after_an_illegal_address_no_case_is_run():
    """And the student is told to restart: a lost context is none of the case's own faults."""
    said = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("crashed not run not run")
    assert "Restart" in said.stdout
