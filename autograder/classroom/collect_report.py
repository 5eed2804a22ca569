"""What the command line says after collecting: what was seen and taken, and all that was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.classroom.roster import FILE, Roster
from autograder.classroom.taking import Report
from autograder.errors import CourseError
from autograder.text import counted

LATE = (
    "Late by the platform, which does not say by how much: {}. Without a time that is in time. "
    "Write it into a timestamp.txt beside the work (2026-11-21 10:00:00 UTC)."
)
Line = tuple[str, str]  # a word, "seen", "taken", "left" or "note", and what there is to say


def lines(report: Report, root: Path, deadline: bool = True) -> Iterator[Line]:
    """The report, line by line. A file that was taken has one only where something was odd.

    Without a deadline it does not matter what a platform calls late.
    """
    for seen in report.seen:
        yield "seen", seen
    if report.renamed:
        told = ", ".join(f"{new} (was {old})" for old, new in report.renamed)
        yield "note", f"Ids are those of {FILE} now: {told}"
    for taken in report.taken:
        if taken.note:
            yield "taken", f"{taken.target.relative_to(root)} ({taken.note})"
    yield from (("note", f"{t.source}: {t.passed_over}") for t in report.taken if t.passed_over)
    people = counted(len({taken.student for taken in report.taken}), "student")
    yield "taken", f"{counted(len(report.taken), 'file')} of {people}."
    late = sorted({taken.student for taken in report.taken if taken.late_untimed})
    if late and deadline:
        yield "note", LATE.format(", ".join(late))
    yield from grouped((left.reason, left.source) for left in report.left if left.matters)
    if spare := [left for left in report.left if not left.matters]:
        more = " …" if len(spare) > 1 else ""
        yield "note", f"no notebook in {counted(len(spare), 'file')}: {spare[0].source}{more}"


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
    yield "note", f"work of {len(roster.rows) - len(nothing)} of {len(roster.rows)} in {FILE}"
    if nothing:
        names = Counter(row.name for row in roster.rows)
        told = [r.name if names[r.name] == 1 else f"{r.name} ({r.id})".strip() for r in nothing]
        yield "note", f"nothing taken yet from {'; '.join(told)}"


def zone_of(name: str | None) -> tzinfo | None:
    """A time zone by its name, None for none. Raises CourseError if there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise CourseError(f"There is no time zone {name!r}. Try one like Europe/Berlin.") from None
