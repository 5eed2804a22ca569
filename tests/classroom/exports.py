"""Each platform's export in its documented form, as path -> content, for a class of real names."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable

from packing import Export
from people import ASSIGNMENT, NAMES, Student, work_of


def canvas(students: Iterable[Student]) -> Export:
    files = {}
    for s in students:
        name = re.sub(r"[^\w\u0300-\u036f\u0900-\u097f\u0e00-\u0e7f]", "", s.sortable.lower())
        late = "LATE_" if s.late else ""
        for i, file in enumerate(NAMES):
            attachment = 670_000 + 10 * s.number + i
            ending = "-1" if s.number % 2 else ""
            files[f"{name}_{late}{s.number}_{attachment}_{file}{ending}.ipynb"] = work_of(s, file)
    return files


def canvas_anonymous(students: Iterable[Student]) -> Export:
    return {
        f"{'LATE_' if s.late else ''}anon_{_anonymous(s)}_{6700 + s.number}_{file}.ipynb": work_of(
            s, file
        )
        for s in students
        for file in NAMES
    }


def _anonymous(s: Student) -> str:
    """Five characters; by chance they may be digits alone."""
    return f"{s.number:05d}" if s.number % 2 else f"aZ{s.number}"


def moodle(students: Iterable[Student], blind: bool = False, old: bool = False) -> Export:
    end = "_" if old else ""
    files = {}
    for s in students:
        name = "Participant" if blind else s.name.replace("_", " ")
        for file in NAMES:
            path = f"{name}_{s.number}_assignsubmission_file{end}/{file}.ipynb"
            files[path] = work_of(s, file)
    return files


def moodle_flat(students: Iterable[Student]) -> Export:
    return {
        f"{s.name}_{s.number}_assignsubmission_file_{file}.ipynb": work_of(s, file)
        for s in students
        for file in NAMES
    }


def gradescope(students: Iterable[Student]) -> Export:
    lines, files = ["---"], {}
    for s in students:
        key = f"submission_{9000 + s.number}"
        when = s.when.strftime("%Y-%m-%d %H:%M:%S.123456789 Z")
        lines += [
            f"{key}:",
            "  :submitters:",
            f"  - :name: {json.dumps(s.name, ensure_ascii=False)}",
            f"    :sid: '{s.number}'",
            f"    :email: {s.email}",
            f"  :created_at: {when}",
            "  :score: 0.0",
            "  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess",
            "    tests: []",
            "  :history:",
            f"  - :id: {8000 + s.number}",
            f"    :created_at: {when}",
        ]
        for file in NAMES:
            files[f"assignment_9100_export/{key}/{file}.ipynb"] = work_of(s, file)
    metadata = "\n".join(lines).encode() + b"\n"
    return {"assignment_9100_export/submission_metadata.yml": metadata, **files}


def blackboard(students: Iterable[Student]) -> Export:
    files = {}
    for s in students:
        base = f"Lab_1: attention_{s.login}_attempt_{s.when:%Y-%m-%d-%H-%M-%S}".replace(":", "")
        listed = [f"\tOriginal filename: {n}.ipynb\n\tFilename: {base}_{n}.ipynb\n" for n in NAMES]
        receipt = (
            f"Name: {s.name} ({s.login})\nAssignment: Lab_1: attention\n"
            f"Date Submitted: {s.when:%A, %d %B %Y %H:%M:%S} o'clock UTC\n"
            "Current Mark: Needs Marking\n\nSubmission Field:\n"
            "There is no student submission text data for this assignment.\n\n"
            f"Files:\n{''.join(listed)}"
        )
        files[f"{base}.txt"] = receipt.encode()
        files |= {f"{base}_{file}.ipynb": work_of(s, file) for file in NAMES}
    return files


def brightspace(students: Iterable[Student], between: str = "/") -> Export:
    files = {"index.html": b"<html>Submissions</html>"}
    for s in students:
        when = s.when.strftime("%b %d, %Y %I%M %p").replace(" 0", " ")
        for file in NAMES:
            files[f"{s.number}-67890 - {s.name} - {when}{between}{file}.ipynb"] = work_of(s, file)
    return files


def brightspace_flat(students: Iterable[Student]) -> Export:
    return brightspace(students, " - ")


def sakai(students: Iterable[Student]) -> Export:
    files = {"Lab 1/grades.csv": b'"Lab 1","Points"\n\n"Display ID","ID"\n'}
    for s in students:
        folder = f"Lab 1/{s.sortable}({s.login})"
        files[f"{folder}/timestamp.txt"] = s.when.strftime("%Y%m%d%H%M%S123").encode()
        files[f"{folder}/{s.sortable}({s.login})_submissionText.html"] = b""
        for file in NAMES:
            files[f"{folder}/Submission attachment(s)/{file}.ipynb"] = work_of(s, file)
    return files


def ilias(students: Iterable[Student]) -> Export:
    files = {"Lab 1/Submissions.xlsx": b"PK"}
    for s in students:
        folder = f"{s.last or 'X'}_{s.first}_s{s.number}_{s.number}".replace(",", "")
        late = "Late Submission - " if s.late else ""
        for file in NAMES:
            files[f"Lab 1/Submissions/{folder}/{late}{file}.ipynb"] = work_of(s, file)
    return files


def github(students: Iterable[Student]) -> Export:
    files = {}
    for s in students:
        folder = f"fa2-lab-submissions/fa2-lab-s-{s.number}"
        files[f"{folder}/.git/HEAD"] = b"ref: refs/heads/main\n"
        files[f"{folder}/README.txt"] = b"The lab"
        files |= {f"{folder}/{file}.ipynb": work_of(s, file) for file in NAMES}
    return files


def exchange(students: Iterable[Student]) -> Export:
    files = {}
    for s in students:
        when = s.when.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        folder = f"inbound/{s.login}+{ASSIGNMENT}+{when}+x7{s.number}"
        files[f"{folder}/timestamp.txt"] = when.encode()
        files |= {f"{folder}/{file}.ipynb": work_of(s, file) for file in NAMES}
    return files


def drive(students: Iterable[Student]) -> Export:
    """Nobody's name twice: that is a case of its own."""
    files, seen = {}, set()
    for s in students:
        if s.name.casefold() not in seen:
            seen.add(s.name.casefold())
            files |= {f"{s.name} - Copy of {file}.ipynb": work_of(s, file) for file in NAMES}
    return files


def folders(students: Iterable[Student]) -> Export:
    return {f"{s.login}/{file}.ipynb": work_of(s, file) for s in students for file in NAMES}


# Export -> what the platform calls a student, and whether it tells the time.
Key = Callable[[Student], str]
EXPORTS: dict[str, tuple[Callable[[Iterable[Student]], Export], str, Key, bool]] = {
    "Canvas": (canvas, "canvas", lambda s: str(s.number), False),
    "Canvas, anonymous": (canvas_anonymous, "canvas", lambda s: f"anon_{_anonymous(s)}", False),
    "Moodle": (moodle, "moodle", lambda s: str(s.number), False),
    "Moodle, old": (lambda c: moodle(c, old=True), "moodle", lambda s: str(s.number), False),
    "Moodle, blind": (lambda c: moodle(c, blind=True), "moodle", lambda s: str(s.number), False),
    "Moodle, flat": (moodle_flat, "moodle", lambda s: str(s.number), False),
    "Gradescope": (gradescope, "gradescope", lambda s: s.email, True),
    "Blackboard": (blackboard, "blackboard", lambda s: s.login, True),
    "Brightspace": (brightspace, "brightspace", lambda s: str(s.number), True),
    "Brightspace, flat": (brightspace_flat, "brightspace", lambda s: str(s.number), True),
    "Sakai": (sakai, "sakai", lambda s: s.login, True),
    "ILIAS": (ilias, "ilias", lambda s: str(s.number), False),
    "GitHub Classroom": (github, "github", lambda s: f"s-{s.number}", False),
    "nbgrader's exchange": (exchange, "exchange", lambda s: s.login, True),
    "Google Drive": (drive, "drive", lambda s: unicodedata.normalize("NFC", s.name), False),
    "folders": (folders, "folder", lambda s: s.login, False),
}
