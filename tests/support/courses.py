"""Small courses with students: built from the real solutions, graded and booked by nbgrader."""

from __future__ import annotations

import atexit
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from solved import ASSIGNMENT, ROOT

from autograder.course import Assignment, Course
from autograder.frames import the_file
from autograder.generate.release import build_release
from autograder.grading.keys import KEY_FILE

NAME = ASSIGNMENT.name
EXPORT = ("export", "--exporter", "autograder.plugins.export.GradesExporter")
SETTINGS = """\
[course]
name = "A class"
public_repository = "some/where"
[assignments.{name}.points]
{points}
[sandbox]
{sandbox}
"""


def make_course(root: Path, *problems: str, sandbox: str = "") -> Assignment:
    """A released course of those problems; every one made here draws the same inputs."""
    shutil.copytree(_released(problems), root, dirs_exist_ok=True)
    (root / "course.toml").write_text(_settings(problems, sandbox), encoding="utf-8")
    return Course.load(root).assignment()


@cache
def _released(problems: tuple[str, ...]) -> Path:
    """A course to be copied: building one takes nbgrader seconds."""
    root = Path(tempfile.mkdtemp(prefix="course-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    (root / "course.toml").write_text(_settings(problems), encoding="utf-8")
    (root / KEY_FILE).write_text("22" * 32, encoding="ascii")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for problem in problems:
        file = the_file(ASSIGNMENT.solutions_dir, problem)
        plain = file.read_text("utf-8").replace("<!-- picture: ", "<!-- left out here: ")
        (folder / file.name).write_text(plain, "utf-8")  # to draw them takes seconds
    build_release(root)
    return root


def _settings(problems: tuple[str, ...], sandbox: str = "") -> str:
    points = "\n".join(f"{problem} = {ASSIGNMENT.points[problem]}" for problem in problems)
    return SETTINGS.format(name=NAME, points=points, sandbox=sandbox)


def place(course: Assignment, student: str, problem: str) -> Path:
    """Where a student's file of a problem belongs."""
    name = the_file(course.release_dir, problem).name
    return course.root / "submitted" / student / NAME / name


def hand_in(
    course: Assignment, student: str, problem: str, nb: nbformat.NotebookNode | str
) -> Path:
    """Put a notebook, or whatever text, under submitted/."""
    path = place(course, student, problem)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nb if isinstance(nb, str) else nbformat.writes(nb), encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    """Ours, with this Python's programs on PATH: nbgrader calls alembic by name."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def nbgrader(course: Assignment, *arguments: str) -> str:
    """Run an nbgrader command in the course's folder; its log, failing loudly."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def booked(course: Assignment, student: str, problem: str) -> tuple[float | None, bool]:
    """The score in the gradebook, and whether somebody must look at it."""
    with Gradebook(course.course.database_url) as book:
        name = the_file(course.release_dir, problem).stem
        found = book.find_grade(f"{problem}-check", name, NAME, student)
        return found.auto_score, found.needs_manual_grade


def page(course: Assignment, student: str, problem: str) -> Path:
    """The student's feedback page."""
    name = the_file(course.release_dir, problem).with_suffix(".html").name
    return course.root / "feedback" / student / NAME / name


def grades(course: Assignment) -> dict[str, dict[str, str]]:
    """The rows of grades.csv by student."""
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}
