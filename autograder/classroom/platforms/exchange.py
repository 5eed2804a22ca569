"""nbgrader's own exchange: `inbound/alovelace+warmup+2026-11-20 10:11:12.123456 UTC/`.

The folder may end in a random word; `timestamp.txt` in it says the time too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Claim, Download, Person, parts_like, rest_of
from .times import stamped

SECRET = "submission_secret.txt"  # without it nbgrader cannot give feedback back by the exchange
DATE = r"\d{4}-\d\d-\d\d \d\d\S\d\d\S\d\d[^+]*"
FORM = re.compile(rf"(.+?)\+([^+]+)\+({DATE})(\+.*)?")
OTHER = "It is of another assignment ({}). Collect it with that assignment's name."


def exchange(download: Download) -> Iterator[Claim]:
    for found, at, match in parts_like(download.files, FORM):
        login, assignment, when, _ = match.groups()
        if assignment != download.assignment:
            yield Claim(found, at, left=OTHER.format(assignment))
        elif found.parts[at + 1 :] == ("timestamp.txt",):
            yield Claim(found, at)
        else:
            stamp = download.text(*found.parts[: at + 1], "timestamp.txt")
            person = Person("exchange", login, ids=(("login", login),))
            time = stamped(stamp) or stamped(_with_colons(when))
            yield Claim(found, at, person, rest_of(found, at), when=time)


def _with_colons(when: str) -> str:
    """The time as it was before a file system refused its colons."""
    return re.sub(r"^(\S+ \d\d)[_ -](\d\d)[_ -](\d\d)", r"\1:\2:\3", when)
