"""Every solution kernel compiles for every class of GPU with the tiles that its wrapper chooses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import sampled, turn

from autograder.registry import load, problem_ids

ROOT = Path(__file__).resolve().parents[2]
CHIPS, DIMENSIONS = ("75", "80", "89", "90", "100", "120"), ("16", "32", "64", "128")
TRITON = [problem for problem in problem_ids("flash_attention") if load(problem).public.uses_triton]


def compile_all(problem_id: str, *arguments: str) -> int:
    """How many kernels benchmarks/portability.py compiled; fails if one is too much for a chip."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    script = ROOT / "benchmarks" / "portability.py"
    done = subprocess.run(
        [sys.executable, str(script), "--problems", problem_id, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    too_much = [line for line in done.stdout.splitlines() if "too much" in line]
    assert done.returncode == 0, "\n".join(too_much) + done.stderr[-2000:]
    return int(done.stdout.strip().splitlines()[-1].split()[0])


@pytest.mark.parametrize("problem_id", sampled(TRITON, 1))
def test_kernels_fit_a_chip(problem_id):
    """Do the launches for one class of GPU and one head dimension, other ones each turn, compile
    within the chip's shared memory and without spills to speak of?
    """
    number = turn() + TRITON.index(problem_id)
    chip, dim = CHIPS[number % len(CHIPS)], DIMENSIONS[number // len(CHIPS) % len(DIMENSIONS)]
    assert compile_all(problem_id, "--targets", chip, "--dims", dim, "--dtypes", "float16") >= 1


@pytest.mark.trust
@pytest.mark.timeout(900)
@pytest.mark.parametrize("problem_id", TRITON)
def test_kernels_fit_every_class_of_gpu(problem_id):
    """The same for sm_75 to sm_120, float16 and bfloat16, D 16 to 128."""
    assert compile_all(problem_id) >= 11  # at least one launch per target and dtype


@pytest.mark.slow
def test_the_gate_refuses_what_does_not_fit():
    """Does a limit that no kernel meets make the gate fail?"""
    command = [sys.executable, str(ROOT / "benchmarks" / "portability.py"), "--problems", "p3"]
    command += ["--targets", "90", "--dims", "64", "--shared-kib", "1"]
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "too much" in done.stdout
