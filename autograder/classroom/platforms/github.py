"""GitHub Classroom: `gh classroom clone student-repos` and the Classroom Assistant.

`fa2-submissions/fa2-alovelace/w1.ipynb`: the assignment's short name, then the GitHub login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Claim, Download, Person, rest_of

ABOVE = re.compile(r"(.+)-submissions(?:\.zip)?")
LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")


def github(download: Download) -> Iterator[Claim]:
    title = ABOVE.fullmatch(download.title)
    for found in download.files:
        parts = [title[0] if title else "", *found.parts]
        for at in range(len(found.parts) - 1):
            above = ABOVE.fullmatch(parts[at])
            login = above and parts[at + 1].removeprefix(f"{above[1]}-")
            if login and login != parts[at + 1] and LOGIN.fullmatch(login):
                person = Person("github", login, login, ids=(("login", login),))
                yield Claim(found, at, person, rest_of(found, at))
                break
