"""The files in a folder of downloads, with what is in its zip files."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import NotGradable
from autograder.intake.archives import is_litter, is_zip, members
from autograder.intake.opened import file_bytes


@dataclass(frozen=True)
class Found:
    """A file. `source` is the file on disk; `inside` its path in the download, where a zip file
    counts as a folder; `changed` when it was written; `problem` why it cannot be read.
    """

    source: Path
    inside: PurePosixPath
    changed: float = 0.0
    problem: str = ""
    member: PurePosixPath | None = None  # its path in the zip file `source`

    def read(self) -> bytes:
        """The file's bytes. They are read again when needed: a class's work may not fit in memory.

        Raises NotGradable.
        """
        data = file_bytes(self.source)
        if self.member is None:
            return data
        return next((m.data for m in members(data) if m.path == self.member), b"")


def files_below(folder: Path) -> Iterator[Found]:
    """Every file, in order of its name, without the litter of operating systems and editors."""
    for path in sorted(folder.rglob("*")):
        inside = PurePosixPath(*path.relative_to(folder).parts)
        if is_litter(inside) or (path.is_dir() and not path.is_symlink()):
            continue
        if not stat.S_ISREG(path.lstat().st_mode):
            yield Found(path, inside, problem="it is a link or a pipe, not a file")
            continue
        try:
            yield from _unpacked(path, inside)
        except NotGradable as reason:
            yield Found(path, inside, problem=str(reason))


def _unpacked(path: Path, inside: PurePosixPath) -> list[Found]:
    """The file, or what is in it if it is a zip file by its name."""
    changed = path.lstat().st_mtime
    data = file_bytes(path) if path.suffix.lower() == ".zip" else b""
    if not is_zip(data):
        return [Found(path, inside, changed)]
    flat = len(inside.parts) == 1
    # In a flat folder the file's name begins with the student's.
    folder = PurePosixPath(inside.stem.split("_")[0]) if flat else inside.with_suffix("")
    found = [Found(path, folder / m.path, m.changed, member=m.path) for m in members(data)]
    tops = {item.member.parts[0] for item in found if len(item.member.parts) > 1}
    if flat and len(tops) > 1:
        reason = "it seems to hold several students' work; unpack it first"
        return [Found(path, inside, problem=reason)]
    return found
