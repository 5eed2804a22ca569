"""The parent's side of reading a class's zip file: what is in it, and one file of it at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import NotGradable
from .archives import LARGEST
from .ask import ask, spooled
from .opened import opened

LARGEST_ZIP = 20_000_000_000  # bytes; it is read from the disk, not into memory
ODD = "The zip file cannot be read. Unpack it yourself, and collect the folder."


@dataclass(frozen=True)
class Entry:
    """A file in a zip: `at` is its place in it (and in the zips in it), `names` what it is called
    there, `changed` seconds since 1970, `problem` why it cannot be unpacked.
    """

    at: tuple[int, ...]
    names: tuple[str, ...]
    size: int
    changed: float
    problem: str = ""


def zip_entries(path: Path) -> list[Entry]:
    """The files in a zip, and in the zips in it; nothing is unpacked. Raises NotGradable."""
    with opened(path, LARGEST_ZIP) as file:
        told = _told({"list": True}, file.fileno())
    try:
        return [_checked(raw) for raw in told["files"]]
    except (KeyError, TypeError, ValueError):
        raise NotGradable(ODD) from None


def zip_bytes(path: Path, entry: Entry) -> bytes:
    """One file out of a zip. Raises NotGradable."""
    if entry.problem:
        raise NotGradable(entry.problem)
    with opened(path, LARGEST_ZIP) as file, spooled(b"") as target:
        _told({"unpack": list(entry.at)}, file.fileno(), target.fileno())
        target.seek(0)
        data = target.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NotGradable(ODD)
    return data


def _told(question: dict[str, Any], *files: int) -> dict[str, Any]:
    answer = ask(question, *files)
    if isinstance(answer.get("reason"), str):
        raise NotGradable(answer["reason"][:600])
    if not isinstance(answer.get("told"), dict):
        raise NotGradable(ODD)
    return answer["told"]


def _checked(raw: dict[str, Any]) -> Entry:
    """An entry with every field of the type it must have. Raises ValueError, KeyError, TypeError"""
    at, names = tuple(map(int, raw["at"])), tuple(raw["names"])
    if not names or not all(isinstance(name, str) for name in names) or min(at) < 0:
        raise ValueError
    return Entry(at, names, int(raw["size"]), float(raw["changed"]), str(raw["problem"])[:600])
