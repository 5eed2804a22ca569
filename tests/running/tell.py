"""Run planted mistakes and print what is told of each, as JSON.

    python -m tests.running.tell interpreted|compiled|gpu < {name: [region text, layout]}

A process of its own: Triton is interpreted or compiled, never both in one process. "compiled" means
compiled for an sm_80, and nothing is launched; "gpu" runs on the GPU that is there.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

if sys.argv[1] == "interpreted":
    os.environ["TRITON_INTERPRET"] = "1"
else:
    os.environ.pop("TRITON_INTERPRET", None)
    os.environ["TRITON_CACHE_DIR"] = tempfile.mkdtemp()  # what is kept there is not looked at again

import torch

from autograder.selfcheck.faults import fault
from autograder.selfcheck.running import answer, load_program
from autograder.selfcheck.triton_rules import triton_rules
from tests.running.frames import KERNELS, TASK

ROWS, COLS = 20, 8


DEVICE = "cuda" if sys.argv[1] == "gpu" else "cpu"


def ran(text: str, layout: str) -> dict:
    """What a run of the region gives: a fault, or what its answer says."""
    program = KERNELS.program({"p1.1": text})
    x = torch.arange(ROWS * COLS, dtype=torch.float16, device=DEVICE).reshape(ROWS, COLS)
    try:
        module = load_program(program, Path(tempfile.mkdtemp()))
        found = answer({**TASK, "layout": layout, "device": DEVICE}, module, {"x": x})
    except Exception as error:
        return asdict(fault(error, program))
    right = torch.equal(found.outputs["O"], x)
    return {"status": "right" if right else "wrong", "stray": found.stray, **found.unwritten}


def compiled(text: str, layout: str) -> dict:
    """What the compiler says of the region, for the shapes of `ran`."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    program = KERNELS.program({"p1.1": text})
    kinds = {"x_ptr": "*fp16", "o_ptr": "*fp16", "BLOCK": "constexpr", "COLS": "constexpr"}
    try:
        module = load_program(program, Path(tempfile.mkdtemp()))
        kernel = module.copy_kernel
        signature = {name: kinds.get(name, "i32") for name in kernel.arg_names}
        names = kernel.arg_names
        sizes = {(names.index("BLOCK"),): 16, (names.index("COLS"),): COLS}
        with triton_rules():
            triton.compile(ASTSource(kernel, signature, sizes), target=GPUTarget("cuda", 80, 32))
    except Exception as error:
        return asdict(fault(error, program))
    return {"status": "compiled"}


if __name__ == "__main__":
    run = compiled if sys.argv[1] == "compiled" else ran
    print(json.dumps({name: run(*args) for name, args in json.load(sys.stdin).items()}))
