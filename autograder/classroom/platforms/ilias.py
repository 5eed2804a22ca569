"""ILIAS: Exercise > Submissions > Download all (class.ilExSubmission.php).

`Submissions/Lovelace_Ada_alovelace_123/w1.ipynb`: last name, first name, login and user id. What
came late is called `Late Submission - w1.ipynb`, in the language of the platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Claim, Download, Person, rest_of

STUDENT = re.compile(r"([^_]+_.+)_([^_]+)_(\d+)")
ABOVE = re.compile(r"(Submissions|Abgaben|multi_feedback_.*)", re.IGNORECASE)
LATE = re.compile(
    r"(Late Submission|Verspaetete Abgabe|Verspätete Abgabe|Too late|Zu spät) - ", re.I
)


def ilias(download: Download) -> Iterator[Claim]:
    for found in download.files:
        for at, part in enumerate(found.parts[:-1]):
            student = STUDENT.fullmatch(part)
            if student and _is_ilias(download, found.parts[:at]):
                name, login, key = student.groups()
                person = Person("ilias", key, name.replace("_", ", ", 1), ids=(("login", login),))
                file = rest_of(found, at)
                late = bool(LATE.match(file))
                yield Claim(found, at, person, LATE.sub("", file, count=1), late=late or None)
                break


def _is_ilias(download: Download, place: tuple[str, ...]) -> bool:
    """Whether a folder is ILIAS's: by its name, or because all in it are called so."""
    if place and ABOVE.fullmatch(place[-1]):
        return True
    folders = [name for name in download.folders[place] if (*place, name) in download.folders]
    return len(folders) > 1 and all(STUDENT.fullmatch(name) for name in folders)
