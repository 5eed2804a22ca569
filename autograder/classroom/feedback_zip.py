"""Feedback pages in one zip file, named so that a platform gives each to its student.

Moodle takes them by "Upload multiple feedback files in a zip": a folder as the submission's was
called. Canvas takes them by "Re-Upload Submissions": the first two numbers in a file's name are the
user's and the attachment's.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.attempts import Attempts
from autograder.classroom.students import Students
from autograder.errors import CourseError

FORMS = ("moodle", "canvas", "folders")


@dataclass
class Packed:
    """How many students' pages are in the zip, and whose could not be named for the platform."""

    students: int = 0
    missing: list[str] = field(default_factory=list)


def pack(root: Path, assignment: str, form: str, target: Path, students: Students) -> Packed:
    """Write the feedback pages of an assignment into a zip file of that form.

    Raises CourseError where there are no pages, or no such form.
    """
    if form not in FORMS:
        raise CourseError(f"There is no form {form!r}, only {', '.join(FORMS)}.")
    packed = Packed()
    folders = sorted((root / "feedback").glob(f"*/{assignment}"))
    pages = {folder.parent.name: sorted(folder.glob("*.html")) for folder in folders}
    if not any(pages.values()):
        raise CourseError(f"{root / 'feedback'}: no pages of {assignment}. Run `make feedback`.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, files in pages.items():
            names = _names(root, assignment, form, student, students)
            named = [(file, name) for file in files if (name := names(file.stem))]
            packed.students += bool(named)
            packed.missing += [student] * (len(named) < len(files))
            for file, name in named:
                archive.write(file, name)
    return packed


def _names(root: Path, assignment: str, form: str, student: str, students: Students):
    """What a student's pages are called in the zip, by notebook; "" where the platform's id of
    theirs is not known.
    """
    platforms = students.known.get(student, {}).get("platforms", {})
    told: dict[str, Any] = platforms.get(form, {}).get(assignment, {})
    if form == "folders":
        return lambda notebook: f"{student}/{notebook}.html"
    if not told:
        return lambda notebook: ""
    if form == "moodle":
        return lambda n: f"{told['name']}_{told['key']}_assignsubmission_file/{n}.html"
    serials = dict(_serials(root, assignment, student))
    key = told["key"]
    before = key if key.startswith("anon_") else f"{told['name']}_{key}"
    return lambda n: f"{before}_{serials[n]}_{n}.html" if n in serials else ""


def _serials(root: Path, assignment: str, student: str) -> Iterator[tuple[str, int]]:
    """The attachment of each notebook that counts."""
    attempts = Attempts.load(root, assignment, student)
    for notebook in {attempt.notebook for attempt in attempts.all}:
        best = attempts.best(notebook)
        if best and best.platform == "canvas":
            yield notebook, best.serial
