"""What the command line says after collecting: what was seen and taken, and all that was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.classroom.collect import Report
from autograder.classroom.roster import FILE, Roster
from autograder.errors import CourseError

LATE = (
    "are late by the platform, which does not say by how much; without a time they count as in "
    "time. Write it into their timestamp.txt (2026-11-21 10:00:00 UTC)"
)
Line = tuple[str, str]  # a word, "seen", "taken", "left" or "note", and what there is to say


def lines(report: Report, root: Path) -> Iterator[Line]:
    """The report, line by line. A file that was taken has one only where something was odd."""
    for seen in report.seen:
        yield "seen", seen
    for taken in report.taken:
        if taken.note:
            yield "taken", f"{taken.target.relative_to(root)} ({taken.note})"
    people = len({taken.student for taken in report.taken})
    yield "taken", f"{len(report.taken)} files of {people} students."
    if late := sorted({taken.student for taken in report.taken if taken.late_untimed}):
        yield "note", f"{len(late)} {LATE}: {', '.join(late)}"
    yield from grouped((left.reason, left.source) for left in report.left if left.matters)
    if spare := [left for left in report.left if not left.matters]:
        yield "note", f"{len(spare)} files are no notebooks: {spare[0].source} …"


def grouped(pairs: Iterator[tuple[str, str]]) -> Iterator[Line]:
    """What was left, the files with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for reason, source in pairs:
        by_reason.setdefault(reason, []).append(source)
    for reason, sources in by_reason.items():
        yield "left", "\n        ".join([reason, *sources])


def roster_lines(roster: Roster | None, root: Path, assignment: str) -> Iterator[Line]:
    """Who of the roster handed in nothing so far."""
    if roster is None:
        return
    folder = root / "submitted"
    nothing = [r for r in roster.rows if not any((folder / r.id / assignment).glob("*.ipynb"))]
    yield "note", f"{len(roster.rows) - len(nothing)} of {len(roster.rows)} in {FILE} handed in."
    if nothing:
        yield "note", f"nothing yet from {', '.join(row.name or row.id for row in nothing)}"


def zone_of(name: str | None) -> tzinfo | None:
    """A time zone by its name, None for none. Raises CourseError if there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise CourseError(f"There is no time zone {name!r}. Try one like Europe/Berlin.") from None
