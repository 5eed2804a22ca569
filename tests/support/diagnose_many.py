"""Diagnose many programs in one process that interprets Triton; JSON in, JSON out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def diagnose_many(programs: list[tuple[str, object]]) -> list[dict]:
    """For each (problem id, program): its diagnosis as plain data, for one case that failed."""
    orders = [
        {"problem": problem, "source": program.source, "spans": dict(program.spans)}
        for problem, program in programs
    ]
    environment = {**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    import autograder.selfcheck
    from autograder.selfcheck.check import explain
    from autograder.selfcheck.device import current_mode
    from autograder.selfcheck.problem import find_problem
    from autograder.selfcheck.program import Program
    from autograder.selfcheck.report import Row

    sys.modules["selfcheck"] = autograder.selfcheck
    found = []
    for order in json.load(sys.stdin):
        spans = {region: tuple(span) for region, span in order["spans"].items()}
        program = Program(order["source"], spans)
        rows = [Row("a case", "wrong answer")]
        problem = find_problem(order["problem"])
        found.append(asdict(explain(problem, program, rows, current_mode())))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
