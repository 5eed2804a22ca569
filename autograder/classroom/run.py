"""Grade a whole class: what is known stands, what nobody has run yet is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from autograder.classroom.collect import released_names
from autograder.classroom.standing import Standing, gpu_driver
from autograder.course import Assignment, Course
from autograder.generate.cells import problem_of
from autograder.grading.verdict import Verdict
from autograder.sandbox.levels import choose

if TYPE_CHECKING:
    from autograder.grading.order import Order

KEPT = "kept"
SHARED = "not run: the work is the same as another student's"


@dataclass(frozen=True)
class Submission:
    """One submitted notebook."""

    assignment: str
    student: str
    problem: str
    path: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a submission: a verdict, or a fault of the grader's own (`fault`).

    `happened` is KEPT for a verdict of an earlier run, else it says how this one came about.
    """

    submission: Submission
    verdict: Verdict | None
    fault: str = ""
    happened: str = ""


def submissions(
    assignment: Assignment, students: list[str] | None = None, problems: list[str] | None = None
) -> list[Submission]:
    """The submitted notebooks of an assignment's problems, in order of student and problem.

    Only files with a released notebook's name count, as for nbgrader; `settle` gives it to others.
    """
    found = []
    for folder in sorted((assignment.root / "submitted").glob(f"*/{assignment.name}")):
        student = folder.parent.name
        for name in released_names(assignment):
            path, problem = folder / f"{name}.ipynb", problem_of(f"{name}.ipynb")
            wanted = (not students or student in students) and (not problems or problem in problems)
            if wanted and os.path.lexists(path):
                found.append(Submission(assignment.name, student, problem, path))
    return found


class Workers(Protocol):
    """Whatever carries orders out: pool.Pool. `dashboard` is where one may watch."""

    @property
    def dashboard(self) -> str: ...
    def seats(self, gpu: bool = False) -> int: ...
    def add(self, order: Order, gpu: bool = False) -> None: ...
    def ready(self) -> Iterator[tuple[Order, dict]]: ...
    def rest(self) -> Iterator[tuple[Order, dict]]: ...


def run_class(
    root: Path,
    work: list[Submission],
    jobs: int | None = 1,
    again: bool = False,
    workers: Workers | None = None,
    started: Callable[[str], None] = lambda dashboard: None,
) -> Iterator[Outcome]:
    """Grade submissions of the course at `root`; yield outcomes as they come.

    Verdicts of which nothing has changed come first, and torch is not imported for them. Without
    `workers`, `jobs` processes (None: as many as the machine carries) are started here once there
    is something to run. Equal work is run once, and what was found of it before is not run at all,
    unless `again`. Raises IsolationError before anything is run if this machine is to run it and is
    not safe enough. Findings are written as they come, so an interrupted run goes on where it
    stopped. `started` is told where the workers may be watched.
    """
    course, rest = Course.load(root), []
    standing = Standing(course, gpu=workers is not None or gpu_driver())
    for item in work:
        verdict = None if again else standing.verdict(item)
        if verdict is None:
            rest.append(item)
        else:
            yield Outcome(item, verdict, happened=KEPT)
    if not rest:
        return
    try:
        for outcome in _looked_at(course, rest, jobs, again, workers, started):
            if outcome.verdict is not None:
                standing.keep(outcome.submission, outcome.verdict)
            yield outcome
    finally:
        standing.save()


def _looked_at(
    course: Course,
    work: list[Submission],
    jobs: int | None,
    again: bool,
    workers: Workers | None,
    started: Callable[[str], None],
) -> Iterator[Outcome]:
    """What becomes of submissions that need to be looked at."""
    from autograder.classroom.running import Run  # late: it takes torch's seconds to import
    from autograder.grading.keys import CPU, device_class
    from autograder.grading.station import default_jobs

    if workers is not None:
        device = "some GPU" if workers.seats(gpu=True) else CPU
        started(workers.dashboard)
        yield from Run(course, device, again).outcomes(work, lambda: nullcontext(workers))
        return

    @contextmanager
    def opened() -> Iterator[Workers]:
        choose(course.sandbox.isolation)
        from autograder.classroom.cluster import here  # late: Dask takes a second to import

        with here(course, jobs or default_jobs()) as pool:
            started(pool.dashboard)
            yield pool

    yield from Run(course, device_class(), again).outcomes(work, opened)
