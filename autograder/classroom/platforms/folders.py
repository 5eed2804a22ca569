"""A folder (or zip file) per student: what a person made by hand, or nbgrader's submitted/.

Nothing but a folder's name says whose the work is, so this is tried last, and only where it can be
told which folders are the students'.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from autograder.classroom.downloads import UNPACK
from autograder.classroom.naming import released_name, uncopied

from .model import NO_NOTEBOOK, Claim, Download, Found, Person, rest_of
from .times import stamped

Place = tuple[str, ...]
FLAT = (
    "No platform names files so, and whose it is cannot be told. Put each student's files in a "
    "folder named after them."
)
CHAIN = "Which of these folders is the student cannot be told. Collect the one that holds theirs."
DIGITS = re.compile(r"[0-9]{1,18}")
NO_STUDENT = "{} is a notebook's name, not a student's. Sort the files into a folder per student."


def folders(download: Download, rest: list[Found], known: Callable[[str], bool]) -> list[Claim]:
    """What no platform claimed. `known` says whether a name is a student's already."""
    return _numbered(list(_claims(download, rest, known)))


def _claims(download: Download, rest: list[Found], known: Callable[[str], bool]) -> Iterator[Claim]:
    work = [found for found in rest if found.may_be_work]
    place = _common(work)
    depth = _depth(download, work, place, known)
    for found in rest:
        if depth is None or not work:
            told = CHAIN if place and _same_work(work, download.names) else FLAT
            yield _left(found, told)
        elif len(found.parts) <= depth + 1 or found.parts[:depth] != place[:depth]:
            yield _left(found, FLAT)
        else:
            yield _student(download, found, depth)


def _common(work: list[Found]) -> Place:
    """The deepest folder that holds all of it."""
    folders = [found.parts[:-1] for found in work]
    place = min(folders, key=len, default=())
    while any(folder[: len(place)] != place for folder in folders):
        place = place[:-1]
    return place


def _depth(
    download: Download, work: list[Found], place: Place, known: Callable[[str], bool]
) -> int | None:
    """Which part of a path names the student; None where that cannot be told.

    In the deepest common folder stand either the students' folders, or one student's work.
    """
    sure = [depth for depth, part in enumerate(place) if known(without_zip(part))]
    if len(sure) == 1:
        return sure[0]
    direct = [found for found in work if len(found.parts) == len(place) + 1]
    if not place or not direct:
        return len(place)
    names = (download.assignment, *download.names)
    people = [depth for depth, part in enumerate(place) if part not in names]
    alone = len(people) == 1 and len(direct) == len(work) and _same_work(work, download.names)
    if alone and place[people[0]].lower().endswith(".zip"):
        return None  # an export of one, or one student's: only other zips beside it would tell
    return people[0] if alone else None


def _same_work(work: list[Found], names: list[str]) -> bool:
    """Whether files are called as they were handed out, so that no name can hide in theirs."""
    plain = {*names, *(name.split("_")[0] for name in names)}
    return all(uncopied(found.inside.name) in plain for found in work)


def _student(download: Download, found: Found, depth: int) -> Claim:
    name = without_zip(found.parts[depth])
    if released_name(name, download.names) or name == download.assignment:
        return Claim(found, depth, left=NO_STUDENT.format(name))
    if found.inside.name == "timestamp.txt":
        return Claim(found, depth)
    when = stamped(download.text(*found.parts[:-1], "timestamp.txt"))
    person = Person("folder", name, name, basis="folder")
    return Claim(found, depth, person, rest_of(found, depth), when=when)


def _numbered(claims: list[Claim]) -> list[Claim]:
    """The claims, with later times for higher numbers where one number in a folder's name is all
    that tells a student's files apart: `Version 10` is newer than `Version 9`, whenever a program
    wrote them on the disk.
    """
    alike: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.person and claim.when is None:
            folder, _, name = claim.file.rpartition("/")
            alike[claim.person.key, DIGITS.sub("#", folder), name].append(claim)
    latest: dict[Found, float] = {}
    for same in alike.values():
        columns = zip(*map(_numbers, same), strict=True)
        one_varies = sum(len(set(column)) > 1 for column in columns) == 1
        time = 0.0
        for claim in sorted(same, key=_numbers) if one_varies else ():
            latest[claim.found] = time = max(claim.found.changed, time + 0.001)
    return [
        replace(c, found=replace(c.found, changed=latest.get(c.found, c.found.changed)))
        for c in claims
    ]


def _numbers(claim: Claim) -> list[int]:
    """The numbers in the folders of a student's file."""
    return [int(digits) for digits in DIGITS.findall(claim.file.rpartition("/")[0])]


def without_zip(name: str) -> str:
    """A folder's name, where a zip file counts as a folder."""
    return name[:-4] if name.lower().endswith(".zip") else name


def _left(found: Found, reason: str) -> Claim:
    reason = UNPACK if found.packed else reason if found.may_be_work else NO_NOTEBOOK
    return Claim(found, max(0, len(found.parts) - 1), left=reason)
