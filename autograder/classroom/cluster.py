"""Grade on Dask's workers, on this machine or on a cluster's: orders go out, findings come back."""

from __future__ import annotations

import os
import platform
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any

import dask
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Worker,
    WorkerPlugin,
    as_completed,
)

from autograder.course import PROBLEMS, Course
from autograder.errors import CourseError
from autograder.grading.keys import grader_version
from autograder.grading.order import OTHER, Order
from autograder.grading.station import carry_out, close
from autograder.sandbox.inside.share import SHARE
from autograder.sandbox.levels import IsolationError, choose

AHEAD = 2  # orders per worker that are out at a time: what is lost with a worker, or with us
CONNECT_SECONDS, JOIN_SECONDS = 10, 120
SEAT = "grader"  # Dask's resource that a worker has which may grade: one order at a time
QUIET = {"logging": {"distributed": "error"}}
KILLED = (
    "Whatever process graded this was killed, also alone on a worker; perhaps the machine has too "
    "little memory. Look at it alone: autograder run --student … --jobs 1"
)
LOST = (
    "The scheduler at {} is gone. What was graded is kept: start it again, then run the same "
    "command again."
)


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
    names = {name: version(name) for name in ("torch", "triton") if _installed(name)}
    return {
        "where": f"{dask_worker.name} on {platform.node()}",
        "why not": getattr(dask_worker, "why_not", "autograder is not installed there"),
        "versions": ", ".join(f"{name} {number}" for name, number in names.items()),
    }


def _installed(name: str) -> bool:
    with suppress(ImportError):
        return bool(version(name))
    return False


@dataclass
class Pool:
    """Dask's workers, and the orders that wait for them.

    At most AHEAD orders a worker are out at a time, so that little is lost with any party, and so
    that a lost worker makes few others suspicious (Dask gives a task up after some of them).
    """

    client: Client
    address: str
    hidden: tuple[str, ...] = ()
    waiting: deque[tuple[Order, bool]] = field(default_factory=deque)
    out: dict[Future, tuple[Order, bool]] = field(default_factory=dict)
    suspects: list[tuple[Order, bool]] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)  # workers that get no work, and why

    def __post_init__(self) -> None:
        self.done = as_completed(with_results=False, raise_errors=False)

    @property
    def dashboard(self) -> str:
        return self.client.dashboard_link

    def seats(self, gpu: bool = False) -> int:
        """How many workers may grade; with `gpu`, how many of them offer a GPU."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        offers = [worker["resources"] for worker in workers if SEAT in worker["resources"]]
        return sum("GPU" in one or not gpu for one in offers)

    def add(self, order: Order, gpu: bool = False) -> None:
        """Take an order in; `gpu` sends it to a worker with `--resources GPU=1`."""
        self.waiting.append((order, gpu))
        self._send()

    def ready(self) -> Iterator[tuple[Order, dict[str, Any]]]:
        """The orders that are done by now, with what `carry_out` said. Raises CourseError."""
        while self.done.has_ready():
            yield from self._took(next(self.done))

    def rest(self) -> Iterator[tuple[Order, dict[str, Any]]]:
        """All others, as they come; in the end, one by one, those that may have killed a worker."""
        while self.out or self.waiting:
            self._send()
            yield from self._took(next(self.done))
        suspects, self.suspects = self.suspects, []
        for order, gpu in suspects:
            future = self._submit(order, gpu)
            try:
                yield order, future.result()
            except KilledWorker:
                yield order, {"fault": KILLED}

    def _took(self, future: Future) -> Iterator[tuple[Order, dict[str, Any]]]:
        order, gpu = self.out.pop(future)
        if future.status == "finished":
            yield order, future.result()
        elif future.status == "error" and isinstance(future.exception(), KilledWorker):
            self.suspects.append((order, gpu))
        elif future.status == "error":
            error = future.exception()
            yield order, {"fault": f"{type(error).__name__}: {error}"}
        else:
            raise CourseError(LOST.format(self.address))
        self._send()

    def _send(self) -> None:
        """Hand out what may go out."""
        room = AHEAD * max(1, self.seats()) - len(self.out)
        while self.waiting and room > 0:
            order, gpu = self.waiting.popleft()
            future = self._submit(order, gpu)
            self.out[future] = order, gpu
            self.done.add(future)
            room -= 1

    def _submit(self, order: Order, gpu: bool) -> Future:
        resources = {SEAT: 1, **({"GPU": 1} if gpu else {})}
        name = f"{order.problem}-{order.work_hash[:12]}-{token_hex(4)}"
        return self.client.submit(
            carry_out, order.plain(), self.hidden, key=name, resources=resources, pure=False
        )


@contextmanager
def here(course: Course, jobs: int) -> Iterator[Pool]:
    """`jobs` workers on this machine, a process each, that share its cores and its GPU's memory."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    dask.config.set(QUIET)
    cluster = LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        memory_limit=None,  # the sandbox has its own
        dashboard_address="127.0.0.1:0",
        env={"OMP_NUM_THREADS": str(threads), SHARE: str(1 / jobs)},
    )
    with cluster, Client(cluster) as client:
        yield joined(client, course)


@contextmanager
def elsewhere(course: Course, address: str) -> Iterator[Pool]:
    """The workers of a scheduler that is there. Raises CourseError if none comes, or none fits."""
    dask.config.set(QUIET)
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{address}: no Dask scheduler answers there ({error}). Start one (cluster/README.md), "
            "or leave --scheduler off to grade on this machine."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=JOIN_SECONDS)
        except TimeoutError:
            raise CourseError(
                f"{address}: the scheduler has had no worker for {JOIN_SECONDS} s. Start some "
                "(cluster/README.md), then run the same command again."
            ) from None
        yield joined(client, course)


def joined(client: Client, course: Course) -> Pool:
    """The workers that may grade. Raises CourseError with their reasons if there is none."""
    problems = course.root / PROBLEMS
    client.register_plugin(
        Seat(course.sandbox.isolation, str(problems) if problems.is_dir() else "")
    )
    pool = Pool(client, client.scheduler.address, (str(course.root),))
    pool.unfit = {one["where"]: one["why not"] for one in client.run(told_of).values()}
    pool.unfit = {where: why for where, why in pool.unfit.items() if why}
    if not pool.seats():
        reasons = " ".join(dict.fromkeys(pool.unfit.values()))
        raise CourseError(f"No worker may grade. {reasons}")
    return pool
