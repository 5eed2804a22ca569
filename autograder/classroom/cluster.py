"""Where a class is graded: on Dask's workers on this machine, or on those of a scheduler."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from autograder.classroom.pool import Pool
from autograder.classroom.seat import NOT_THERE, Seat, told_of, versions
from autograder.course import PROBLEMS, Course
from autograder.errors import CourseError
from autograder.grading.grade import isolation_told
from autograder.sandbox.inside.share import SHARE

CONNECT_SECONDS, JOIN_SECONDS = 10, 120
QUIET = {"logging": {"distributed": "error"}}


@contextmanager
def here(course: Course, jobs: int) -> Iterator[Pool]:
    """`jobs` workers on this machine, a process each, that share its cores and its GPU's memory.

    Whoever reaches a Dask scheduler can run programs as its user, and below bubblewrap a student's
    process has the network: so they speak with keys that live as long as this run.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)
    dask.config.set(QUIET)
    cluster = LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        memory_limit=None,  # the sandbox has its own
        silence_logs=logging.ERROR,
        dashboard_address="127.0.0.1:0",
        security=Security.temporary(),
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
    isolation = isolation_told().get("isolation", course.sandbox.isolation)
    seat = Seat(isolation, str(problems) if problems.is_dir() else "")
    with suppress(Exception):  # what a worker has against it, it says below
        client.register_plugin(seat)
    pool = Pool(client, client.scheduler.address, (str(course.root),))
    for address, said in client.run(told_of, on_error="return").items():
        told = said if isinstance(said, dict) else {"where": address, "why not": NOT_THERE}
        if told["why not"]:
            pool.unfit[told["where"]] = told["why not"]
        elif told["versions"] != versions():
            pool.unlike[told["where"]] = told["versions"]
    if not pool.seats():
        raise CourseError(f"No worker may grade. {' '.join(dict.fromkeys(pool.unfit.values()))}")
    return pool
