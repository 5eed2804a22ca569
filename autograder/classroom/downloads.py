"""The files in a download, a folder or a zip file; zip files in it count as folders."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from autograder.errors import CourseError, NotGradable
from autograder.intake.archives import is_litter
from autograder.intake.opened import file_bytes
from autograder.intake.unpack import Entry, zip_bytes, zip_entries

PACKED = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zst")  # not opened here
WORK = (".ipynb", ".py", ".json", ".md", ".qmd", ".rmd", ".zip")  # may be somebody's work
LONGEST_NAME = 255  # characters, as on a disk
TOO_LONG = "Its name is too long for a disk. Ask its owner for the notebook under a shorter one."
UNOPENED = "Only zip files are opened here."
UNPACK = f"{UNOPENED} Unpack it there, and collect again."
LEADS_OUT = "Its path in the zip file leads out of it. Ask its owner for the notebook alone."


@dataclass(frozen=True)
class Found:
    """A file. `source` is the file on disk; `inside` its path in the download, its accents composed
    (NFC); `changed` when it was written; `problem` why it cannot be read.
    """

    source: Path
    inside: PurePosixPath
    changed: float = 0.0
    problem: str = ""
    entry: Entry | None = None  # its place in the zip file `source`

    @property
    def parts(self) -> tuple[str, ...]:
        return self.inside.parts

    @cached_property
    def may_be_work(self) -> bool:
        """Whether its name says that somebody may have written it for a mark."""
        name = self.inside.name.lower()
        return name.endswith(WORK) or name.endswith((".ipynb.txt", ".ipynb.html"))

    @property
    def packed(self) -> bool:
        """Whether it is an archive that is not opened here."""
        return self.inside.suffix.lower() in PACKED

    def told(self) -> str:
        """Where it is, for a report."""
        return "/".join([str(self.source), *(self.entry.names if self.entry else ())])

    def read(self) -> bytes:
        """The file's bytes. They are read when needed: a class's work may not fit in memory.

        Raises NotGradable.
        """
        if self.problem:
            raise NotGradable(self.problem)
        return zip_bytes(self.source, self.entry) if self.entry else file_bytes(self.source)


def files_in(download: Path) -> list[Found]:
    """Every file in a folder or a zip file, without the litter of operating systems and editors.

    Raises CourseError if it is neither.
    """
    if download.is_dir():
        return list(_below(download))
    if not download.exists():
        raise CourseError(f"{download}: not found. Name the folder or zip file with the work.")
    if download.suffix.lower() in PACKED:
        raise CourseError(f"{download}: {UNOPENED} Unpack it, and collect the folder.")
    if download.suffix.lower() != ".zip":
        raise CourseError(
            f"{download}: a single file does not say whose it is. Put it in a folder named after "
            "its student, and collect the folder that holds that one."
        )
    try:
        return list(_in_zip(download, PurePosixPath()))
    except NotGradable as reason:
        raise CourseError(f"{download}: {reason}") from None


def _below(folder: Path) -> Iterator[Found]:
    for path in sorted(folder.rglob("*")):
        inside = PurePosixPath(*(composed(part) for part in path.relative_to(folder).parts))
        if is_litter(inside) or (path.is_dir() and not path.is_symlink()):
            continue
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            yield Found(path, inside, problem="It is a link or a pipe. Put the file itself there.")
        elif path.suffix.lower() == ".zip":
            try:
                yield from _in_zip(path, inside)
            except NotGradable as reason:
                yield Found(path, inside, problem=str(reason))
        else:
            yield Found(path, inside, status.st_mtime)


def _in_zip(path: Path, inside: PurePosixPath) -> Iterator[Found]:
    for entry in zip_entries(path):
        # Windows' own zipper wrote backslashes for years.
        names = [composed(name.replace("\\", "/")) for name in entry.names]
        place, problem = inside.joinpath(*(name.lstrip("/") for name in names)), entry.problem
        if any(name.startswith("/") or ".." in name.split("/") for name in names):
            problem = LEADS_OUT
        if any(len(part) > LONGEST_NAME for part in place.parts):
            place = PurePosixPath(*(part[:LONGEST_NAME] for part in place.parts))
            problem = TOO_LONG
        if not is_litter(place):
            yield Found(path, place, entry.changed, problem, entry)


def composed(text: str) -> str:
    """The text with its accents composed: macOS takes them apart."""
    return unicodedata.normalize("NFC", text)
