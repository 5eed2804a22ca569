"""The sandbox's promises where a GPU is used: the rows of docs/security.md that need one.

    python benchmarks/gpu_sandbox.py

Prints what was tried at each isolation level, what was expected and what happened; the exit code
counts the differences. Nothing else should use the GPU meanwhile.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from nbformat.v4 import new_code_cell

from autograder.sandbox.levels import LEVELS, Level, available
from autograder.sandbox.processes import below
from autograder.sandbox.promises import PROMISES
from autograder.sandbox.session import Limits, Session
from autograder.sandbox.usage import exact_memory, quick_memory

GIB = 1 << 30
HELD = 2 * GIB  # what the processes below take of the GPU
NOISE = GIB // 2  # contexts of the driver, and other people's work

TRITON = """
import torch, triton, triton.language as tl
@triton.jit
def double(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offs, 2 * tl.load(x_ptr + offs, mask=offs < n), mask=offs < n)
x = torch.arange(1000.0, device="cuda")
y = torch.empty_like(x)
double[(1,)](x, y, 1000, BLOCK=1024)
assert torch.equal(y, 2 * x)
assert torch.isfinite((torch.randn(512, 512, device="cuda") @ x[:512]).sum())
"""

# A process that left its family takes memory and keeps the GPU busy.
BUSY = f"""
import torch
x = torch.zeros({HELD} // 4, device="cuda")
a = torch.zeros(4096, 4096, device="cuda")
open("ready", "w")
while True:
    a = a @ a
    torch.cuda.synchronize()
"""
DETACH = f"""
import os, subprocess, sys, time
busy = subprocess.Popen([sys.executable, "-c", {BUSY!r}], start_new_session=True)
while not os.path.exists("ready"):
    assert busy.poll() is None, "the process has ended"
    time.sleep(0.1)
"""
FILL = f"""
import mmap
block = mmap.mmap(-1, {6 * GIB})
for _ in range(6 * 64): block.write(bytes([1]) * (1 << 24))
"""
PIN = f"import torch; x = torch.ones({6 * GIB}, dtype=torch.uint8, pin_memory=True)"
MASKED = "import os; assert not any(map(os.listdir, filter(os.path.isdir, {folders!r})))"


def used() -> int:
    """Bytes of the GPU's memory in use, by anybody."""
    free, total = torch.cuda.mem_get_info()
    return total - free


def stays_used(before: int, seconds: float = 20) -> bool:
    """Whether the GPU's memory is still held; the driver takes a moment to free it."""
    deadline = time.monotonic() + seconds
    while used() > before + NOISE and time.monotonic() < deadline:
        time.sleep(0.2)
    return used() > before + NOISE


def run(session: Session, code: str, seconds: float = 120) -> str:
    """A cell's status, with the error's words."""
    result = session.run_cell(new_code_cell(code), seconds)
    return f"{result.status} {result.ename} {result.evalue}".strip()


def cuda_works(level: Level) -> bool:
    """Whether a matmul and a Triton kernel run; prints the host memory that counts."""
    with Session(level) as session:
        said = run(session, TRITON)
        pids = [process.pid for process in below(session._kernel.process.pid)]
        quick, exact = (sum(map(f, pids)) / GIB for f in (quick_memory, exact_memory))
        print(f"   {said}; host memory counted: {quick:.2f} GiB quickly, {exact:.2f} exactly")
        return said == "ok"


def uses_gpu(level: Level) -> tuple[bool, bool]:
    """Whether a detached process can take the GPU's memory, and whether that outlives it."""
    before = used()
    with Session(level) as session:
        said = run(session, DETACH)
        taken = used() > before + HELD // 2
        print(f"   detached: {said}; {(used() - before) / GIB:.2f} GiB in use meanwhile")
    return taken, stays_used(before)


def left_by_a_killed_grader(level: Level) -> bool:
    """Whether GPU memory stays in use after the grader was killed with SIGKILL."""
    before = used()
    with grader(level) as process:
        assert process.stdout.readline() == "ready\n"
        print(f"   {(used() - before) / GIB:.2f} GiB in use before the grader is killed")
        os.kill(process.pid, signal.SIGKILL)
        return stays_used(before)


@contextmanager
def grader(level: Level) -> Iterator[subprocess.Popen]:
    """A process that plays a grader with a session of this level."""
    command = [sys.executable, __file__, "--grader", level.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def play_grader(name: str) -> None:
    (level,) = [level for level in LEVELS if level.name == name]
    with Session(level) as session:
        said = run(session, DETACH)
        print("ready" if said == "ok" else said, flush=True)
        time.sleep(600)


def passes_memory_limit(level: Level, code: str) -> bool:
    """Whether code can use 6 GiB of the machine's memory where 4 are allowed."""
    with Session(level, limits=Limits(memory_gib=4)) as session:
        said = run(session, TRITON + code)
        time.sleep(1)  # the guard looks ten times a second
        print(f"   {said} {session.exceeded}")
        return session.alive and not session.exceeded


def shows_system(level: Level) -> bool:
    """Whether something is visible in the covered parts of /sys; prints the device files."""
    from autograder.sandbox.mounts import SYS_MASKED

    with Session(level) as session:
        cell = new_code_cell("import os; print(*sorted(os.listdir('/dev')))")
        session.run_cell(cell)
        print("   /dev:", cell.outputs[0].text.strip() if cell.outputs else "no answer")
        return run(session, MASKED.format(folders=SYS_MASKED)) != "ok"


def attempts(level: Level) -> Iterator[tuple[str, bool, Callable[[], bool]]]:
    """What is tried, whether it should succeed, and how it is tried."""
    row = {promise.name: promise.cell(level.name).answer == "yes" for promise in PROMISES}
    yield "CUDA and Triton work", True, lambda: cuda_works(level)
    both: list[bool] = []
    yield "fill the GPU meanwhile", row["gpu_used"], lambda: both.extend(uses_gpu(level)) or both[0]
    yield "leave work on the GPU", row["gpu_left"], lambda: both[1]
    yield "... of a killed grader", row["gpu_left"], lambda: left_by_a_killed_grader(level)
    yield "pass the memory limit", row["memory"], lambda: passes_memory_limit(level, FILL)
    yield "... by pinned memory", row["memory"], lambda: passes_memory_limit(level, PIN)
    if level.name == "bubblewrap":
        yield "see covered parts of /sys", False, lambda: shows_system(level)


def main() -> int:
    if sys.argv[1:2] == ["--grader"]:
        play_grader(sys.argv[2])
        return 0
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/gpu_sandbox.py needs a GPU: none is visible.")
    torch.cuda.init()
    differences = 0
    for level in LEVELS:
        if level not in available():
            print(f"{level.name}: left out: {level.missing()}")
            continue
        for what, expected, attempt in attempts(level):
            start, could = time.monotonic(), attempt()
            differences += could != expected
            words = {True: "can", False: "cannot"}
            print(
                f"{level.name:<11}{what:<27}expected {words[expected]:<7} {words[could]:<7}"
                f"{'' if could == expected else 'DIFFERENT '}({time.monotonic() - start:.0f} s)",
                flush=True,
            )
    return differences


if __name__ == "__main__":
    sys.exit(main())
