"""Findings between machines: out on a stick, back from Colab; and the work to be graded there."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.run import Submission
from autograder.classroom.running import read
from autograder.course import PROBLEMS, Course
from autograder.errors import CourseError
from autograder.grading.book import Book
from autograder.grading.finding import FOLDER, read_finding, save_finding
from autograder.grading.keys import PACKAGE
from autograder.grading.score import standing_by_itself

LARGEST = 4 << 20  # bytes of one finding; they have some 20 KB
# What running needs of this package: no nbgrader, no reading of notebooks, no class.
RUNNING: tuple[str, ...] = ("*.py", "grading/*.py", "sandbox/**/*.py", "selfcheck/**/*.py")
RUNNING += ("problems/*.py", "problems/*/*.py")
ORDERS = "orders"


@dataclass
class Imported:
    """What came of files that were brought: how many were new, known before, or no use and why."""

    counts: Counter = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)  # (file, reason)


def export_findings(course: Course, to: Path) -> int:
    """Pack everything under findings/ into one zip file; how many there are."""
    files = sorted((course.root / FOLDER).glob("*/*/*.json"))
    if not files:
        raise CourseError(f"{course.root / FOLDER}: nothing was found yet. Run `autograder run`.")
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(course.root / FOLDER).as_posix())
    return len(files)


def import_findings(course: Course, sources: Iterable[Path]) -> Imported:
    """Take in findings out of folders and zip files; what is there and better stays."""
    told = Imported()
    for source in sources:
        for name, data in _files_in(source):
            finding = read_finding(data, Path(name).name)
            section = course.sections.get(finding.assignment) if finding else None
            if finding is None:
                told.refused.append((name, "It is damaged, or no finding."))
            elif section is None or finding.problem not in section.points:
                where = f"{finding.assignment}/{finding.problem}"
                told.refused.append((name, f"This course has no problem {where}."))
            elif save_finding(course.root / FOLDER, finding):
                told.counts["new"] += 1
            else:
                told.counts["known"] += 1
    return told


def _files_in(source: Path) -> Iterator[tuple[str, bytes]]:
    """Every JSON file of a folder or a zip file, by name. Raises CourseError."""
    if source.is_dir():
        for path in sorted(source.rglob("*.json")):
            if path.is_file() and path.stat().st_size <= LARGEST:
                yield str(path), path.read_bytes()
        return
    try:
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".json") and info.file_size <= LARGEST:
                    yield info.filename, _content(archive, info)
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(
            f"{source}: neither a folder nor a whole zip file ({error}). Fetch it again."
        ) from None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A file's bytes; b"" for one that is damaged inside the archive."""
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError):
        return b""


def pack_work(course: Course, work: list[Submission], to: Path, device: str = "some GPU") -> int:
    """Pack what such a machine needs to grade, code included, into one zip file: all of the work
    about which it could tell more than is known. How many works; nobody's name is in it.
    """
    books = {one.name: Book(one) for one in course.assignments}
    orders = {}
    for item in work:
        book = books[item.assignment]
        taken, _ = read(book.assignment, item, book.verdict(item.student, item.problem))
        if standing_by_itself(taken):
            continue
        if book.lacks(book.found(taken, item.problem), item.problem, device):
            order = book.order(taken.work, item.problem)
            orders[f"{order.name}/{order.work_hash[:20]}.json"] = order
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _code(course):
            archive.writestr(name, data)
        for name, order in sorted(orders.items()):
            archive.writestr(f"{ORDERS}/{name}", json.dumps(order.plain()))
    return len(orders)


def _code(course: Course) -> Iterator[tuple[str, bytes]]:
    """The running half of this package, and the course's own problems."""
    for pattern in RUNNING:
        for path in sorted(PACKAGE.glob(pattern)):
            yield f"autograder/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()
    for path in sorted((course.root / PROBLEMS).rglob("*.py")):
        yield path.relative_to(course.root).as_posix(), path.read_bytes()
