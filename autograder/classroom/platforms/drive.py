"""Google Classroom and Drive: `drive-download-….zip` with `Ada Lovelace - w1.ipynb`.

Only the name says whose it is: two people of one name cannot be told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autograder.classroom.naming import COPY_OF, released_name

from .model import Claim, Download, Found, Person, rest_of

TITLE = "drive-download-"
UNTOLD = "Where the name ends and the file's begins cannot be told. Put it in a folder per student."
Way = tuple[str, str]


def drive(download: Download) -> Iterator[Claim]:
    """The form is a weak one: it counts only where all work lies in one place, most of it in this
    form, unless the place is called as Drive calls it.
    """
    places: dict[tuple[str, ...], list[tuple[Found, int, list[Way]]]] = defaultdict(list)
    for found in download.files:
        for at, part in enumerate(found.parts):
            is_file = at == len(found.parts) - 1 or part.lower().endswith(".zip")
            if is_file and (ways := _ways(part, download.names)):
                places[found.parts[:at]].append((found, at, ways))
                break
    for place, files in places.items():
        if _is_drive(download, place, len(files)):
            for found, at, ways in files:
                yield _claim(found, at, ways)


def _is_drive(download: Download, place: tuple[str, ...], count: int) -> bool:
    work = [found for found in download.files if found.may_be_work]
    inside = [found for found in work if found.parts[: len(place)] == place]
    if (place[-1] if place else download.title).startswith(TITLE):
        return True
    return len(inside) == len(work) and count > len(inside) / 2


def _claim(found: Found, at: int, ways: list[Way]) -> Claim:
    if len(ways) > 1:
        return Claim(found, at, left=UNTOLD)
    name, file = ways[0]
    return Claim(found, at, Person("drive", name, name, basis="name"), rest_of(found, at, file))


def _ways(part: str, names: list[str]) -> list[Way]:
    """The ways to part a file's name into a person's and that of a released notebook."""
    words = COPY_OF.sub("", part).split(" - ")
    ways = [(" - ".join(words[:i]), " - ".join(words[i:])) for i in range(1, len(words))]
    return [
        (name.strip(), file)
        for name, file in ways
        if name.strip() and released_name(file, names) and not released_name(name, names)
    ]
