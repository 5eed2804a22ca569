"""All that a student ever handed in, and which of it counts.

`collected/<assignment>/<student>/` keeps every attempt as it came, and `attempts.json` what is
known of each. The newest valid one is the student's submission: a file that cannot be read, or in
which nothing is filled in, never takes the place of one with work in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from autograder.classroom.platforms.times import stamp
from autograder.errors import CourseError
from autograder.files import write_whole

RECORD = "attempts.json"
HERE = "submitted"  # the platform of a file that was there already
# What a file is worth, lowest first.
OTHER, UNREADABLE, UNFILLED, FILLED = -1, 0, 1, 2


@dataclass(frozen=True)
class Attempt:
    """A file that was handed in for a notebook.

    `when` is the platform's time (ISO 8601, UTC), `late` what the platform says of it, `serial` its
    number there, `changed` the file's own time; `worth` what could be seen in it; `file` its name
    in the student's folder.
    """

    notebook: str
    digest: str
    platform: str
    key: str
    source: str
    worth: int
    when: str = ""
    late: bool | None = None
    serial: int = 0
    changed: float = 0.0
    file: str = ""

    def newer_than(self, other: Attempt) -> bool:
        """Whether it was handed in later, as far as that can be told; else what is collected later
        counts as newer.
        """
        if self.when and other.when:
            return self.when >= other.when
        if self.platform == other.platform:
            mine, theirs = (self.serial, self.changed), (other.serial, other.changed)
            return mine >= theirs
        return True


@dataclass
class Attempts:
    """A student's attempts, in the order in which they were collected."""

    folder: Path
    submitted: Path
    all: list[Attempt] = field(default_factory=list)

    @classmethod
    def load(cls, root: Path, assignment: str, student: str) -> Attempts:
        """Raises CourseError where the record is damaged."""
        folder = root / "collected" / assignment / student
        known = {f.name for f in fields(Attempt)}
        try:
            raw = json.loads((folder / RECORD).read_bytes())
            read = [Attempt(**{k: v for k, v in item.items() if k in known}) for item in raw]
        except FileNotFoundError:
            read = []
        except (ValueError, TypeError, AttributeError, OSError):
            raise CourseError(
                f"{folder / RECORD}: damaged. Put a backup in its place; or delete that folder, "
                "and collect again."
            ) from None
        return cls(folder, root / "submitted" / student / assignment, read)

    def known(self, attempt: Attempt) -> bool:
        """Whether this very file was collected before, or says the same as the last one."""
        same = [a for a in self.all if a.notebook == attempt.notebook]
        again = [a for a in same if a.digest == attempt.digest]
        if any(_moment(a) == _moment(attempt) for a in again):
            return True
        last = self.best(attempt.notebook)
        return last is not None and last.digest == attempt.digest and not attempt.when

    def add(self, attempt: Attempt, data: bytes) -> None:
        """Keep a file. Raises CourseError when it cannot be written."""
        name = f"{len(self.all) + 1:03d}-{attempt.notebook}.ipynb"
        write_whole(self.folder / name, data)
        self.all.append(Attempt(**{**asdict(attempt), "file": name}))

    def best(self, notebook: str) -> Attempt | None:
        """The attempt that counts."""
        chosen: Attempt | None = None
        for attempt in (a for a in self.all if a.notebook == notebook):
            if chosen is None or _replaces(attempt, chosen):
                chosen = attempt
        return chosen

    def adopt(self, notebook: str, worth) -> None:
        """Count a file that is there already, put there by hand or another tool, as an attempt.

        `worth(data, notebook)` says what it is worth.
        """
        path = self.submitted / f"{notebook}.ipynb"
        if path.is_symlink() or not path.is_file():
            return
        data = path.read_bytes()
        if not any(a.digest == digest(data) for a in self.all if a.notebook == notebook):
            changed = path.stat().st_mtime
            worth_ = worth(data, notebook)
            found = Attempt(notebook, digest(data), HERE, "", path.name, worth_, changed=changed)
            self.add(found, data)

    def settle(self) -> list[Path]:
        """Put the attempts that count, and the time of the latest, where nbgrader looks for them.

        Returns the files that were written. Raises CourseError when that cannot be done.
        """
        text = json.dumps([asdict(a) for a in self.all], ensure_ascii=False, indent=1)
        if _content(self.folder / RECORD) != (data := f"{text}\n".encode()):
            write_whole(self.folder / RECORD, data)
        written, times = [], []
        for notebook in sorted({a.notebook for a in self.all}):
            best = self.best(notebook)
            assert best is not None  # it has an attempt
            times += [best.when] * bool(best.when)
            target = self.submitted / f"{notebook}.ipynb"
            data = (self.folder / best.file).read_bytes()
            if _content(target) != data:
                write_whole(target, data)
                moment = datetime.fromisoformat(best.when).timestamp() if best.when else 0
                os.utime(target, (moment or best.changed, moment or best.changed))
                written.append(target)
        if times:
            when = datetime.fromisoformat(max(times))
            write_whole(self.submitted / "timestamp.txt", f"{stamp(when)}\n".encode())
        return written


def digest(data: bytes) -> str:
    """What tells one file from another."""
    return hashlib.sha256(data).hexdigest()


def utc(when: datetime | None) -> str:
    """A time as a record keeps it; "" for none. Texts of two times compare as the times do."""
    return when.astimezone(UTC).isoformat(timespec="microseconds") if when else ""


def _moment(attempt: Attempt) -> tuple[str, float]:
    """When it was handed in, as far as that is known."""
    if attempt.when:
        return attempt.when, 0
    return attempt.platform, attempt.serial or attempt.changed


def _replaces(attempt: Attempt, chosen: Attempt) -> bool:
    """Whether a later collected attempt takes the place of the one that counts."""
    if attempt.worth != chosen.worth:
        return attempt.worth > chosen.worth
    return attempt.newer_than(chosen)


def _content(path: Path) -> bytes | None:
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None
