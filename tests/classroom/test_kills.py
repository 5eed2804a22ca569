"""Scheduler, workers, command and sandboxes killed at random: the same grades, little run twice.

KILLS=40 pytest -m trust tests/classroom/test_kills.py
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from courses import environment, hand_in
from solved import notebook, solved
from trust.graders import linked_course

from autograder.classroom.run import run_class, submissions
from autograder.course import Assignment
from autograder.grading.book import Book

KILLS = int(os.environ.get("KILLS", "20"))
WORKERS = 2
RIGHT, WRONG, BROKEN = ("", ""), ("acc +=", "acc -="), ("axis=1", "axis=2")
pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]


def make_class(root: Path, size: int = 12) -> Assignment:
    """p2, in every kind: right, wrong and broken, each student's with a remark of their own."""
    root.mkdir()
    course = linked_course(root, "p2")
    for number in range(size):
        work = solved("p2", (RIGHT, WRONG, BROKEN)[number % 3])
        work = {region: f"{text}\n# {number}" for region, text in work.items()}
        hand_in(course, f"s{number}", "p2", notebook("p2", work))
    return course


@dataclass
class Parties:
    """Everything that takes part, started as on a cluster: each can be killed and comes again."""

    course: Assignment
    log: Path
    running: dict[str, psutil.Popen] = field(default_factory=dict)
    port: int = 0

    def start(self) -> None:
        """Start whatever is not running."""
        scheduler = [
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--no-dashboard",
        ]
        self._keep("scheduler", [*scheduler, "--port", str(self.port)])
        worker = ["-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1"]
        for number in range(WORKERS):
            self._keep(f"worker {number}", [*worker, "--no-dashboard", "--memory-limit", "0"])
        root = str(self.course.root)
        run = ["-m", "autograder.cli", "run", "--root", root, "--scheduler", self.address]
        self._keep("command", run)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def kill(self, rng: random.Random) -> str:
        """Kill one party, or something that a worker has started: its process or its sandbox."""
        names = [*self.running, "something below"]
        name = rng.choice(names)
        below = self._below()
        victim = rng.choice(below) if name == "something below" and below else None
        victim = victim or self.running[name if name in self.running else "worker 0"]
        with suppress(psutil.Error):
            victim.kill()
        return name

    def finished(self) -> bool:
        command = self.running.get("command")
        return command is not None and command.poll() == 0

    def end(self) -> None:
        """Kill all, and see that nothing is left of them."""
        below = self._below()
        for process in self.running.values():
            with suppress(psutil.Error):
                process.kill()
        gone = psutil.wait_procs([*self.running.values(), *below], timeout=60)[1]
        assert gone == [], "processes were left behind"

    def _below(self) -> list[psutil.Process]:
        found = []
        for process in list(self.running.values()):
            with suppress(psutil.Error):
                found += process.children(recursive=True)
        return found

    def _keep(self, name: str, arguments: list[str]) -> None:
        process = self.running.get(name)
        if process is not None and process.poll() is None:
            return
        with self.log.open("ab") as log:
            self.running[name] = psutil.Popen(
                [sys.executable, *arguments],
                env=environment(),
                cwd=self.course.root,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def parties(course: Assignment, log: Path) -> Iterator[Parties]:
    made = Parties(course, log, port=free_port())
    try:
        yield made
    finally:
        made.end()


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def findings(course: Assignment) -> dict[str, int]:
    """Every finding's file, and when it was written."""
    paths = (course.root / "findings").rglob("*.json")
    return {path.name: path.stat().st_mtime_ns for path in paths}


def wait_for_more(course: Assignment, known: int, seconds: float = 60) -> None:
    """Wait for a finding beyond those that are known, but not for ever: there may be no more."""
    until = time.monotonic() + seconds
    while len(findings(course)) <= known and time.monotonic() < until:
        wait(0.2)


def scores(course: Assignment) -> dict[str, tuple]:
    """What each student's verdict says, but for how long something took."""
    book, told = Book(course), {}
    for item in submissions(course):
        verdict = book.verdict(item.student, item.problem)
        cases = [(case.name, case.status, case.earned) for case in verdict.cases]
        told[item.student] = (verdict.score, cases, verdict.diagnosis)
    return told


def test_whoever_is_killed_the_grades_are_the_same(tmp_path):
    """After KILLS kills at random: are the grades those of an undisturbed run, was no finding lost
    on the way (what is there is not run again), and is nothing left running?
    """
    course = make_class(tmp_path / "disturbed")
    quiet = make_class(tmp_path / "quiet")
    assert [o.fault for o in run_class(quiet.root, submissions(quiet), jobs=2) if o.fault] == []
    rng, killed = random.Random(int(os.environ.get("SEED", "1"))), []
    first: dict[str, int] = {}
    with parties(course, tmp_path / "log") as one:
        one.start()
        for number in range(KILLS):
            if number % 2:
                wait_for_more(course, len(first))  # so that there is something to lose
            wait(rng.uniform(0.5, 6 if number % 4 else 15))
            killed.append(one.kill(rng))
            wait(0.5)
            now = findings(course)
            assert first.items() <= now.items(), "a finding was lost or written again"
            first = now
            one.start()
        until = time.monotonic() + 600
        while not one.finished():
            assert time.monotonic() < until, (tmp_path / "log").read_text()[-3000:]
            wait(0.5)
            if not one.finished():  # a command that has ended well is not started again
                one.start()
    print(f"killed: {killed}; {len(first)} findings before the last kill")
    assert scores(course) == scores(quiet)


def wait(seconds: float) -> None:
    time.sleep(seconds)
