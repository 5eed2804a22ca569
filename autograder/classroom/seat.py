"""What is asked of every Dask worker when it joins, before it may grade."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from distributed import Worker, WorkerPlugin

from autograder.grading.keys import grader_version
from autograder.grading.order import OTHER
from autograder.grading.station import close
from autograder.sandbox.levels import IsolationError, choose

SEAT = "grader"  # Dask's resource that a worker has which may grade: one order at a time
NOT_THERE = "This package is not installed there, or is another version."


class Seat(WorkerPlugin):
    """Held against every worker when it joins, also late: the same grader, isolation that works.

    A worker that fits offers the resource SEAT; one that does not gets no work and says why.
    """

    name = "autograder"

    def __init__(self, isolation: str, problems: str = "") -> None:
        self.grader, self.isolation, self.problems = grader_version(), isolation, problems

    async def setup(self, worker: Worker) -> None:
        why_not = self.why_not()
        worker.why_not = why_not  # type: ignore[attr-defined]  # ours; asked for from outside
        if not why_not:
            await worker.set_resources(**{SEAT: 1})

    def teardown(self, worker: Worker) -> None:
        close()

    def why_not(self) -> str:
        """Why this worker may not grade, or ""."""
        if self.problems and Path(self.problems).is_dir():
            from autograder.problem_folders import add_problems

            add_problems(Path(self.problems))
        if grader_version() != self.grader:
            return OTHER
        try:
            choose(self.isolation)
        except IsolationError as error:
            return str(error)
        return ""


def told_of(dask_worker: Worker) -> dict[str, str]:
    """What a worker says of itself."""
    return {
        "where": f"{dask_worker.name} on {platform.node()}",
        "why not": getattr(dask_worker, "why_not", NOT_THERE),
        "versions": versions(),
    }


def versions() -> str:
    """ "torch 2.13.0, triton 3.7.1": what is installed here."""
    names = {name: version(name) for name in ("torch", "triton") if _installed(name)}
    return ", ".join(f"{name} {number}" for name, number in names.items())


def _installed(name: str) -> bool:
    with suppress(ImportError):
        return bool(version(name))
    return False
