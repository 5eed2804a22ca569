"""Run a module of this package in a Python process of its own.

Triton is interpreted or compiled, never both in one process: on a CPU this one interprets and
another compiles, on a GPU it is the other way round.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from . import apart, diagnosis, offline
from .device import Mode
from .judge import case_shapes
from .packed import sources
from .problem import Problem
from .program import Program
from .report import Row

SECONDS = 60  # a slow machine's patience; it takes about five


def run_elsewhere(
    module: ModuleType, order: dict[str, Any], interpret: bool = False
) -> dict[str, Any]:
    """Send an order to `module`'s main and return its answer; with `interpret`, Triton is
    interpreted there, and there is no GPU. Raises OSError, ValueError, IndexError or
    subprocess.SubprocessError where there is no answer.
    """
    with tempfile.TemporaryDirectory(prefix="selfcheck-") as folder:
        for path, text in sources().items():
            file = Path(folder, "selfcheck", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        kept = {k: v for k, v in os.environ.items() if k not in ("TRITON_INTERPRET", "PYTHONPATH")}
        kept |= {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""} if interpret else {}
        path = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH", "")])])
        name = module.__name__.rpartition(".")[2]
        process = subprocess.Popen(
            [sys.executable, "-m", f"selfcheck.{name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**kept, "PYTHONPATH": path},
            start_new_session=True,  # the compiler's own processes end with it
        )
        try:
            said, _ = process.communicate(json.dumps(order), timeout=SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    return json.loads(said.strip().splitlines()[-1])


def compile_elsewhere(problem: Problem, program: Program, mode: Mode) -> list[str]:
    """Why the program does not compile for a GPU of compute capability 8.0, in sentences; empty if
    it does. Raises what `run_elsewhere` raises where that can't be tried.
    """
    order = {
        "source": program.source,
        "spans": {region: list(span) for region, span in program.spans.items()},
        "task": problem.task({}, {}, "cuda"),
        "cases": [case_shapes(problem, case, mode) for case in problem.small_cases],
        "targets": [{"capability": 80, "dtype": "bfloat16"}],
        "depth": offline.IR if problem.call.grads else offline.CUBIN,  # many kernels take long
    }
    failures = run_elsewhere(offline, order)["failures"]
    return list(dict.fromkeys(offline.Failure(**failure).sentence for failure in failures))


def diagnose_elsewhere(
    problem: Problem, program: Program, rows: Sequence[Row]
) -> diagnosis.Diagnosis:
    """What `apart.explained` says of the failed rows, with the program watched in Triton's
    interpreter. Raises what `run_elsewhere` raises where that can't be tried.
    """
    order = {
        "problem": problem.name,
        "source": program.source,
        "spans": {region: list(span) for region, span in program.spans.items()},
        "rows": [{"name": row.name, "status": row.status, "detail": row.detail} for row in rows],
    }
    return diagnosis.from_plain(run_elsewhere(apart, order, interpret=True))
