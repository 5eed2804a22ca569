"""Which platform a download is from, by its structure: one adapter each, a line in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from autograder.classroom.downloads import Found

from .blackboard import blackboard
from .brightspace import brightspace
from .canvas import canvas
from .drive import drive
from .exchange import exchange
from .folders import folders
from .github import github
from .gradescope import gradescope
from .ilias import ilias
from .model import NO_NOTEBOOK, Claim, Download
from .moodle import moodle
from .sakai import sakai

Adapter = Callable[[Download], Iterator[Claim]]
# The strictest form first. A folder per student is what is left: `folders`.
PLATFORMS: dict[str, tuple[str, Adapter]] = {
    "moodle": ("Moodle", moodle),
    "gradescope": ("Gradescope", gradescope),
    "brightspace": ("Brightspace", brightspace),
    "blackboard": ("Blackboard", blackboard),
    "sakai": ("Sakai", sakai),
    "exchange": ("nbgrader's exchange", exchange),
    "canvas": ("Canvas", canvas),
    "github": ("GitHub Classroom", github),
    "ilias": ("ILIAS", ilias),
    "drive": ("Google Classroom or Drive", drive),
}
TITLES = {key: title for key, (title, _) in PLATFORMS.items()} | {"folder": "a folder per student"}
TELL_TIME = ("gradescope", "brightspace", "blackboard", "sakai", "exchange")
BESIDE = (
    "It lies in {}'s download, but not under a name of its form. Put it in a folder per student."
)
INSIDE = (
    "It is named as {} names work, but lies in one of several folders. If that folder is an "
    "export, collect it by itself; else rename the file."
)


def claims(download: Download, known: Callable[[str], bool]) -> list[Claim]:
    """What is to be said of every file: whose it is, or why it is left; several for a group's.

    Where two forms fit, the one counts that names the student further out: what is deeper down was
    named by a student.
    """
    found, unclaimed = _claimed(download)
    found, misplaced = _in_place(found, unclaimed)
    places = {claim.found.parts[: claim.at]: platform for platform, claim in found if claim.person}
    beside, rest = [], []
    for file in unclaimed:
        inside = [
            places[file.parts[:n]] for n in range(len(file.parts)) if file.parts[:n] in places
        ]
        if inside:
            left = BESIDE.format(TITLES[inside[0]]) if file.may_be_work else NO_NOTEBOOK
            beside.append(Claim(file, len(file.parts) - 1, left=left))
        else:
            rest.append(file)
    return [
        *(claim for _, claim in found),
        *misplaced,
        *beside,
        *(folders(download, rest, known) if rest else ()),
    ]


def _claimed(download: Download) -> tuple[list[tuple[str, Claim]], list[Found]]:
    """The claims that count, with the platform, and the files that no platform claims."""
    best: dict[Found, list[tuple[str, Claim]]] = {}
    for platform, (_, adapter) in PLATFORMS.items():
        for claim in adapter(download):
            rivals = best.setdefault(claim.found, [])
            if not rivals or claim.at < rivals[0][1].at:
                best[claim.found] = [(platform, claim)]
            elif rivals[0][0] == platform and claim.at == rivals[0][1].at:
                rivals.append((platform, claim))
    unclaimed = [found for found in download.files if found not in best]
    return [pair for pairs in best.values() for pair in pairs], unclaimed


def _in_place(
    found: list[tuple[str, Claim]], unclaimed: list[Found]
) -> tuple[list[tuple[str, Claim]], list[Claim]]:
    """The claims in places where an export can be, and those inside one of several folders that
    hold work of no platform: most likely a student's own folder.
    """
    work = [file.parts for file in unclaimed if file.may_be_work]
    misplaced = []
    places = {claim.found.parts[: claim.at] for _, claim in found}
    odd = {place for place in places if any(_apart(place, parts) for parts in work)}
    for platform, claim in found:
        if claim.found.parts[: claim.at] in odd:
            left = INSIDE.format(TITLES[platform]) if claim.found.may_be_work else NO_NOTEBOOK
            misplaced.append(replace(claim, person=None, left=left))
    kept = [(p, claim) for p, claim in found if claim.found.parts[: claim.at] not in odd]
    return kept, misplaced


def _apart(place: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether a file lies in a folder beside the place, or beside one above it."""
    common = 0
    while common < min(len(place), len(parts)) and place[common] == parts[common]:
        common += 1
    return common < len(place) and len(parts) - 1 > common
