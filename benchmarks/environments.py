"""What happens to each public notebook in another Python environment: a table for docs/.

python benchmarks/environments.py [--online] [--stub] PYTHON [PROBLEM …]

The notebook is run as a student would, from the top, in a kernel of that Python; by default with
the solution in it, with --stub as it is handed out. pip finds no network there unless --online: a
Python without Triton (as on Colab's CPU runtimes) shows what a student without one is told.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT)]
from solved import ASSIGNMENT, notebook  # noqa: E402

TELLING = ("check(", "look(", "submit(", "mode = ")
RIGHT = (r"All \d+ public cases pass", "Everything is as it should be", "Now hand it in")


def prepared(problem: str, stub: bool):
    """The public notebook, with the solution in it unless `stub`, and a name in its last cell."""
    path = next((ROOT / "notebooks").glob(f"{problem}_*.ipynb"))
    nb = nbformat.read(path, as_version=4)
    solved = {c.id: c.source for c in notebook(problem).cells}
    for cell in nb.cells:
        if cell.cell_type == "code" and "STUDENT IMPLEMENTATION" in cell.source and not stub:
            cell.source = solved[cell.id]
        cell.source = cell.source.replace('name="", student_id=""', 'name="A", student_id="a"')
    return nb


def run(nb, python: str, online: bool) -> float:
    """Run it in a kernel of that Python; returns the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "kernels", "other")
        spec.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        env = {"OMP_NUM_THREADS": "1", "PYTHONPATH": ""} | ({} if online else {"PIP_NO_INDEX": "1"})
        about = {"argv": argv, "display_name": "other", "language": "python", "env": env}
        (spec / "kernel.json").write_text(json.dumps(about))
        os.environ["JUPYTER_PATH"] = folder
        begun = time.monotonic()
        manager = KernelManager(kernel_name="other")
        client = NotebookClient(nb, km=manager, timeout=600, allow_errors=True)
        client.execute(cwd=folder)
        return time.monotonic() - begun


def said(cell) -> str:
    """The plain text of a cell's outputs."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}")
        else:
            plain, page = (output.data.get(kind, "") for kind in ("text/plain", "text/html"))
            parts.append(re.sub(r"<[^>]+>", " ", page) if plain.startswith("<IPython") else plain)
    return re.sub(r"\s+", " ", " ".join(parts)).strip()


def ended(nb) -> str:
    """ "right" where check, look and submit have nothing to mend, else what was not so."""
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    for cell in cells:
        if any(output.output_type == "error" for output in cell.outputs):
            return f"stops in {cell.id}"
    told = " ".join(said(cell) for cell in cells)
    missing = [words for words in RIGHT if not re.search(words, told)]
    return f"never says {missing}" if missing else "right"


def main() -> None:
    options = {one for one in sys.argv[1:] if one.startswith("--")}
    python, *problems = [one for one in sys.argv[1:] if not one.startswith("--")]
    for problem in problems or ASSIGNMENT.problem_ids:
        nb = prepared(problem, "--stub" in options)
        seconds = run(nb, python, "--online" in options)
        print(f"{problem}: {ended(nb)}, {seconds:.0f} s", flush=True)
        for cell in nb.cells:
            if cell.cell_type == "code":
                raised = any(o.output_type == "error" for o in cell.outputs)
                if raised or any(mark in cell.source for mark in TELLING):
                    print(f"   {cell.id}: {'ERROR ' * raised}{said(cell)[:300]}", flush=True)


if __name__ == "__main__":
    main()
