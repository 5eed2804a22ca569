"""How long a student waits for the self-check, and what it costs: a table for docs/.

/path/to/python benchmarks/check_seconds.py [PROBLEM …]

Each public notebook is run up to its check in a kernel of its own, as it is handed out (stub), with
a wrong answer (the first of tests/mutants/tuned), and with the solution. Timed is the check's cell
alone: seconds until anything is shown, until the first case is told, and until its end, then CPU
seconds of the kernel and the processes that it started.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests"), str(ROOT)]
from mutants.form import mutants  # noqa: E402
from solved import ASSIGNMENT, notebook, solved  # noqa: E402

KINDS = ("stub", "wrong", "right")
CPU = "import os; print(sum(os.times()[:4]))"
COUNTED = re.compile(r"Running: [1-9]\d* of|Not implemented yet|cases? passe?s?\b")


@dataclass(frozen=True)
class Taken:
    """Seconds of one check, and its verdict."""

    first: float
    case: float
    total: float
    cpu: float
    verdict: str


def cells(problem: str, kind: str) -> list[str]:
    """The public notebook's code cells up to its check, which is the last, with that work."""
    path = next((ROOT / "notebooks").glob(f"{problem}_*.ipynb"))
    answer = solved(problem)
    if kind == "wrong":
        answer = mutants("tuned", problem)[0].work(answer)
    filled = {cell.id: cell.source for cell in notebook(problem, answer).cells}
    sources = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            mine = kind != "stub" and "STUDENT IMPLEMENTATION" in cell.source
            sources.append(filled[cell.id] if mine else cell.source)
            if cell.source.startswith("check("):
                return sources
    raise LookupError(f"{path.name} has no check")


def timed(problem: str, kind: str) -> Taken:
    """Run all of it in a new kernel."""
    *before, check = cells(problem, kind)
    told: list[tuple[float, str]] = []

    def hear(message: dict) -> None:
        content = message["content"]
        text = content.get("text") or content.get("data", {}).get("text/plain", "")
        if message["msg_type"] in ("stream", "display_data", "update_display_data"):
            told.append((time.monotonic(), text))

    with tempfile.TemporaryDirectory() as folder:
        manager, client = start_new_kernel(cwd=folder)
        try:
            for source in before:
                client.execute_interactive(source, output_hook=lambda message: None)
            client.execute_interactive(CPU, output_hook=hear)
            spent = float("".join(text for _, text in told))
            told.clear()
            begun = time.monotonic()
            client.execute_interactive(check, output_hook=hear)
            total = time.monotonic() - begun
            shown = list(told)
            told.clear()
            client.execute_interactive(CPU, output_hook=hear)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    case = next(moment for moment, text in shown if COUNTED.search(text))
    verdict = shown[-1][1].splitlines()[1]
    cpu = float("".join(text for _, text in told)) - spent
    return Taken(shown[0][0] - begun, case - begun, total, cpu, verdict)


def main() -> None:
    print("| | | first line | first case | all | CPU | |\n|---|---|---|---|---|---|---|")
    for problem in sys.argv[1:] or ASSIGNMENT.problem_ids:
        for kind in KINDS:
            one = timed(problem, kind)
            times = (f"{s:.1f} s" for s in (one.first, one.case, one.total, one.cpu))
            print("|", " | ".join((problem, kind, *times, one.verdict)), "|", flush=True)


if __name__ == "__main__":
    main()
