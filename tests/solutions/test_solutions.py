"""The solutions of all problems are right, and their problems' data are sound."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from samples import sampled
from solved import ROOT

from autograder.registry import load, problem_ids
from autograder.selfcheck.device import decide
from autograder.selfcheck.judge import draw_inputs, judge
from autograder.selfcheck.problem import Case

CPU = decide(None, None)
SEEDS = 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("problem_id", sampled(problem_ids("flash_attention"), 1))
def test_the_solution_passes_every_case_without_a_gpu(problem_id):
    """Does the solution pass all public and hidden cases in the interpreter, on two seeds?"""
    script = "tests.solutions.interpret_solution"
    done = subprocess.run(
        [sys.executable, "-m", script, problem_id, str(SEEDS)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads(done.stdout.strip().splitlines()[-1])
    graded = load(problem_id)
    assert len(rows) == len(graded.public.small_cases) + SEEDS * len(graded.cases)
    assert [row for row in rows if row["status"] != "passed"] == []


@pytest.mark.parametrize("problem_id", problem_ids("flash_attention"))
def test_names_are_unique_and_speed_is_worth_little(problem_id):
    """Is each case's name its own, and is speed a fifth of a problem at most?"""
    graded = load(problem_id)
    for gpu in (False, True):
        names = [item.on(gpu).name for item in graded.cases]
        assert len(set(names)) == len(names)
    assert graded.speed is None or graded.speed.points <= 0.2 * graded.points


def answer(graded, case: Case, change) -> str:
    """The status of the rounded reference after `change` was done to its first and last output."""
    inputs = draw_inputs(graded.public, case, CPU)
    reference = graded.public.reference(inputs, case.params)
    outputs = {
        output.name: reference[output.name].to(output.dtype or next(iter(inputs.values())).dtype)
        for output in graded.public.call.outputs
    }
    last = graded.public.call.outputs[-1].name
    first = graded.public.call.outputs[0].name
    for name in {first, last}:
        outputs[name] = change(outputs[name])
    return judge(graded.public, case, inputs, outputs, CPU, reference).status


CHANGES = {
    "nothing": (lambda x: x, "passed"),
    "2 % too large": (lambda x: x * 1.02, "wrong answer"),
    "zeros": (torch.zeros_like, "wrong answer"),
    "NaN in one place": (
        lambda x: x.index_fill(-1, torch.tensor([0]), float("nan")),
        "wrong answer",
    ),
    "a row moved by one": (lambda x: x.roll(1, -2 if x.dim() > 1 else 0), "wrong answer"),
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("problem_id", problem_ids("flash_attention"))
def test_every_problem_accepts_the_rounded_reference_and_nothing_near_it(problem_id, kind):
    """Is an answer of the right precision accepted, and each change to it refused?"""
    graded, (change, expected) = load(problem_id), CHANGES[kind]
    item = max(graded.cases, key=lambda item: item.points)
    case = Case(item.case.name, item.case.params, 5)
    assert answer(graded, case, change) == expected
