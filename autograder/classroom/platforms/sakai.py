"""Sakai: Assignments > Download All.

`Assignment/Lovelace, Ada(alovelace)/Submission attachment(s)/w1.ipynb`, with `timestamp.txt` beside
the attachments and `grades.csv` above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Claim, Download, Person, rest_of
from .times import local

STUDENT = re.compile(r"(.+?) ?\(([^()]+)\)")
ATTACHMENTS = "Submission attachment(s)"
OWN = ("timestamp.txt", "comments.txt", "feedbackText.html")
OWN_FOLDERS = ("Feedback Attachment(s)",)
GRADES = ("grades.csv", "grades.xls", "grades.xlsx")
TIME = re.compile(r"\d{14,17}")
TYPED = "It is a text typed into Sakai. Ask its owner for the notebook."


def sakai(download: Download) -> Iterator[Claim]:
    folders = download.folders
    for found in download.files:
        for at, part in enumerate(found.parts[:-1]):
            student = STUDENT.fullmatch(part)
            if student and _is_sakai(download, found.parts[: at + 1]):
                yield _claim(download, found, at, student)
                break
        else:
            if found.inside.name in GRADES and any(
                STUDENT.fullmatch(name) for name in folders[found.parts[:-1]]
            ):
                yield Claim(found, len(found.parts) - 1)


def _is_sakai(download: Download, place: tuple[str, ...]) -> bool:
    """Whether a folder called `Name(login)` holds what Sakai puts there."""
    inside = download.folders[place]
    stamp = "timestamp.txt" in inside and TIME.fullmatch(
        download.text(*place, "timestamp.txt").strip()
    )
    return ATTACHMENTS in inside or bool(stamp)


def _claim(download: Download, found, at: int, student: re.Match[str]) -> Claim:
    inside = found.parts[at + 1 :]
    if inside[0] in (*OWN, *OWN_FOLDERS):
        return Claim(found, at)
    if inside[0].endswith("_submissionText.html"):
        typed = download.text(*found.parts).strip()
        return Claim(found, at, left=TYPED if typed else "")
    stamp = download.text(*found.parts[: at + 1], "timestamp.txt").strip()[:14]
    name, login = student.groups()
    person = Person("sakai", login, name, ids=(("login", login),))
    file = rest_of(found, at + (len(inside) > 1))
    return Claim(found, at, person, file, when=local(stamp, ("%Y%m%d%H%M%S",), download.zone))
