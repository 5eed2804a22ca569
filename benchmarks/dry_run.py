"""A class of forty, from each platform's download to grades in its sheet: what works, and how long.

    PYTHONPATH=tests/support:tests/classroom python benchmarks/dry_run.py --keep FOLDER Moodle

Each platform's class is new: same people, the same few answers to one problem. Every step is the
command an instructor types. Prints a row of a Markdown table for each platform. Under FOLDER stand
the classes, what was said in the terminal, and what was found, which a further call finds again.
With --short, grading and feedback are those of FOLDER's first class wherever collecting left the
very same files under the same names.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import exports
import nbformat
from courses import EXPORT, NAME, environment, make_course
from exports import EXPORTS
from packing import as_zip
from people import CLASS, Student
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
PLATFORMS = (
    *("Canvas", "Moodle", "Gradescope", "Blackboard", "Brightspace", "Sakai", "ILIAS"),
    *("Google Drive", "GitHub Classroom", "nbgrader's exchange", "folders"),
)
# The sheet, the form of feedback, the grades' column. Gradescope takes no grades from a sheet: they
# go into that of the platform it is linked to.
SHEETS = {
    "Canvas": (canvas_sheet, "canvas", "Lab 1"),
    "Moodle": (moodle_sheet, "moodle", ""),
    "Gradescope": (canvas_sheet, "folders", "Lab 1"),
    "Blackboard": (blackboard_sheet, "folders", "Lab 1"),
    "Brightspace": (brightspace_sheet, "folders", ""),
}
STEPS = ("collect", "run", "book", "feedback", "grades", "sheet", "feedback zip", "report")
TRANSCRIPT = "terminal.txt"
GRADING = ("run", "book", "feedback", "grades")
GRADED = ("gradebook.db", "verdicts", "findings", "autograded", "feedback", "grades.csv")


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
    ids = ("canvas", "moodle", "blackboard", "brightspace", "orgdefined", "ilias", "github")
    with (root / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "name", "email", *(f"{platform}_id" for platform in ids)))
        for s in CLASS:
            known = (s.number, s.number, s.login, s.number, 5000 + s.number)
            table.writerow((s.login, s.name, s.email, *known, s.number, f"s-{s.number}"))
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


def dry_run(platform: str, base: Path, short: bool) -> str:
    """The row of one platform."""
    root, findings = base / re.sub(r"\W+", "-", platform.lower()), base / "findings"
    course = make_course(root, PROBLEM)
    if findings.is_dir():  # of these answers, for another platform
        shutil.copytree(findings, root / "findings")
    write_roster(root)
    download = as_zip(EXPORTS[platform][0](CLASS), root / "download.zip")
    typed = commands(platform, root, download)
    cells = [timed(typed.pop("collect"), root)]
    same = GRADING if short and graded_before(root, base) else ()
    for step in STEPS[1:]:
        if step in same:
            cells.append("same")
        else:
            cells.append(timed(typed[step], root) if step in typed else "–")
    shutil.copytree(root / "findings", findings, dirs_exist_ok=True)
    return f"| {platform} | {' | '.join(cells)} | {counted(course)} |"


def graded_before(root: Path, base: Path) -> bool:
    """Take over the grades of the first class, if this one's files are the same to the byte."""
    for other in sorted(base.glob("*/grades.csv"), key=lambda path: path.stat().st_mtime):
        if other.parent != root and handed_in(root) == handed_in(other.parent):
            for name in GRADED:
                there = other.parent / name
                if there.is_dir():
                    shutil.copytree(there, root / name, dirs_exist_ok=True)
                else:
                    shutil.copy(there, root / name)
            return True
    return False


def handed_in(root: Path) -> dict[str, bytes]:
    folder = root / "submitted"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.ipynb")}


def timed(command: list[str], root: Path) -> str:
    """Seconds, and the exit code where it is not 0. Stops the script where a step fails."""
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, check=False
    )
    took = time.monotonic() - start
    with (root / TRANSCRIPT).open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command[2:])}\n{done.stdout}{done.stderr}[{done.returncode}]\n\n")
    if done.returncode not in (0, 3):  # 3: something was left, and is named
        sys.exit(done.stdout + done.stderr)
    return f"{took:.0f} s{', some left' if done.returncode == 3 else ''}"


def counted(course: Assignment) -> str:
    """How many have a row in grades.csv, and how many a grade."""
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    graded = sum(row["status"] in ("graded", "provisional") for row in rows)
    return f"{len(rows)} students, {graded} graded"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=", ".join(EXPORTS))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the classes there")
    parser.add_argument("--short", action="store_true", help="grade equal classes once")
    asked = parser.parse_args()
    base = asked.keep or Path(tempfile.mkdtemp(prefix="dry-run-"))
    forty()
    print("| platform |", " | ".join(STEPS), "| grades.csv |", flush=True)
    print("|---" * (len(STEPS) + 2) + "|", flush=True)
    for platform in asked.platforms or PLATFORMS:
        print(dry_run(platform, base.resolve(), asked.short), flush=True)
    if not asked.keep:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
