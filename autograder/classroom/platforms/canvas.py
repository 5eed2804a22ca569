"""Canvas: Assignments > Download Submissions.

`lovelaceada_LATE_4711_670001_w1.ipynb` is the sortable name in lower case, LATE, the user's id, the
attachment's id and the student's own name for the file (canvas-lms, lib/content_zipper.rb);
anonymous, `LATE_anon_a1b2c_670001_w1.ipynb`. Attachments are numbered as they are uploaded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from .model import Claim, Download, Found, Person, parts_like, rest_of

Place = tuple[str, ...]
Named = tuple[Found, re.Match[str]]

# Ruby counts accents that stand alone (Hindi, Thai) among a word's characters.
WORD = r"[\w\u00c0-\U0010ffff]"
NAMED = re.compile(rf"({WORD}*?)_(LATE_)?(\d+)_(\d+)_(.+)")
ANONYMOUS = re.compile(r"(LATE_)?anon_([0-9A-Za-z]{5})_(\d+)_(.+)")
ONLINE = re.compile(rf"{WORD}*?_?(?:LATE_)?(?:\d+|anon_[0-9A-Za-z]{{5}})_(?:text|link)\.html")
TYPED = "It is a text or a link typed into Canvas. Ask its owner for the notebook."


def canvas(download: Download) -> Iterator[Claim]:
    """In one export every file is anonymous, or none: a user may be called Anon, but not all."""
    named, anonymous = (_by_place(download, form) for form in (NAMED, ANONYMOUS))
    for place in named.keys() | anonymous.keys():
        if len(anonymous[place]) >= len(named[place]):
            for found, match in anonymous[place]:
                late, key, attachment, file = match.groups()
                person = Person("canvas", f"anon_{key}")
                yield _claim(found, len(place), person, file, late, attachment)
        else:
            for found, match in named[place]:
                name, late, key, attachment, file = match.groups()
                person = Person("canvas", key, name)
                yield _claim(found, len(place), person, file, late, attachment)
    for found, at, _ in parts_like(download.files, ONLINE):
        if named[found.parts[:at]] or anonymous[found.parts[:at]]:
            yield Claim(found, at, left=TYPED)


def _by_place(download: Download, form: re.Pattern[str]) -> defaultdict[Place, list[Named]]:
    places: defaultdict[Place, list[Named]] = defaultdict(list)
    for found, at, match in parts_like(download.files, form):
        places[found.parts[:at]].append((found, match))
    return places


def _claim(
    found: Found, at: int, person: Person, file: str, late: str | None, attachment: str
) -> Claim:
    file = rest_of(found, at, file)
    return Claim(found, at, person, file, late=bool(late), serial=int(attachment))
