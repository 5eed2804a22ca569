"""A class graded on a scheduler that is there, with workers that fit and one that does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from courses import environment, hand_in
from distributed import Client
from solved import notebook, solved
from test_kills import free_port, scores
from trust.graders import linked_course

from autograder.classroom.cluster import elsewhere, here
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.sandbox.levels import VARIABLE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
DASK = "distributed.cli.dask_"


@contextmanager
def cluster(folder: Path, *isolations: str) -> Iterator[tuple[str, list[psutil.Popen]]]:
    """A scheduler, and a worker for each isolation that it is told to insist on ("" for none)."""
    address = f"tcp://127.0.0.1:{free_port()}"
    started: list[psutil.Popen] = []

    def start(*arguments: str, **more: str) -> None:
        env = {**environment(), "OMP_NUM_THREADS": "1", **more}
        with (folder / f"log{len(started)}").open("wb") as log:
            command = [sys.executable, "-m", *arguments, "--no-dashboard"]
            started.append(psutil.Popen(command, env=env, cwd=folder, stdout=log, stderr=log))

    start(f"{DASK}scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])
    for isolation in isolations:
        told = {VARIABLE: isolation} if isolation else {}
        start(f"{DASK}worker", address, "--nthreads", "1", "--memory-limit", "0", **told)
    try:
        yield address, started
    finally:
        for process in started:
            for one in [*process.children(recursive=True), process]:
                with suppress(psutil.Error):
                    one.kill()


@pytest.fixture
def course(tmp_path) -> Assignment:
    (tmp_path / "course").mkdir()
    made = linked_course(tmp_path / "course", "p2")
    for number in range(4):
        edit = ("acc +=", "acc -=") if number == 3 else ("", "")
        work = {region: f"{text}\n# {number}" for region, text in solved("p2", edit).items()}
        hand_in(made, f"s{number}", "p2", notebook("p2", work))
    return made


def run(course: Assignment, address: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "autograder.cli", "run", "--scheduler", address]
    command += ["--root", str(course.root)]
    env = {**environment(), "COLUMNS": "400"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_who_does_not_fit_gets_no_work_and_says_why(course, tmp_path):
    """Is a worker without the isolation named and passed over, and the class graded?"""
    with cluster(tmp_path, "", "", "none such") as (address, _):
        with elsewhere(course.course, address) as pool:
            pool.client.wait_for_workers(3, timeout=100)
        done = run(course, address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none such" in done.stdout and "left" in done.stdout
    assert "4 graded" in " ".join(done.stdout.split())
    earned = [score for score, *_ in scores(course).values()]
    assert sorted(earned) == [0, 90, 90, 90]


def test_no_worker_that_fits_is_told(course, tmp_path):
    with (
        cluster(tmp_path, "none such") as (address, _),
        pytest.raises(CourseError, match=r"No worker may grade\. .*none such"),
        elsewhere(course.course, address),
    ):
        pass


def test_our_own_workers_speak_with_nobody_else(course):
    """Is a process turned away that reaches the scheduler's port, as a student's could at uid?"""
    with here(course.course, 1) as pool:
        assert pool.seats() == 1
        for address in (pool.address, pool.address.replace("tls:", "tcp:")):
            with pytest.raises((OSError, TypeError)):
                Client(address, timeout=3, security=None)


def test_no_scheduler_is_told(course):
    """Does an address at which nobody answers say so at once, and what to do?"""
    address = f"tcp://127.0.0.1:{free_port()}"
    with (
        pytest.raises(CourseError, match="no Dask scheduler answers"),
        elsewhere(course.course, address),
    ):
        pass
