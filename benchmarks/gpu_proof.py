"""Everything that needs a GPU, in one call: what the figures in docs/measurements.md come from.

    python benchmarks/gpu_proof.py --out FOLDER [--only check,sandbox] [--problems p6] [--seeds 2]

Each part writes FOLDER/<part>.txt and its last lines to the terminal; a part that fails does not
stop the others, and the exit code counts the failures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
TAIL = 45


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gpu")
    parser.add_argument("--only", default="check,speed,rule,attention,demo")
    parser.add_argument("--seeds", default="2")
    parser.add_argument("--problems", default="", help="of check, rule, attention")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/gpu_proof.py needs a GPU: none is visible.")
    problems = [name for name in arguments.problems.split(",") if name]
    here = Path(__file__)
    commands = {
        "check": [str(here.with_name("gpu_check.py")), "--problems", arguments.problems],
        "speed": [str(here.with_name("speed.py"))],
        "rule": [str(here.with_name("rule.py")), *problems, "--seeds", arguments.seeds],
        "attention": [
            str(here.with_name("attention.py")),
            *("--out", str(arguments.out), "--only", arguments.problems),
        ],
        "demo": ["-m", "autograder.cli", "demo", "--root", str(ROOT)],
    }
    from autograder.grading.keys import machine

    print(machine(), "driver cuda", torch.version.cuda, "python", sys.version.split()[0])
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for part in arguments.only.split(","):
        start, log = time.monotonic(), arguments.out / f"{part}.txt"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with log.open("w") as file:
            code = subprocess.run(
                [sys.executable, *commands[part]],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=ROOT,
                check=False,
            ).returncode
        lines = log.read_text(errors="replace").splitlines()
        print(f"=== {part}: exit {code}, {time.monotonic() - start:.0f} s")
        print("\n".join(lines[-TAIL:]), flush=True)
        failed += code != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
