"""From grades.csv to the platform's own sheet: what the command line does."""

from __future__ import annotations

from pathlib import Path

from autograder.classroom.attempts import RECORD
from autograder.classroom.collect_report import Line
from autograder.classroom.grades import read_grades
from autograder.classroom.gradesheets import Filled, fill, recognised
from autograder.classroom.roster import load_roster
from autograder.classroom.students import Students
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.text import counted

EMPTY = "Left as they were, since there is no grade yet (grades.csv says why)"
OUTDATED = (
    "Work was collected after grades.csv was written: `make autograde grades`, then this again."
)
OTHER_POINTS = (
    "There the most is {:g} points, in course.toml {:g}. Set both alike, or every grade is off."
)


def export_sheet(
    root: Path, assignment: str, sheet: Path, column: str = "", target: Path | None = None
) -> tuple[Filled, Path]:
    """Fill the grades of an assignment into a sheet downloaded from a platform; the sheet itself
    stays as it is. Raises CourseError where that cannot be done.
    """
    try:
        data = sheet.read_bytes()
    except OSError as error:
        raise CourseError(f"{sheet}: not readable ({error.strerror}). Name the sheet.") from None
    form = recognised(data)
    grades = read_grades(root / "grades.csv", assignment)
    students = Students.load(root, load_roster(root))
    filled = fill(form, data, grades, students.whose, column)
    since = (root / "grades.csv").stat().st_mtime
    records = (root / "collected" / assignment).glob(f"*/{RECORD}")
    filled.outdated = any(path.stat().st_mtime > since for path in records)
    target = target or sheet.with_name(f"{sheet.stem}-filled{sheet.suffix}")
    write_whole(target, filled.data)
    return filled, target


def filled_lines(filled: Filled, target: Path, full_mark: float) -> list[Line]:
    """What there is to say of a filled sheet."""
    told = [("taken", f"{counted(len(filled.done), 'grade')} in {target}")]
    if filled.outdated:
        told.append(("note", OUTDATED))
    if filled.most not in (None, full_mark):
        told.append(("note", OTHER_POINTS.format(filled.most, full_mark)))
    if filled.empty:
        told.append(("note", f"{EMPTY}: {', '.join(filled.empty)}"))
    for who, why in (
        (filled.absent, "have a grade, but no row. Check their ids in roster.csv"),
        (filled.doubtful, "are rows that fit one student. Write their ids into roster.csv"),
        (filled.unknown, "are rows of nobody who handed in or is in roster.csv"),
    ):
        if who:
            told.append(("left", f"{why[0].upper()}{why[1:]}: {', '.join(who)}"))
    return told
