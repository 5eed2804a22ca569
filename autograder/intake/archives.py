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
from pathlib import PurePosixPath

from ..errors import NotGradable

LARGEST = 500_000_000  # bytes read of one file, packed or not
MOST = 2000  # files looked at in one archive
DEEPEST = 4  # zips within zips
LITTER = ("__MACOSX", ".ipynb_checkpoints")
# What Python's zipfile lets through, besides its own, when the packed data is damaged.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError)
OFFICE = ("[Content_Types].xml", "mimetype", "word/document.xml")


@dataclass(frozen=True)
class Member:
    """A file in an archive. `changed` is when it was last written, in seconds since 1970."""

    path: PurePosixPath
    data: bytes
    changed: float


def is_litter(path: PurePosixPath) -> bool:
    """Whether the file is an operating system's or an editor's: no work of the student's."""
    return path.name.startswith(".") or any(part in LITTER for part in path.parts)


def is_zip(data: bytes) -> bool:
    """Whether these bytes begin like a zip file."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def members(data: bytes, depth: int = 0) -> Iterator[Member]:
    """The files in a zip, and in the zips in it. Raises NotGradable if it cannot be unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist()[:MOST] if not info.is_dir()]
            if any(info.filename in OFFICE for info in infos):
                raise NotGradable("It is an office document, not a notebook. " + HAND_IN)
            if sum(info.file_size for info in infos) > LARGEST:
                raise NotGradable("The zip file holds too much. Hand in the .ipynb file alone.")
            for info in infos:
                # Windows' own zipper wrote backslashes for years.
                path = PurePosixPath(info.filename.replace("\\", "/"))
                if not is_litter(path):
                    yield from _unpacked(path, _read(archive, info), _changed(info), depth)
    except (*DAMAGED, OSError, ValueError):
        raise NotGradable(
            "The zip file is damaged or locked with a password. Hand in the .ipynb file alone."
        ) from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member's bytes; no more than it says it has, whatever the packed data says."""
    with archive.open(info) as file:
        return file.read(min(info.file_size, LARGEST))


def _unpacked(path: PurePosixPath, data: bytes, changed: float, depth: int) -> Iterator[Member]:
    if is_zip(data) and path.suffix.lower() == ".zip" and depth < DEEPEST:
        for inner in members(data, depth + 1):
            yield Member(path.with_suffix("") / inner.path, inner.data, inner.changed)
    else:
        yield Member(path, data, changed)


def _changed(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


HAND_IN = "In Colab or Jupyter: File > Download > Download .ipynb; hand that file in."
