"""Blackboard: Grade Centre > Assignment File Download, `gradebook_COURSE_….zip`.

`Assignment 1_alovelace_attempt_2026-11-20-10-11-12_w1.ipynb`, and for each attempt a text file with
name, login, time and the names that the files had.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from .model import Claim, Download, Person, parts_like, rest_of
from .times import local

FORM = re.compile(r"(.+?)_attempt_(\d{4}(?:-\d\d){5})(?:_(.+)|\.txt)")
NAME = re.compile(r"Name: *(.*) \(([^()]+)\)\s*$")
WHEN = ("%Y-%m-%d-%H-%M-%S",)
UNTOLD = (
    "The assignment's title and the login cannot be told apart in its name. Collect the export "
    "whole: the text file beside each attempt says it."
)


def blackboard(download: Download) -> Iterator[Claim]:
    files = list(parts_like(download.files, FORM))
    people = _people(download, files)
    for found, at, match in files:
        before, when, file = match.groups()
        if file is None:
            yield Claim(found, at)  # the text file: what it says is known
            continue
        person = people.get((found.parts[:at], before))
        if person is None:
            yield Claim(found, at, left=UNTOLD)
            continue
        yield Claim(
            found, at, person, rest_of(found, at, file), when=local(when, WHEN, download.zone)
        )


def _people(download: Download, files: list) -> dict[tuple[tuple[str, ...], str], Person]:
    """Who is meant by what stands before `_attempt_`, in each folder."""
    told: dict[tuple[tuple[str, ...], str], Person] = {}
    titles: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for found, at, match in files:
        before, _, file = match.groups()
        said = file is None and NAME.match((download.lines(*found.parts) or [""])[0])
        if said and before.endswith(f"_{said[2]}"):
            told[found.parts[:at], before] = _person(said[2], said[1])
            titles[found.parts[:at]].add(before.removesuffix(said[2]))
    for found, at, match in files:
        place, before = found.parts[:at], match[1]
        if (place, before) not in told:
            login = _login(before, titles[place])
            if login:
                told[place, before] = _person(login, "")
    return told


def _login(before: str, titles: set[str]) -> str:
    """The login, where the title is known from others or there is but one way to part the two."""
    if titles:
        found = {before.removeprefix(title) for title in titles if before.startswith(title)}
        return found.pop() if len(found) == 1 else ""
    return before.split("_")[1] if before.count("_") == 1 else ""


def _person(login: str, name: str) -> Person:
    return Person("blackboard", login, name, ids=(("login", login),))
