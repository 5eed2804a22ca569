"""Moodle: View all submissions > Download all, in folders or flat (mod/assign, downloader.php).

`Ada Lovelace_1234567_assignsubmission_file` is a name without underscores and the participant's
number, which the grading worksheet calls "Participant 1234567". Before 4.0 the folder's name ended
in an underscore.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Claim, Download, Person, parts_like, rest_of

FORM = re.compile(r"(?:([^_]*)_)?(\d+)_assignsubmission_(file|onlinetext|comments)(?:_(.*))?")
TEAM = re.compile(r"([^_]*)_assignsubmission_(file|onlinetext)(?:_(.*))?")
TYPED = "It is a text typed into Moodle. Ask its owner for the notebook."
GROUP = "It is a group's work, and Moodle does not say whose. Put it in a folder per student."


def moodle(download: Download) -> Iterator[Claim]:
    for found, at, match in parts_like(download.files, FORM):
        name, key, kind, file = match.groups()
        if kind == "file":
            person = Person("moodle", key, name or "")
            yield Claim(found, at, person, rest_of(found, at, file or ""))
        else:
            yield Claim(found, at, left=TYPED)
    for found, at, _ in parts_like(download.files, TEAM):
        yield Claim(found, at, left=GROUP)
