"""Small frames to plant mistakes in: a kernel, and a function of PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from autograder.selfcheck.program import Frame

SETUP = "import torch\nimport triton\nimport triton.language as tl"

KERNEL = '''
@triton.jit
def twice(x):
    return 2 * x


@triton.jit
def copy_kernel(
    x_ptr, o_ptr, stride_xr, stride_xc, stride_or, rows,
    BLOCK: tl.constexpr, COLS: tl.constexpr,
):  # fmt: skip
    offs_r = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    offs_c = tl.arange(0, COLS)
    exists = offs_r[:, None] < rows
    x_ptrs = x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc
    o_ptrs = o_ptr + offs_r[:, None] * stride_or + offs_c[None, :]
    # --- STUDENT IMPLEMENTATION STARTS HERE (p1.1) ---
    tl.static_assert(False, "p1.1: not implemented yet")
    # --- STUDENT IMPLEMENTATION ENDS HERE (p1.1) ---
    tl.store(o_ptrs, acc.to(o_ptr.dtype.element_ty), mask=exists)


def copied(x):
    """x: (rows, cols). Returns a copy."""
    rows, cols = x.shape
    o = torch.empty((rows, cols), dtype=x.dtype, device=x.device)
    copy_kernel[(triton.cdiv(rows, 16),)](
        x, o, x.stride(0), x.stride(1), o.stride(0), rows, BLOCK=16, COLS=cols
    )
    return o
'''

TORCH = """
class Copied(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        o = torch.empty_like(x)
        for row in range(len(x)):
            xi = x[row]  # (cols,)
            # --- STUDENT IMPLEMENTATION STARTS HERE (p1.1) ---
            raise NotImplementedError("p1.1: not implemented yet")
            # --- STUDENT IMPLEMENTATION ENDS HERE (p1.1) ---
            o[row] = acc
        return o

    @staticmethod
    def backward(ctx, d):
        # --- STUDENT IMPLEMENTATION STARTS HERE (p1.2) ---
        raise NotImplementedError("p1.2: not implemented yet")
        # --- STUDENT IMPLEMENTATION ENDS HERE (p1.2) ---
        return dx


def copied(x):
    return Copied.apply(x)
"""

KERNELS = Frame("p1", (SETUP, KERNEL))
PYTORCH = Frame("p1", ("import torch", TORCH))
TASK = {
    "entry": "copied",
    "method": "",
    "args": ("x",),
    "kwargs": (),
    "outputs": ["O"],
    "grads": (),
    "params": {},
    "layout": "contiguous",
    "device": "cpu",
}
RIGHT = "x = tl.load(x_ptrs, mask=exists, other=0.0)\nacc = x.to(tl.float32)"


def tell(mode: str, cases: dict[str, tuple[str, str]]) -> dict[str, dict]:
    """What is told of each region text, by name, in a process of its own; see tell.py."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.running.tell", mode],
        input=json.dumps(cases),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().split("\n")[-1])
