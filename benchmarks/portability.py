"""Compile every solution kernel for every class of GPU, without one, with the solution's tiles.

    python benchmarks/portability.py [--problems p3,p4] [--targets 75,80,90] [--dtypes float16]

The solution's wrapper is called on tensors that claim to be on the card; its launches are not run
but compiled for the target. A kernel must fit the chip's shared memory per block and must hardly
spill registers. Prints a line per launch, and with --table a summary per problem and chip; exits
with the number of failures. Seconds are processor time, Triton's and ptxas's; what Triton's cache
holds takes none, so give it an empty one (TRITON_CACHE_DIR) to measure.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

os.environ.pop("TRITON_INTERPRET", None)

import torch
import triton
from solution_modules import solution_entry
from triton.runtime.jit import JITFunction

from autograder.course import Course
from autograder.registry import load, problem_ids
from autograder.selfcheck.launches import Target, Variant, launches, stand_ins, variant
from autograder.selfcheck.offline import SHARED_KIB

ROOT = Path(__file__).resolve().parents[1]
TARGETS = "75,80,89,90,100,120"
SPILL_BYTES = 512  # stack bytes per thread that hardly matter
DIMENSIONS = (16, 32, 64, 128)
CUOBJDUMP = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"


@dataclass(frozen=True)
class Compiled:
    """One kernel compiled: shared memory in KiB, registers, stack bytes (spills), seconds of
    processor time.
    """

    kernel: str
    shared_kib: float
    registers: int
    stack: int
    seconds: float


def compile_launches(entry, task: dict, values: dict, target: Target) -> list[Compiled]:
    """Call the entry point; compile each of its launches for the target instead of running."""
    return [
        _compile(variant(launch, target, {}))
        for launch in launches(entry, task, values, target.capability)
    ]


def _compile(one: Variant) -> Compiled:
    source, options = one.packed
    start = processor_seconds()
    done = triton.compile(source, target=one.target.gpu, options=options.__dict__)
    registers, stack = resources(done.asm["cubin"])
    seconds = processor_seconds() - start
    return Compiled(one.name, done.metadata.shared / 1024, registers, stack, seconds)


def processor_seconds() -> float:
    """What this process and its children have used; other work on the machine does not count."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


def resources(cubin: bytes) -> tuple[int, int]:
    """Registers and stack bytes per thread, as the disassembler reports them."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        command = [CUOBJDUMP, "-res-usage", file.name]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(re.search(r"REG:(\d+)", text)[1]), int(re.search(r"STACK:(\d+)", text)[1])


def values_for(problem, dim: int, target: Target) -> dict:
    """All call values of a problem's timed case with that head dimension, small; of its first case
    where none is timed.
    """
    params = {**(problem.timing or problem.small_cases[0]).params}
    if "D" in params:
        params |= {"D": dim, "N": 256, "B": 1}
        params |= {key: 256 for key in ("Nq", "Nk") if key in params}
    inputs = problem.make_inputs(params, getattr(torch, target.dtype), torch.Generator())
    shapes = {n: {"shape": x.shape, "dtype": str(x.dtype)[6:]} for n, x in inputs.items()}
    return {**params, **stand_ins({"params": params, "inputs": shapes}, target)}


def wanted_dtypes(capability: int, chosen: list[str]) -> list[str]:
    """Dtypes to compile for: no bfloat16 where the chip has none."""
    return [name for name in chosen if not (capability < 80 and name == "bfloat16")]


def table(rows: list[tuple[str, int, Compiled]]) -> str:
    """Markdown: a row per problem, a column per chip; in it the worst of all that was compiled:
    shared memory, registers, bytes spilled, seconds for one. Then how many, and seconds for all.
    """
    chips = sorted({capability for _, capability, _ in rows})
    heads = ["", *(f"sm_{chip}, {SHARED_KIB[chip]} KiB" for chip in chips), "all"]
    lines = [heads, ["---"] * len(heads)]
    for problem_id in dict.fromkeys(problem_id for problem_id, _, _ in rows):
        mine = [(chip, one) for p, chip, one in rows if p == problem_id]
        worst = [_worst([one for c, one in mine if c == chip]) for chip in chips]
        total = f"{len(mine)} in {sum(one.seconds for _, one in mine):.0f} s"
        lines.append([problem_id, *worst, total])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _worst(some: list[Compiled]) -> str:
    """ "26 KiB, 130, 0 B, 0.4 s"."""
    shared, registers = max(one.shared_kib for one in some), max(one.registers for one in some)
    stack, seconds = max(one.stack for one in some), max(one.seconds for one in some)
    return f"{shared:.0f} KiB, {registers}, {stack} B, {seconds:.1f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", default="")
    parser.add_argument("--targets", default=TARGETS)
    parser.add_argument("--dtypes", default="bfloat16,float16")
    parser.add_argument("--dims", default=",".join(map(str, DIMENSIONS)))
    parser.add_argument("--shared-kib", type=float, help="hold every chip to this limit instead")
    parser.add_argument("--table", action="store_true", help="end with a summary in Markdown")
    arguments = parser.parse_args()
    chosen = arguments.problems.split(",") if arguments.problems else problem_ids("flash_attention")
    failures, rows = 0, []
    for problem_id in chosen:
        problem = load(problem_id).public
        if not problem.uses_triton:
            continue
        # A notebook may launch examples of its own (p2 does), which cannot run here.
        with mock.patch.object(JITFunction, "run", lambda *_, **__: None):
            entry = solution_entry(Course.load(ROOT).assignment("flash_attention"), problem_id)
        for capability in map(int, arguments.targets.split(",")):
            for name in wanted_dtypes(capability, arguments.dtypes.split(",")):
                for dim in map(int, arguments.dims.split(",")):
                    target = Target(capability, name)
                    values = values_for(problem, dim, target)
                    task = problem.task({}, {}, "cuda")
                    for one in compile_launches(entry, task, values, target):
                        limit = arguments.shared_kib or SHARED_KIB[capability]
                        bad = one.shared_kib > limit or one.stack > SPILL_BYTES
                        failures += bad
                        rows.append((problem_id, capability, one))
                        print(
                            f"{problem_id} sm_{capability} {name:<9} D={dim:<4} {one.kernel:<44} "
                            f"shared {one.shared_kib:6.1f} KiB, {one.registers:3d} registers, "
                            f"stack {one.stack:4d} B, {one.seconds:4.1f} s"
                            f"{'  <-- too much' if bad else ''}",
                            flush=True,
                        )
                    if "D" not in problem.timing.params:
                        break
    if arguments.table:
        print(table(rows))
    print(f"{len(rows)} compiled, {failures} too much")
    return min(failures, 100)


if __name__ == "__main__":
    sys.exit(main())
