"""Compile the kernels of kernels/ for sm_90, without a GPU; run by test_kernels_without_gpu.py.

Prints one line per kernel: name, D, shared memory in bytes, registers, stack bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.experimental.gluon import language as gl
from triton.experimental.gluon._runtime import GluonASTSource

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from portability import resources

from kernels import descriptors, hopper

SIZES = ("B", "H", "GROUP", "Nq", "Nk")
NUMBERS = dict.fromkeys((*SIZES, "TOGETHER"), "i32") | {"qk_scale": "fp32"}


def report(name: str, dim: int, source: ASTSource, options: dict) -> None:
    done = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    print(name, dim, done.metadata.shared, *resources(done.asm["cubin"]))


def signature(boxes: dict[str, tuple[int, int]], dim: int, laid_out: bool) -> dict[str, str]:
    """Types of the arguments; Gluon's descriptors name their layout in shared memory too."""
    found = {}
    for name, (heads, rows) in boxes.items():
        block = [1, heads, rows, dim]
        layout = f",{gl.NVMMASharedLayout.get_default_for(block, gl.bfloat16)!r}"
        found[name] = f"tensordesc<bf16{block}{layout if laid_out else ''}>"
    return found | NUMBERS


def compile_described(dim: int, causal: bool, window: int | None) -> None:
    m, n, warps, stages = descriptors.choose_tiles(dim, causal, window)
    pack = 1 if window is None else 4
    boxes = {"q_desc": (pack, m // pack), "k_desc": (1, n), "v_desc": (1, n)}
    boxes["o_desc"] = boxes["q_desc"]
    fixed = {"CAUSAL": causal, "WINDOW": window is not None}
    types = signature(boxes, dim, False) | {"window": "i32", "sink": "i32"}
    types |= dict.fromkeys(fixed, "constexpr")
    source = ASTSource(descriptors.described_attention_kernel, types, fixed)
    report("described", dim, source, {"num_warps": warps, "num_stages": stages})


def compile_hopper(dim: int, causal: bool) -> None:
    m, n = (1, hopper.ROWS), (1, hopper.BLOCK_N)
    boxes = {"q_desc": m, "k_desc": n, "v_desc": n, "o_desc": m}
    names = ("CONSUMERS", "STAGES", "CONSUMER_REGISTERS", "PRODUCER_REGISTERS")
    fixed = {"CAUSAL": causal} | {name: getattr(hopper, name) for name in names}
    types = signature(boxes, dim, True) | dict.fromkeys(fixed, "constexpr")
    source = GluonASTSource(hopper.attention_hopper_kernel, types, fixed)
    report("hopper", dim, source, {"num_warps": 4})


def main() -> None:
    for dim in (16, 32, 64, 128):
        for causal, window in ((False, None), (True, None), (True, 128)):
            compile_described(dim, causal, window)
    for dim in hopper.DIMENSIONS:
        for causal in (False, True):
            compile_hopper(dim, causal)


if __name__ == "__main__":
    main()
