"""Zip files: what is in them, without what operating systems put there."""

from __future__ import annotations

import io
import lzma
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from ..errors import NotGradable

LARGEST = 50_000_000  # bytes read of one file, packed or not
UNPACKED = 500_000_000  # bytes of all files in one download together
MOST = 2000  # files looked at in one archive, those in zips within it included
DEEPEST = 4  # zips within zips
LITTER = ("__MACOSX", ".ipynb_checkpoints", ".git", ".github", ".vscode", ".idea")
LITTER_FILES = ("thumbs.db", "desktop.ini", "icon\r")
# What Python's zipfile lets through, besides its own, when the packed data is damaged.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError)
OFFICE = ("[Content_Types].xml", "mimetype", "word/document.xml")


@dataclass(frozen=True)
class Member:
    """A file in an archive. `changed` is when it was last written, in seconds since 1970."""

    path: PurePosixPath
    data: bytes
    changed: float


@dataclass
class Budget:
    """What may still be unpacked: bytes and files, zips within zips counted in."""

    size: int
    files: int = MOST

    def take(self, size: int) -> None:
        """Raises NotGradable where it is used up."""
        self.size -= size
        self.files -= 1
        if self.size < 0 or self.files < 0:
            raise NotGradable("The zip file holds too much. Hand in the .ipynb file alone.")


def is_litter(path: PurePath) -> bool:
    """Whether the file is an operating system's or an editor's: no work of the student's."""
    name = path.name.lower()
    hidden = name.startswith("._") or (name.startswith(".") and not name.endswith(".ipynb"))
    return hidden or name in LITTER_FILES or any(part in LITTER for part in path.parts)


def is_zip(data: bytes) -> bool:
    """Whether these bytes begin like a zip file."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def members(data: bytes, budget: Budget | None = None, depth: int = 0) -> Iterator[Member]:
    """The files in a zip, and in the zips in it. Raises NotGradable if it cannot be unpacked."""
    budget = budget or Budget(UNPACKED)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if any(info.filename in OFFICE for info in infos):
                raise NotGradable("It is an office document, not a notebook. " + HAND_IN)
            for info in infos:
                # Windows' own zipper wrote backslashes for years.
                path = PurePosixPath(info.filename.replace("\\", "/"))
                if not is_litter(path):
                    budget.take(info.file_size)
                    unpacked = Member(path, _read(archive, info), changed(info))
                    yield from _opened(unpacked, budget, depth)
    except (*DAMAGED, OSError, ValueError):
        raise NotGradable(
            "The zip file is damaged or locked with a password. Hand in the .ipynb file alone."
        ) from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member's bytes; no more than it says it has, whatever the packed data says."""
    with archive.open(info) as file:
        return file.read(info.file_size)


def _opened(member: Member, budget: Budget, depth: int) -> Iterator[Member]:
    """The member; if it is a zip itself, what is in it."""
    if is_zip(member.data) and member.path.suffix.lower() == ".zip" and depth < DEEPEST:
        for inner in members(member.data, budget, depth + 1):
            yield Member(member.path.with_suffix("") / inner.path, inner.data, inner.changed)
    else:
        yield member


def changed(info: zipfile.ZipInfo) -> float:
    """When a file in an archive was last written, in seconds since 1970; 0 for no time."""
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


HAND_IN = "In Colab or Jupyter: File > Download > Download .ipynb; hand that file in."
