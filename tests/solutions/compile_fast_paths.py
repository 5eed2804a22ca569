"""Compile the Hopper kernels of benchmarks/ for sm_90, without a GPU; run by test_fast_paths.py.

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

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import fast_path
import hopper_path
from portability import resources

NUMBERS = dict.fromkeys(("B", "H", "GROUP", "Nq", "Nk", "TOGETHER"), "i32") | {"qk_scale": "fp32"}


def report(name: str, dim: int, source: ASTSource, options: dict) -> None:
    done = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    print(name, dim, done.metadata.shared, *resources(done.asm["cubin"]))


def signature(rows: dict[str, int], dim: int, laid_out: bool) -> dict[str, str]:
    """Types of the arguments; Gluon's descriptors name their layout in shared memory too."""
    found = {}
    for name, count in rows.items():
        block = [1, 1, count, dim]
        layout = f",{gl.NVMMASharedLayout.get_default_for(block, gl.bfloat16)!r}"
        found[name] = f"tensordesc<bf16{block}{layout if laid_out else ''}>"
    return found | NUMBERS


def main() -> None:
    for causal in (False, True):
        table = fast_path.CAUSAL_TILES if causal else fast_path.TILES
        for dim, (m, n, warps, stages) in table.items():
            rows = {"q_desc": m, "k_desc": n, "v_desc": n, "o_desc": m}
            fixed = {"CAUSAL": causal, "BLOCK_M": m, "BLOCK_N": n, "BLOCK_D": dim}
            types = signature(rows, dim, False) | dict.fromkeys(fixed, "constexpr")
            source = ASTSource(fast_path.attention_tma_kernel, types, fixed)
            report("tma", dim, source, {"num_warps": warps, "num_stages": stages})
        m, n = hopper_path.ROWS, hopper_path.BLOCK_N
        rows = {"q_desc": m, "k_desc": n, "v_desc": n, "o_desc": m}
        fixed = {"CAUSAL": causal} | {
            name: getattr(hopper_path, name)
            for name in ("CONSUMERS", "STAGES", "CONSUMER_REGISTERS", "PRODUCER_REGISTERS")
        }
        types = signature(rows, 128, True) | dict.fromkeys(fixed, "constexpr")
        source = GluonASTSource(hopper_path.attention_hopper_kernel, types, fixed)
        report("hopper", 128, source, {"num_warps": 4})


if __name__ == "__main__":
    main()
