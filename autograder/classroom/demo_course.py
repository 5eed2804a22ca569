"""The demo's own course folder: the real course's settings and solutions, and the class's work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from autograder.classroom.demo_edit import build, write_notebook
from autograder.classroom.demo_model import demo_class
from autograder.course import PROBLEMS, Assignment, Course
from autograder.errors import CourseError
from autograder.frames import the_file
from autograder.generate.release import build_release
from autograder.grading.keys import KEY_FILE

MARK = ".demo"  # in a folder that the demo made and may delete
KEY = "00" * 32  # every run of the demo draws the same inputs

COURSE_TOML = """\
[course]
name = {name}
public_repository = {repository}
branch = {branch}
database = "sqlite:///gradebook.db"

[assignments.{assignment}]
bonus = {bonus}

[assignments.{assignment}.points]
{points}

[sandbox]
isolation = {isolation}
# Shorter than in a real course: one submission never ends.
case_seconds = {case}
notebook_seconds = {notebook}
"""


def make_demo_course(assignment: Assignment, workdir: Path, gpu: bool) -> Assignment:
    """A fresh course in `workdir`, with its release built and the class's notebooks handed in."""
    _clear(workdir)
    (workdir / "course.toml").write_text(settings(assignment, gpu), encoding="utf-8")
    (workdir / KEY_FILE).write_text(KEY, encoding="ascii")
    shutil.copy(assignment.root / "nbgrader_config.py", workdir)
    solutions = workdir / "solutions" / assignment.name
    solutions.mkdir(parents=True)
    for problem in assignment.problem_ids:
        shutil.copy(the_file(assignment.solutions_dir, problem), solutions)
    if (assignment.root / PROBLEMS).is_dir():
        shutil.copytree(assignment.root / PROBLEMS, workdir / PROBLEMS)
    build_release(workdir)
    demo = Course.load(workdir).assignment()
    hand_in(demo)
    return demo


def _clear(workdir: Path) -> None:
    """Empty the folder; refuses one that the demo did not make."""
    if workdir.exists() and any(workdir.iterdir()) and not (workdir / MARK).exists():
        raise CourseError(f"{workdir}: not a folder of the demo. Move it away, or choose another.")
    shutil.rmtree(workdir, ignore_errors=True)
    workdir.mkdir(parents=True)
    (workdir / MARK).touch()


def settings(assignment: Assignment, gpu: bool) -> str:
    """The demo's course.toml: the course's own, but for time limits and a gradebook of its own.

    On a GPU the limits leave room for Triton's first compilations.
    """
    course = assignment.course
    quoted = {
        "name": course.name,
        "repository": course.course.public_repository,
        "branch": course.course.branch,
        "bonus": list(assignment.bonus),
        "isolation": course.sandbox.isolation,
    }
    return COURSE_TOML.format(
        **{key: json.dumps(value) for key, value in quoted.items()},
        assignment=assignment.name,
        points="\n".join(f"{problem} = {full}" for problem, full in assignment.points.items()),
        case=30,
        notebook=120 if gpu else 60,
    )


def hand_in(assignment: Assignment) -> None:
    """Put the class's notebooks under submitted/."""
    for student in demo_class(assignment):
        for problem, work in student.work.items():
            file = the_file(assignment.release_dir, problem).name
            nb = build(assignment, problem, work.steps)
            write_notebook(nb, assignment.submitted_dir(student.name) / file)
