"""A class's zip file, read bit by bit: what is in it, and one file of it at a time.

Runs in the child process. Files are told by their place in the archive, not by their name: two of
them may have the same, and a name may be anything.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..errors import NotGradable
from .archives import DAMAGED, DEEPEST, LARGEST, changed
from .limits import LARGEST_ANSWER

MOST = 20_000  # files in a class's zip file, those in zips within it included
BROKEN = "The zip file is damaged or locked with a password."
UNPACK = "Unpack it yourself, and collect the folder."
UTF8 = 0x800  # the flag by which a zip file says that a name is in UTF-8


def listing(file: BinaryIO) -> list[dict[str, Any]]:
    """The files in a zip: `at` (places, from the outer archive to the inner), `names` likewise,
    `size`, `changed`, `problem`. Raises NotGradable if it cannot be read.
    """
    found: list[dict[str, Any]] = []
    for entry in _entries(file, (), (), 0):
        found.append(entry)
        if len(found) > MOST:
            raise NotGradable(f"The zip file holds more than {MOST} files. {UNPACK}")
    if len(json.dumps(found)) > LARGEST_ANSWER - 1000:
        raise NotGradable(f"The zip file holds too many files. {UNPACK}")
    return found


def _entries(
    file: BinaryIO, at: tuple[int, ...], names: tuple[str, ...], depth: int
) -> Iterator[dict[str, Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            for place, info in enumerate(archive.infolist()):
                if info.is_dir():
                    continue
                entry = {
                    "at": [*at, place],
                    "names": [*names, told_name(info)],
                    "size": info.file_size,
                    "changed": changed(info),
                    "problem": _problem(info),
                }
                if not entry["problem"] and info.filename.lower().endswith(".zip"):
                    yield from _opened(archive, info, entry, depth)
                else:
                    yield entry
    except (*DAMAGED, OSError, ValueError):
        raise NotGradable(f"{BROKEN} Download it again.") from None


def _opened(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, entry: dict[str, Any], depth: int
) -> Iterator[dict[str, Any]]:
    """What is in a zip within a zip; where it cannot be opened, the zip itself with the reason."""
    if depth >= DEEPEST:
        yield {**entry, "problem": f"It is a zip file in {depth} others. {UNPACK}"}
        return
    try:
        inner = io.BytesIO(_bytes(archive, info))
        yield from list(_entries(inner, tuple(entry["at"]), tuple(entry["names"]), depth + 1))
    except NotGradable as reason:
        yield {**entry, "problem": str(reason)}


def _problem(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "It is locked with a password. Ask for it without one."
    if info.file_size > LARGEST:
        size = f"{info.file_size / 1e6:.0f} MB; no more than {LARGEST / 1e6:.0f} are read."
        return f"It has {size} Ask for the notebook with all outputs cleared."
    return ""


def told_name(info: zipfile.ZipInfo) -> str:
    """A file's name. macOS writes UTF-8 without saying so, which Python then reads as DOS's."""
    if info.flag_bits & UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def unpack(file: BinaryIO, at: list[int], target: BinaryIO) -> int:
    """Write one file of a zip into `target`; its size in bytes. Raises NotGradable."""
    try:
        for place in at[:-1]:
            with zipfile.ZipFile(file) as archive:
                file = io.BytesIO(_bytes(archive, archive.infolist()[place]))
        with zipfile.ZipFile(file) as archive:
            size = target.write(_bytes(archive, archive.infolist()[at[-1]]))
        target.flush()
        return size
    except (*DAMAGED, OSError, ValueError, IndexError):
        raise NotGradable(f"{BROKEN} Download it again.") from None


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A file's bytes, no more of them than one file may have."""
    if info.file_size > LARGEST:
        raise NotGradable(_problem(info))
    with archive.open(info) as packed:
        return packed.read(info.file_size)
