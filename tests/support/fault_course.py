"""A small class for the tests of faults: what an undisturbed run makes of it, and copies of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from courses import NAME, environment, hand_in, make_course
from courses import booked as score
from solved import notebook, solved

from autograder.course import Assignment, Course

STUDENTS = ("ada", "bob", "cyd", "dee")
ENDLESS = ("acc += tl.sum(", "while rows > 0:\n        acc += 1.0\n    acc += tl.sum(")


def make_class(root: Path) -> Assignment:
    """p2, with a right answer, an unfilled one, one that never ends, and no notebook."""
    course = make_course(root, "p2", sandbox="case_seconds = 30\nnotebook_seconds = 30")
    hand_in(course, "ada", "p2", notebook("p2"))
    hand_in(course, "bob", "p2", notebook("p2", {}))
    hand_in(course, "cyd", "p2", notebook("p2", solved("p2", ENDLESS)))
    hand_in(course, "dee", "p2", "no notebook")
    return course


def copy_class(course: Assignment, root: Path, without: str = "") -> Assignment:
    """The same class in another folder, with whatever has been graded; `without` one student."""
    shutil.copytree(course.root, root)
    if without:
        shutil.rmtree(root / "submitted" / without)
        shutil.rmtree(root / "verdicts" / NAME / without, ignore_errors=True)
    return Course.load(root).assignment()


def run_command(course: Assignment) -> list[str]:
    """`autograder run` for that course."""
    here = str(course.root)
    return [sys.executable, "-m", "autograder.cli", "run", "--root", here, "--jobs", "2"]


def booking_command() -> list[str]:
    return [sys.executable, "-m", "nbgrader", "autograde", NAME]


def start(course: Assignment, command: list[str], **env: str) -> psutil.Popen:
    """Start a command in the course's folder."""
    return psutil.Popen(
        command,
        cwd=course.root,
        env={**environment(), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(course: Assignment, command: list[str], **env: str) -> tuple[int, str]:
    """Run a command to its end: exit code, and what it printed in one line."""
    process = start(course, command, **env)
    printed = process.communicate(timeout=250)[0]
    return process.returncode, " ".join(printed.split())


def wait_for(what: Callable[[], bool], process: psutil.Popen) -> None:
    """Wait until something is so, or the process has ended before it."""
    while not what() and process.poll() is None:
        time.sleep(0.02)


def kill_hard(process: psutil.Popen) -> None:
    """SIGKILL the process alone, and see that nothing that it started lives on."""
    children = process.children(recursive=True)
    process.kill()
    process.communicate()
    alive = psutil.wait_procs(children, timeout=60)[1]
    assert alive == [], "processes were left behind"


def verdicts(course: Assignment, without: str = "") -> dict[str, str]:
    """Every verdict file but for how long something took; `without` one student."""
    folder = course.root / "verdicts" / NAME
    texts = {path.parent.name: path.read_text() for path in folder.glob("*/p2.json")}
    texts.pop(without, None)
    return {name: re.sub(r"\d+ s\b", "some s", text) for name, text in texts.items()}


def booked(course: Assignment) -> dict[str, tuple[float | None, bool]]:
    """Every student's score in the gradebook, and whether somebody must look at it."""
    return {student: score(course, student, "p2") for student in STUDENTS}
