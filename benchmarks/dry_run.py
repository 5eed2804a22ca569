"""A class of forty, from each platform's download to grades in its sheet: what works, and how long.

    PYTHONPATH=tests/support:tests/classroom python benchmarks/dry_run.py Canvas Moodle

Each platform's class is new: same people, the same few answers to one problem. Every step is the
command an instructor types. Prints a row of a Markdown table for each platform.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import exports
import nbformat
from courses import EXPORT, NAME, environment, make_course
from exports import CLASS, EXPORTS, Student, as_zip
from solved import notebook, solved
from test_gradesheets import (
    blackboard_sheet,
    brightspace_sheet,
    canvas_sheet,
    moodle_sheet,
)

from autograder.course import Assignment

STUDENTS = 40
PROBLEM, FILE = "p2", "p2_weighted_row_sum"
SHEETS = {
    "Canvas": (canvas_sheet, "canvas", "Lab 1"),
    "Moodle": (moodle_sheet, "moodle", ""),
    "Blackboard": (blackboard_sheet, "folders", "Lab 1"),
    "Brightspace": (brightspace_sheet, "folders", ""),
}
STEPS = ("collect", "run", "book", "feedback", "grades", "sheet", "feedback zip", "report")


def answers() -> list[bytes]:
    """What the class handed in: right, unfilled, two mistakes, and no notebook at all."""
    works = [{}, solved(PROBLEM), solved(PROBLEM, ("acc += tl.sum(", "acc = tl.sum("))]
    works += [solved(PROBLEM, ("w = w.to(tl.float32)", "w = w.to(tl.float32) * 2.0"))]
    return [*(nbformat.writes(notebook(PROBLEM, work)).encode() for work in works), b"nothing"]


def forty() -> None:
    """Make the class of the tests forty people, who hand in one file each."""
    made = answers()
    for number in range(101 + len(CLASS), 101 + STUDENTS):
        CLASS.append(Student(f"Given{number}", f"Family{number}", number, number % 3 == 0))
    exports.NAMES = (FILE,)
    exports.work_of = lambda student, name=FILE: made[student.number % len(made)]


def write_roster(root: Path) -> None:
    """Everybody with the ids that platforms know them by; one more hands in nothing."""
    ids = ("canvas_id", "moodle_id", "blackboard_id", "brightspace_id", "orgdefined_id")
    with (root / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "name", "email", *ids))
        for s in CLASS:
            known = (s.number, s.number, s.login, s.number, 5000 + s.number)
            table.writerow((s.login, s.name, s.email, *known))
        table.writerow(("absent", "Nobody Home", "", *[""] * len(ids)))


def commands(platform: str, root: Path, download: Path) -> dict[str, list[str]]:
    """What an instructor types, by step; without a sheet, grades.csv is the way back."""
    autograder = [sys.executable, "-m", "autograder.cli"]
    nbgrader = [sys.executable, "-m", "nbgrader"]
    typed = {
        "collect": [*autograder, "collect", str(download)],
        "run": [*autograder, "run", "--jobs", "1"],
        "book": [*nbgrader, "autograde", NAME],
        "feedback": [*nbgrader, "generate_feedback", NAME],
        "grades": [*nbgrader, *EXPORT, "--to", "grades.csv"],
        "report": [*autograder, "report"],
    }
    form = "folders"
    if platform in SHEETS:
        make, form, column = SHEETS[platform]
        (root / "sheet.csv").write_bytes(make())
        typed["sheet"] = [*autograder, "export", "sheet.csv", "--to", "filled.csv"]
        typed["sheet"] += ["--column", column] if column else []
    typed["feedback zip"] = [*autograder, "feedback-zip", form]
    return {step: typed[step] for step in STEPS if step in typed}


def dry_run(platform: str, root: Path, findings: Path) -> str:
    """The row of one platform."""
    course = make_course(root, PROBLEM)
    if findings.is_dir():  # what was found of these answers for the platform before
        shutil.copytree(findings, root / "findings")
    write_roster(root)
    download = as_zip(EXPORTS[platform][0](CLASS), root.parent / f"{root.name}.zip")
    cells = []
    typed = commands(platform, root, download)
    for step in STEPS:
        cells.append(timed(typed[step], root) if step in typed else "–")
    shutil.copytree(root / "findings", findings, dirs_exist_ok=True)
    return f"| {platform} | {' | '.join(cells)} | {counted(course)} |"


def timed(command: list[str], root: Path) -> str:
    """Seconds, and the exit code where it is not 0. Stops the script where a step fails."""
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3):  # 3: something was left, and is named
        sys.exit(done.stdout + done.stderr)
    left = ", some left" if done.returncode == 3 else ""
    return f"{time.monotonic() - start:.0f} s{left}"


def counted(course: Assignment) -> str:
    """How many have a row in grades.csv, and how many a grade."""
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    graded = sum(row["status"] in ("graded", "provisional") for row in rows)
    return f"{len(rows)} students, {graded} graded"


if __name__ == "__main__":
    forty()
    base = Path(tempfile.mkdtemp(prefix="dry-run-"))
    print("| platform |", " | ".join(STEPS), "| grades.csv |", flush=True)
    print("|---" * (len(STEPS) + 2) + "|", flush=True)
    for number, wanted in enumerate(sys.argv[1:] or EXPORTS):
        print(dry_run(wanted, base / f"c{number}", base / "findings"), flush=True)
    shutil.rmtree(base)
