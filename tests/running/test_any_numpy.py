"""Triton 3.6's interpreter has numpy make a number of a block of one element; numpy 2.5 refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KERNEL = """
import torch, triton
import triton.language as tl
from triton.runtime import interpreter
from autograder.selfcheck.bounds import watched
from autograder.selfcheck.replaced import put_in_place
from autograder.selfcheck.triton_rules import any_numpy

real = interpreter._patch_lang_tensor

def as_in_3_6(tensor, *scope):
    def number(self):
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")

    real(tensor, *scope)
    (scope[0].set_attr if scope else setattr)(tensor, "__index__", number)

interpreter._patch_lang_tensor = as_in_3_6

@triton.jit
def count(out, n):
    total = 0
    for i in range(0, tl.load(n)):
        total += i
    tl.store(out, total)

def counted():
    out, n = torch.zeros(1, dtype=torch.int32), torch.tensor([5], dtype=torch.int32)
    try:
        count[(1,)](out, n)
    except Exception as error:
        return type(error).__name__
    return out.item()

by_itself = counted()
with watched():
    in_the_check = counted()
put_in_place(any_numpy())
print(by_itself, in_the_check, counted())
"""


def test_a_loop_may_end_at_a_value(tmp_path: Path):
    """In the check, and in a student's own launches after setup(); by itself it fails."""
    file = tmp_path / "kernel.py"
    file.write_text(KERNEL)
    env = {**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    ran = subprocess.run([sys.executable, file], env=env, capture_output=True, text=True)
    assert ran.stdout.split() == ["InterpreterError", "10", "10"], ran.stderr[-2000:]
