"""What an adapter for a platform reads, and what it says of each file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Literal

from autograder.classroom.downloads import Found
from autograder.errors import NotGradable

NO_NOTEBOOK = "It is no notebook."  # nothing to be done
LONGEST_NOTE = 5_000_000  # bytes of a platform's own file that is read
Basis = Literal["id", "folder", "name"]


@dataclass(frozen=True)
class Person:
    """Whose a file is, by what the platform says.

    `key` is what tells people apart there: the platform's own id (`basis` "id"), a folder's name,
    or a name that two people may share. `ids` are the other things known of them, needed again when
    grades go back: login, email, sid.
    """

    platform: str
    key: str
    name: str = ""
    basis: Basis = "id"
    ids: tuple[tuple[str, str], ...] = ()

    @property
    def called(self) -> str:
        """How a report names them."""
        return self.name if self.name and self.basis != "id" else f"{self.name} ({self.key})"


@dataclass(frozen=True)
class Claim:
    """What a platform's form says of one file.

    `at` is the place in the file's path of the part that names its student. Without a `person` it
    was not taken, and `left` says why and what to do; with neither it is the platform's own.
    `serial` orders attempts where the platform gives them no time.
    """

    found: Found
    at: int
    person: Person | None = None
    file: str = ""
    when: datetime | None = None
    late: bool | None = None
    serial: int = 0
    left: str = ""

    @property
    def owner(self) -> Person:
        """The person of a claim that names one."""
        assert self.person is not None
        return self.person


@dataclass
class Download:
    """A download, as adapters see it. `zone` is that of times which do not name theirs."""

    title: str
    files: list[Found]
    zone: tzinfo
    names: list[str] = field(default_factory=list)
    assignment: str = ""

    @cached_property
    def folders(self) -> dict[tuple[str, ...], set[str]]:
        """What stands directly in each folder."""
        inside: dict[tuple[str, ...], set[str]] = {}
        for found in self.files:
            for depth in range(len(found.parts)):
                inside.setdefault(found.parts[:depth], set()).add(found.parts[depth])
        return inside

    @cached_property
    def _by_place(self) -> dict[tuple[str, ...], Found]:
        return {found.parts: found for found in self.files}

    def text(self, *parts: str) -> str:
        """A small text of the platform's own; "" where there is none that can be read."""
        found = self._by_place.get(parts)
        try:
            data = found.read() if found else b""
        except NotGradable:
            return ""
        return data.decode("utf-8-sig", "replace") if len(data) <= LONGEST_NOTE else ""

    def lines(self, *parts: str) -> list[str]:
        return self.text(*parts).splitlines()


def parts_like(
    files: Iterable[Found], form: re.Pattern[str]
) -> Iterator[tuple[Found, int, re.Match[str]]]:
    """The files in whose path a part has this form, with the first such part."""
    for found in files:
        for at, part in enumerate(found.parts):
            if match := form.fullmatch(part):
                yield found, at, match
                break


def rest_of(found: Found, at: int, file: str = "") -> str:
    """What the student called the file: the part of its path after the one that names them."""
    return "/".join([*([file] if file else []), *found.parts[at + 1 :]])
