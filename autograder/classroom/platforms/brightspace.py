"""Brightspace (D2L): Assignments > Submissions > Download, in folders or flat, and `index.html`.

`90011-67890 - Ada Lovelace - Nov 20, 2026 1011 AM` is the user's and the folder's id, the name, and
the time in the instructor's language, without its colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from .model import Claim, Download, Person, parts_like, rest_of
from .times import local

DATE = r"[^-]*\b20\d\d\b[^-]*?"  # in whatever language, there is a year in it
FORM = re.compile(rf"(\d+)-(\d+) - (.+?) - ({DATE})(?: - (.+))?")
MONTH = ("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y")
WHEN = tuple(f"{day} {time}" for day in MONTH for time in ("%I%M %p", "%H%M"))


def brightspace(download: Download) -> Iterator[Claim]:
    places = set()
    for found, at, match in parts_like(download.files, FORM):
        key, _, name, when, file = match.groups()
        places.add(found.parts[:at])
        person = Person("brightspace", key, name)
        time = _when(when, download.zone)
        yield Claim(found, at, person, rest_of(found, at, file or ""), when=time)
    for found in download.files:
        if found.inside.name == "index.html" and found.parts[:-1] in places:
            yield Claim(found, len(found.parts) - 1)


def _when(text: str, zone: tzinfo) -> datetime | None:
    words = re.sub(r"(\d)([AP]M)", r"\1 \2", re.sub("[,.]", "", text)).split()
    if len(words) > 3:
        words[3] = words[3].zfill(4)
    return local(" ".join(words), WHEN, zone)
