"""What lies under submitted/: put it where nbgrader looks, and name what nobody would look at."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.collect import handed_out
from autograder.classroom.downloads import WORK, Found, files_in
from autograder.classroom.ids import alike, refusal, safe_id, told_id
from autograder.classroom.platforms.exchange import SECRET
from autograder.classroom.platforms.times import stamped
from autograder.classroom.roster import load_roster
from autograder.classroom.taking import Left, Taken
from autograder.classroom.worth import places_of
from autograder.course import Assignment
from autograder.errors import NotGradable
from autograder.files import write_whole
from autograder.intake.archives import is_litter

STAMP = "timestamp.txt"
NO_TIME = "It tells no time. Write one like 2026-11-21 10:00:00 UTC, or remove it."
NOT_IN_ROSTER = "No row of roster.csv has this id. Add one; or remove the folder if it is old."


@dataclass(frozen=True)
class Candidate:
    """A file that may be a student's work on a notebook, and what it is worth."""

    found: Found
    notebook: str
    worth: int
    note: str

    @property
    def in_place(self) -> bool:
        return str(self.found.inside) == f"{self.notebook}.ipynb"

    @property
    def value(self) -> tuple[int, bool, float]:
        """Of two that are worth the same, the one in its place counts, then the newer."""
        return self.worth, self.in_place, self.found.changed


def settle(assignment: Assignment, students: Iterable[str] | None = None) -> list[Taken]:
    """Give work that lies under submitted/ under another name the name that nbgrader knows.

    Where a file of that name is there already, it stays, unless it cannot be read or is not filled
    in and the other one is; it is then kept under another name.
    """
    names = handed_out(assignment)
    taken: list[Taken] = []
    for folder in sorted((assignment.root / "submitted").glob(f"*/{assignment.name}")):
        if students and folder.parent.name not in students:
            continue
        files = files_in(folder)
        usual = {STAMP, SECRET, *(f"{name}.ipynb" for name in names)}
        if {str(found.inside) for found in files} <= usual:
            continue  # nothing needs to be read
        best: dict[str, Candidate] = {}
        for candidate in (c for found in files for c in _candidates(found, names)):
            rival = best.get(candidate.notebook)
            if rival is None or candidate.value > rival.value:
                best[candidate.notebook] = candidate
        taken += [_put(folder, c) for _, c in sorted(best.items()) if not c.in_place]
    return taken


def _candidates(found: Found, names: list[str]) -> Iterator[Candidate]:
    try:
        data = found.read()
    except NotGradable:
        return  # grading says so, if it has the right name
    for notebook, worth, note in places_of(data, found.inside.name, names):
        yield Candidate(found, notebook, worth, note)


def _put(folder: Path, candidate: Candidate) -> Taken:
    """Copy a file to its place; what stands there is kept."""
    target = folder / f"{candidate.notebook}.ipynb"
    if os.path.lexists(target):
        target.rename(target.with_suffix(".ipynb.before"))
    write_whole(target, candidate.found.read())
    os.utime(target, (candidate.found.changed, candidate.found.changed))
    return Taken(candidate.found.told(), folder.parent.name, target, candidate.note)


def strays(root: Path, assignments: Collection[str]) -> list[Left]:
    """What lies under submitted/ where no program would find it, and what to do about it."""
    folder, roster = root / "submitted", load_roster(root)
    found: list[Left] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if is_litter(path.relative_to(folder)):
            continue
        if not path.is_dir() or path.is_symlink():
            found.append(Left(str(path), "It belongs to no student. Put it in a student's folder."))
        elif reason := refusal(path.name):
            found.append(Left(str(path), f"It can be nobody's: {reason}. Rename it."))
        elif (plain := safe_id(told_id(path.name))) != path.name:
            reason = f"nbgrader finds no folder of this name. Rename it `{plain}`."
            found.append(Left(str(path), reason))
        elif roster is not None and roster.row(path.name) is None:
            found.append(Left(str(path), NOT_IN_ROSTER))
        else:
            found += _astray(path, assignments)
    return found


def _astray(student: Path, assignments: Collection[str]) -> Iterator[Left]:
    """What lies in a student's folder, but in no assignment's; and a time that cannot be read."""
    alikes = {alike(name): name for name in assignments}
    for path in sorted(student.iterdir()):
        if path.name in assignments:
            stamp = path / STAMP
            if stamp.is_file() and stamped(stamp.read_text("utf-8", "replace")) is None:
                yield Left(str(stamp), NO_TIME)
        if is_litter(path.relative_to(student)) or path.name in assignments:
            continue
        if meant := path.is_dir() and alikes.get(alike(path.name)):
            yield Left(str(path), f"The assignment is called {meant}. Rename the folder.")
        elif path.is_dir():
            known = ", ".join(sorted(assignments))
            yield Left(str(path), f"It is no assignment's folder ({known}). Rename or remove it.")
        elif path.suffix.lower() in WORK:
            yield Left(str(path), "It lies in no assignment's folder. Put it in the one it is for.")
