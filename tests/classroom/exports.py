"""Each platform's export in its documented form, as path -> content, for a class of real names."""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ASSIGNMENT = "flash_attention"
NAMES = ("p1_tiled_attention", "p3_flash_attention_forward")
START = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
Export = dict[str, bytes]


@dataclass(frozen=True)
class Student:
    """Somebody of the class; `number` is what every platform's ids are made from."""

    first: str
    last: str
    number: int
    late: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}" if self.last else self.first

    @property
    def login(self) -> str:
        return f"s_{self.number}"

    @property
    def email(self) -> str:
        return f"{self.login}@uni.example"

    @property
    def when(self) -> datetime:
        """In whole minutes: some platforms tell no seconds."""
        return (START + timedelta(minutes=self.number)).replace(second=0)


CLASS = [
    Student(first, last, number, late=number % 3 == 0)
    for number, (first, last) in enumerate(
        [
            ("Ada", "Lovelace"),
            ("Ada", "Lovelace"),  # another one
            (unicodedata.normalize("NFD", "José"), unicodedata.normalize("NFD", "Núñez")),
            ("Siobhán", "O'Brien"),
            ("Văn An", "Nguyễn"),
            ("小明", "王"),
            ("Αλέξανδρος", "Παπαδόπουλος"),
            ("Мария", "Иванова"),
            ("محمد", "علي"),
            ("सीता", "देवी"),
            ("Björk", ""),
            ("Anne-Marie", "de la Cruz, Jr."),
            ("Late", "Smith"),
            ("Anon", ""),
            ("X Æ", "A-12"),
            ("Ada", "lovelace"),  # and one in another letter case
            ("Łukasz", "Żółć"),
            ("สมชาย", "ใจดี"),
        ],
        start=101,
    )
]


def notebook(text: str, problem: str = "p1", filled: bool = True) -> bytes:
    """A notebook with one region; `text` tells it from others."""
    start, end = (
        f"# --- STUDENT IMPLEMENTATION {side} HERE ({problem}.1) ---" for side in ("STARTS", "ENDS")
    )
    body = (
        f"o = {text!r}"
        if filled
        else f'raise NotImplementedError("{problem}.1: not implemented yet")'
    )
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "\n".join([start, body, end]),
    }
    data = {"cells": [cell], "metadata": {"note": text}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data).encode()


def work_of(student: Student, name: str = NAMES[0]) -> bytes:
    """What a student handed in for a notebook: nobody's is equal to another's."""
    return notebook(f"{student.number}", name.split("_")[0])


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


def as_folder(export: Export, folder: Path) -> Path:
    """The export, unpacked."""
    for name, data in export.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def as_zip(export: Export, path: Path) -> Path:
    """The export as the platform hands it out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in export.items():
            archive.writestr(name, data)
    return path


def wrapped(export: Export, folder: str = "Downloads 2026/lab") -> Export:
    """The export in further folders."""
    return {f"{folder}/{name}": data for name, data in export.items()}


# How an instructor has it on the disk.
FORMS: dict[str, Callable[[Export, Path], Path]] = {
    "zip": lambda export, at: as_zip(export, at / "download.zip"),
    "unpacked": lambda export, at: as_folder(export, at / "download"),
    "in a wrapper folder": lambda export, at: as_folder(wrapped(export), at / "download"),
    "zip with a wrapper folder": lambda export, at: as_zip(wrapped(export), at / "download.zip"),
    "zip in a folder": lambda export, at: as_zip(export, at / "downloads/one.zip").parent,
}
