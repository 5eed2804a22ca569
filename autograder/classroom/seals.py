"""Hashes over files, and a file that remembers them: what has not changed is not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import FILE, PROBLEMS
from autograder.errors import CourseError, NotGradable
from autograder.files import write_whole
from autograder.intake.opened import file_bytes

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = "verdicts"


@dataclass
class Seals:
    """Hashes by name, kept in a file below `verdicts/`. It is no more than a memory: where it is
    gone or damaged, everything is done again.
    """

    path: Path
    known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path, name: str) -> Seals:
        """The seals in a course's `verdicts/.NAME.json`."""
        path = root / FOLDER / f".{name}.json"
        try:
            known = json.loads(path.read_bytes())
        except (OSError, ValueError):
            known = {}
        return cls(path, known if isinstance(known, dict) else {})

    def save(self) -> None:
        """Write the seals; where that cannot be done, the next run takes longer and that is all."""
        try:
            write_whole(self.path, json.dumps(self.known, indent=0, sort_keys=True).encode())
        except CourseError:
            with suppress(OSError):
                self.path.unlink()


def file_hash(path: Path) -> str:
    """A hash over a file's bytes; "" where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def submitted_hash(path: Path) -> str:
    """A hash over the bytes of what was handed in; "" for what is no file or too large to be read.

    Opened with care: reading a pipe would wait for ever.
    """
    try:
        return hashlib.sha256(file_bytes(path)).hexdigest()
    except NotGradable:
        return ""


def hash_of(*parts: str, files: Iterable[Path] = ()) -> str:
    """A hash over texts, and over the places and the bytes of files."""
    told = [*parts, *(f"{path}\0{file_hash(path)}" for path in files)]
    return hashlib.sha256("\n".join(told).encode(errors="surrogateescape")).hexdigest()


def code_hash(root: Path) -> str:
    """A hash over course.toml, the released notebooks, the course's problems, and this package."""
    files = [root / FILE, *sorted((root / "release").glob("*/*.ipynb"))]
    files += [*sorted((root / PROBLEMS).rglob("*.py")), *sorted(PACKAGE.rglob("*.py"))]
    return hash_of(files=files)
