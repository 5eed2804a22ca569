"""Does the whole grader give honest work its points, whatever else the notebook does?"""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.course import Course
from autograder.grading.grade import Grader
from autograder.grading.rebuild import runnable_solution
from autograder.registry import load, problem_ids

COURSE = Course.load(Path(__file__).resolve().parents[1])
# What students do beside their work: a thread that ticks, arrays of tensors, copies, saved files.
HABITS = """
import copy, threading, time
import torch

def tick():
    while True:
        time.sleep(0.05)
        torch.ones(3).sum()

threading.Thread(target=tick, daemon=True).start()
weights = torch.randn(100)
shown = weights.numpy(), weights.tolist(), copy.deepcopy(weights), float(weights.sum())
torch.save(weights, "weights.pt")
"""


@pytest.mark.parametrize("problem_id", problem_ids())
def test_a_solution_gets_every_point_that_a_cpu_can_give(problem_id):
    nb = runnable_solution(COURSE, problem_id)
    nb.cells.insert(2, new_code_cell(HABITS))
    verdict = Grader(COURSE).grade(nb, problem_id)
    left = {case.name: case.detail for case in verdict.cases if case.status != "passed"}
    assert list(left) == [load(problem_id).speed.name], verdict.sentence
    assert verdict.notes == []
