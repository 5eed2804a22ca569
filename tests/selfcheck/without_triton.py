"""Run in a process of its own: notebooks where `import triton` fails. Says what happened as JSON.

Reads [["p3", "linux"|"darwin"|"win32", "works"|"fails"|"none"], …]. Each notebook has a process of
its own too, forked from one that has imported PyTorch and nothing else.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from importlib.abc import MetaPathFinder
from multiprocessing import get_context

from solved import cells, solved


class Blocked(MetaPathFinder):
    """No Triton, until somebody takes this away."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "triton":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(problem_id: str, platform: str, kind: str) -> dict:
    """What `setup()` did where Triton is blocked, and for p1 what the check says after it."""
    run = cells(problem_id, solved(problem_id))
    for name in [name for name in sys.modules if name.partition(".")[0] == "triton"]:
        del sys.modules[name]
    blocked = Blocked()
    sys.meta_path.insert(0, blocked)
    asked: list[str] = []

    def install(wanted: str) -> str:
        asked.append(wanted)
        if kind == "works":
            sys.meta_path.remove(blocked)
        return "" if kind == "works" else "ERROR: no network"

    space: dict = {}
    exec(run[0], space)  # the packed self-check
    setup = sys.modules["selfcheck.device"].setup
    error = ""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            setup(None if kind == "none" else install, platform)
        except RuntimeError as reason:
            error = "".join(reason._render_traceback_())
    said = {"asked": asked, "error": error, "printed": printed.getvalue()}
    said["triton"] = "triton.language" in sys.modules
    if said["triton"]:
        said["interprets"] = sys.modules["triton"].knobs.runtime.interpret
    if problem_id == "p1":
        report = sys.modules["selfcheck.check"]
        problem = sys.modules["selfcheck.problem"].find_problem("p1")
        live = sys.modules["selfcheck.live"].read_live("p1", run)
        said["passed"] = report.examine(problem, live, setup.__globals__["current_mode"]()).passed
    return said


if __name__ == "__main__":
    with get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        print(json.dumps(pool.starmap(main, json.load(sys.stdin), chunksize=1)))
