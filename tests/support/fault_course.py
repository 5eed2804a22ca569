"""A small class for the tests of faults: what an undisturbed run makes of it, and copies of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.generate.release import build_release
from autograder.grading.keys import KEY_FILE
from autograder.grading.rebuild import released_notebook, runnable_solution, the_file

ROOT = Path(__file__).resolve().parents[2]
NAME = "flash_attention"
SETTINGS = """\
[course]
name = "Faults"
public_repository = "some/where"
[assignment]
name = "flash_attention"
[points]
p2 = 100
[policy]
cell_seconds = 5
"""
STUBBORN = """\
import signal
import time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""


def make_class(root: Path) -> Course:
    """A course of p2 with a right answer, an unfilled one, one that never ends, and no notebook."""
    root.mkdir(parents=True)
    (root / "course.toml").write_text(SETTINGS)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / KEY_FILE).write_text("22" * 32, encoding="ascii")  # all copies draw the same inputs
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    shutil.copy(the_file(ROOT / "solutions" / NAME, "p2"), folder)
    build_release(root)
    course = Course.load(root)
    stubborn = runnable_solution(course, "p2")
    stubborn.cells.append(nbformat.v4.new_code_cell(STUBBORN))
    hand_in(course, "ada", nbformat.writes(runnable_solution(course, "p2")))
    hand_in(course, "bob", nbformat.writes(released_notebook(course, "p2")))
    hand_in(course, "cyd", nbformat.writes(stubborn))
    hand_in(course, "dee", "no notebook")
    return course


def hand_in(course: Course, student: str, text: str) -> None:
    name = the_file(course.release_dir, "p2").name
    path = course.root / "submitted" / student / NAME / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def copy_class(course: Course, root: Path, without: str = "") -> Course:
    """The same class in another folder, with whatever has been graded; `without` one student."""
    shutil.copytree(course.root, root)
    if without:
        shutil.rmtree(root / "submitted" / without)
        shutil.rmtree(root / "verdicts" / NAME / without, ignore_errors=True)
    return Course.load(root)


def run_command(course: Course) -> list[str]:
    """`autograder run` for that course."""
    here = str(course.root)
    return [sys.executable, "-m", "autograder.cli", "run", "--root", here, "--jobs", "2"]


def booking_command() -> list[str]:
    return [sys.executable, "-m", "nbgrader", "autograde", NAME]


def start(course: Course, command: list[str], **env: str) -> psutil.Popen:
    """Start a command in the course's folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return psutil.Popen(
        command,
        cwd=course.root,
        env={**os.environ, "PATH": path, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(course: Course, command: list[str], **env: str) -> tuple[int, str]:
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


def verdicts(course: Course, without: str = "") -> dict[str, str]:
    """Every verdict file but for how long something took; `without` one student."""
    folder = course.root / "verdicts" / NAME
    texts = {path.parent.name: path.read_text() for path in folder.glob("*/p2.json")}
    texts.pop(without, None)
    return {name: re.sub(r"after \d+ s", "after some time", text) for name, text in texts.items()}


def booked(course: Course) -> dict[str, tuple[float | None, bool]]:
    """Every student's score in the gradebook, and whether somebody must look at it."""
    with Gradebook(course.database_url) as book:
        notebook = the_file(course.release_dir, "p2").stem
        grades = {
            submission.student.id: book.find_grade(
                "p2-check", notebook, NAME, submission.student.id
            )
            for submission in book.assignment_submissions(NAME)
        }
        return {name: (g.auto_score, g.needs_manual_grade) for name, g in grades.items()}
