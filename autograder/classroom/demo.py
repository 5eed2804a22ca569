"""`autograder demo`: grade the prepared class from release to grades.csv and compare."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.classroom.demo_course import make_demo_course
from autograder.classroom.demo_expect import SIGNS, Found, differences
from autograder.classroom.demo_model import Student, demo_class
from autograder.classroom.grades import grade_rows
from autograder.classroom.report.page import write_report
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.frames import the_file
from autograder.grading.verdict import load_verdict, verdict_path

LOG_LINES = 25
REPORT = "class-report.html"
EXPORTER = "autograder.plugins.export.GradesExporter"


def run_demo(assignment: Assignment) -> int:
    """Grade the class in a course folder of its own; 0 if every outcome is as expected, else 1.

    Raises CourseError when a step fails as a whole.
    """
    console = Console() if sys.stdout.isatty() else Console(width=118)
    start = time.monotonic()
    gpu = torch.cuda.is_available()
    workdir = (assignment.root / "build" / "demo").resolve()
    students = demo_class(assignment)
    console.print(f"[bold]1 Release[/]  a course of its own in {workdir}", highlight=False)
    demo = make_demo_course(assignment, workdir, gpu)
    notebooks = sum(len(student.work) for student in students)
    console.print(
        f"[bold]2 Grade[/]    {len(students)} students, {notebooks} notebooks; many fail on purpose"
    )
    grade(demo)
    console.print("[bold]3 Book[/]     nbgrader: autograde, feedback, export")
    book(demo)
    write_report(demo, demo.root / REPORT)
    found = {student.name: collect(demo, student) for student in students}
    wrong = {s.name: differences(demo, s, found[s.name], gpu) for s in students}
    console.print(class_table(demo, students, found, wrong), "")
    console.print(where_to_look(demo, students), highlight=False)
    return conclude(console, wrong, time.monotonic() - start)


def grade(demo: Assignment) -> None:
    """Grade everything under submitted/ in parallel."""
    command = [sys.executable, "-m", "autograder.cli", "run"]
    done = subprocess.run([*command, "--root", str(demo.root)], cwd=demo.root, check=False)
    if done.returncode:
        raise CourseError("`autograder run` failed; what it printed is above.")


def book(demo: Assignment) -> None:
    """What an instructor types after grading, in nbgrader's own commands."""
    log = demo.root / "nbgrader.log"
    log.write_text("", encoding="utf-8")
    for arguments in nbgrader_commands(demo):
        with log.open("a", encoding="utf-8") as file:
            done = subprocess.run(
                [sys.executable, "-m", "nbgrader", *arguments],
                cwd=demo.root,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-LOG_LINES:])
            raise CourseError(f"`nbgrader {' '.join(arguments)}` failed. The end of {log}:\n{tail}")


def nbgrader_commands(demo: Assignment) -> list[list[str]]:
    """autograde, generate_feedback, export."""
    name = demo.name
    return [
        ["autograde", name, "--force"],
        ["generate_feedback", name, "--force"],
        ["export", "--exporter", EXPORTER, "--to", "grades.csv"],
    ]


def _environment() -> dict[str, str]:
    """Ours, with this Python's programs on PATH: nbgrader calls alembic by name."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def collect(demo: Assignment, student: Student) -> dict[str, Found]:
    """What grading left behind of a student, by problem."""
    rows = {row["student"]: row for row in grade_rows(demo.root / "grades.csv")}
    row, verdicts = rows.get(student.name, {}), demo.root / "verdicts"
    return {
        problem: Found(
            verdict=load_verdict(verdict_path(verdicts, demo.name, student.name, problem)),
            booked=row.get(problem, "not in grades.csv"),
            status=row.get("status", "not in grades.csv"),
            feedback=feedback_file(demo, student.name, problem),
        )
        for problem in student.work
    }


def feedback_file(demo: Assignment, student: str, problem: str) -> Path:
    """The page that a student gets back."""
    page = the_file(demo.release_dir, problem).with_suffix(".html").name
    return demo.root / "feedback" / student / demo.name / page


def class_table(
    demo: Assignment,
    students: tuple[Student, ...],
    found: dict[str, dict[str, Found]],
    wrong: dict[str, list[str]],
) -> Table:
    """One row per student, and what the signs in it mean."""
    signs = ", ".join(f"{sign} {summary}" for summary, sign in SIGNS.items())
    table = Table(title="The class", caption=signs, box=box.HORIZONTALS, show_lines=True)
    table.title_justify = table.caption_justify = "left"
    table.padding, table.collapse_padding = (0, 1), True
    table.add_column("student", min_width=26)
    for problem in demo.problem_ids:
        table.add_column(problem, justify="right", no_wrap=True)
    for head in ("status", "expected?"):
        table.add_column(head, no_wrap=True)
    for student in students:
        mine = found[student.name]
        table.add_row(
            f"[bold]{student.name}[/]\n{student.story}",
            *(mine[problem].short if problem in mine else "" for problem in demo.problem_ids),
            next(iter(mine.values())).status,
            "[red]NO[/]" if wrong[student.name] else "[green]yes[/]",
        )
    return table


def where_to_look(demo: Assignment, students: tuple[Student, ...]) -> str:
    """Files worth opening, and how to go through the steps by hand."""
    by_hand = ["autograder run"]
    by_hand += ["nbgrader " + " ".join(arguments) for arguments in nbgrader_commands(demo)]
    pages = [
        (not work.expected.says, student.name, problem)
        for student in students
        for problem, work in student.work.items()
    ]
    _, someone, problem = min(pages, key=lambda page: page[0])  # one that tells a mistake, if any
    return "\n".join(
        [
            f"A student's feedback: {feedback_file(demo, someone, problem)}",
            f"The grades:           {demo.root / 'grades.csv'}",
            f"The class at a glance: {demo.root / REPORT}",
            f"nbgrader's log:       {demo.root / 'nbgrader.log'}",
            f"By hand:              cd {demo.root}",
            *(f"                      {command}" for command in by_hand),
        ]
    )


def conclude(console: Console, wrong: dict[str, list[str]], seconds: float) -> int:
    """Say what differs, if anything; returns the exit code."""
    for name, lines in wrong.items():
        for line in lines:
            console.print(f"[red]{name}[/] {escape(line)}", highlight=False)
    count = sum(bool(lines) for lines in wrong.values())
    text = f"{count} of {len(wrong)} students differ from what was expected"
    verdict = f"[red]{text}[/]" if count else "[green]Every outcome is as expected[/]"
    console.print(f"{verdict}, after {seconds:.0f} s.", highlight=False)
    return 1 if count else 0
