"""A class graded by this grader and by stock nbgrader, the same checks in its own kernel."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.course import Assignment, Course
from autograder.frames import released_frame, solution_work, the_file
from autograder.grading.page import filled, released_notebook
from autograder.selfcheck.regions import Work

ROOT = Path(__file__).resolve().parents[1]
STOCK = "stock"  # the name of the stock course's assignment
SETTINGS = """\
[course]
name = "A class"
public_repository = "some/where"
[assignments.{name}.points]
{points}
"""
FIRST = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import autograder.selfcheck
sys.modules["selfcheck"] = autograder.selfcheck"""
# The cases, inputs, references and comparison are this grader's own, called inside the kernel.
CHECKS = """\
from autograder import registry
from autograder.selfcheck.judge import draw_inputs, judge
from autograder.selfcheck.problem import Case
from autograder.selfcheck.running import answer

points, problem = 0.0, registry.load({problem!r}, {points})
for number, graded in enumerate(problem.cases):
    case = Case(graded.case.name, graded.case.params, 1000 + number)
    inputs = draw_inputs(problem.public, case, mode)
    task = problem.public.task(case.params, inputs, mode.device)
    outputs = answer(task, sys.modules["__main__"], inputs).outputs
    row = judge(problem.public, case, inputs, outputs, mode)
    points += graded.points if row.status == "passed" else 0.0
points"""


@dataclass(frozen=True)
class Spent:
    """What one run took, in seconds; `cpu` is that of all its processes."""

    wall: float
    cpu: float


def timed(commands: Sequence[Sequence[str]], folder: Path) -> Spent:
    """Run commands one after the other in a folder; leave with what they said if one fails."""
    binaries = str(Path(sys.executable).parent)
    path = os.pathsep.join([binaries, os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "JUPYTER_CONFIG_DIR": str(folder / "none")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, env=env, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.monotonic() - start, cpu)


def own_work(course: Assignment, problem: str, student: int) -> Work:
    """The solution, with a remark of the student's own: equal work would be run once."""
    return {id: f"{text}\n# by {student}" for id, text in solution_work(course, problem).items()}


def our_course(course: Assignment, folder: Path, students: int, problems: list[str]) -> None:
    """A course as this one, with submissions and a gradebook."""
    points = "\n".join(f"{p} = {course.points[p]}" for p in problems)
    text = SETTINGS.format(name=course.name, points=points)
    (folder / "course.toml").write_text(text, encoding="utf-8")
    shutil.copy(course.root / "nbgrader_config.py", folder)
    solutions = folder / "solutions" / course.name
    solutions.mkdir(parents=True)
    for problem in problems:
        shutil.copy(the_file(course.solutions_dir, problem), solutions)
    timed([["autograder.cli", "release"]], folder)
    here = Course.load(folder).assignment("flash_attention")
    for problem in problems:
        released, name = released_notebook(here, problem), the_file(here.release_dir, problem).name
        for student in range(students):
            work = own_work(course, problem, student)
            place = folder / "submitted" / f"s{student}" / course.name
            place.mkdir(parents=True, exist_ok=True)
            nbformat.write(filled(released, problem, work), place / name)


def stock_notebook(course: Assignment, problem: str, student: int) -> nbformat.NotebookNode:
    """One notebook as stock nbgrader grades it: the work, and a hidden cell with all the checks."""
    program = released_frame(course, problem).program(own_work(course, problem, student))
    points = course.points[problem]
    cells = [new_code_cell(FIRST), new_code_cell(program.source)]
    cells.append(new_code_cell(CHECKS.format(problem=problem, points=points)))
    roles = ({"locked": True}, {"solution": True}, {"grade": True, "locked": True})
    for cell, role, name in zip(cells, roles, ("first", "work", "checks"), strict=True):
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = {**plain, **role, "grade_id": name, "schema_version": 3}
        cell.metadata["nbgrader"] |= {"points": points} if "grade" in role else {}
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": python})


def stock_course(course: Assignment, folder: Path, students: int, problems: list[str]) -> None:
    """A stock course with the same submissions."""
    settings = ["c = get_config()", f"c.CourseDirectory.root = {str(folder)!r}"]
    settings += ["c.ExecutePreprocessor.timeout = 600", "c.Execute.timeout = 600"]
    (folder / "nbgrader_config.py").write_text("\n".join(settings), encoding="utf-8")
    places = [folder / "source" / STOCK]
    places += [folder / "submitted" / f"s{student}" / STOCK for student in range(students)]
    for number, place in enumerate(places):
        place.mkdir(parents=True)
        for problem in problems:
            nbformat.write(stock_notebook(course, problem, number), place / f"{problem}.ipynb")
    timed([["nbgrader", "generate_assignment", STOCK]], folder)


def scores(folder: Path, assignment: str) -> list[float]:
    """The scores of all notebooks in a course's gradebook."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        found = book.assignment_submissions(assignment)
        return [notebook.score for one in found for notebook in one.notebooks]


def compare(course: Assignment, students: int, problems: list[str]) -> None:
    """Grade one class both ways and print what it took."""
    jobs, count = os.cpu_count() or 1, students * len(problems)
    print(f"{students} students, {', '.join(problems)}, all solved; {jobs} cores\n")
    print(f"{'':28}{'wall s':>9}{'CPU s':>9}{'CPU s each':>12}{'a minute':>10}  scores")
    rates = []
    for name, make, commands, assignment in (
        (
            "this grader, run and booked",
            our_course,
            [
                ["autograder.cli", "run", "--jobs", str(jobs)],
                ["nbgrader", "autograde", course.name],
            ],
            course.name,
        ),
        ("stock nbgrader", stock_course, [["nbgrader", "autograde", STOCK]], STOCK),
    ):
        with TemporaryDirectory() as made:
            folder = Path(made).resolve()
            make(course, folder, students, problems)
            spent = timed(commands, folder)
            got = sorted({round(score, 1) for score in scores(folder, assignment)})
        rates.append(60 * count / spent.wall)
        print(
            f"{name:28}{spent.wall:9.1f}{spent.cpu:9.1f}{spent.cpu / count:12.2f}"
            f"{rates[-1]:10.1f}  {re.sub('[][]', '', str(got))}",
            flush=True,
        )
    print(f"\n{rates[0] / rates[1]:.1f} times as many notebooks a minute")
