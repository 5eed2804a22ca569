"""Take in downloaded work: find each file's student and notebook, whatever it is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from autograder.classroom.attempts import digest
from autograder.classroom.downloads import files_in
from autograder.classroom.naming import released_name, uncopied
from autograder.classroom.platforms import TELL_TIME, TITLES, claims
from autograder.classroom.platforms.model import NO_NOTEBOOK, Claim, Download
from autograder.classroom.roster import load_roster
from autograder.classroom.students import Key, Refused, Students
from autograder.classroom.taking import Left, Report, Work, take
from autograder.course import Assignment
from autograder.errors import CourseError, NotGradable
from autograder.text import counted

TWO_OF_A_NAME = (
    "There are two different files of {}, and whether they are one person's cannot be told: only "
    "the name says whose they are. Put each person's work in a folder of their own."
)
TWO_IN_A_FOLDER = (
    "There are two different files for {} in the folder {}, and whether that is one student cannot "
    "be told. If it is, leave one of them, or list the class in roster.csv; if it holds several "
    "students' folders, collect it by itself."
)


def released_names(assignment: Assignment) -> list[str]:
    """The notebooks that were handed out, without their suffix."""
    found = sorted(assignment.release_dir.glob("*.ipynb"))
    return [path.stem for path in found if path.stem.split("_")[0] in assignment.points]


def handed_out(assignment: Assignment) -> list[str]:
    """`released_names`; raises CourseError when there are none yet."""
    names = released_names(assignment)
    if not names:
        raise CourseError(f"{assignment.release_dir}: nothing released yet. Run `make release`.")
    return names


def collect(
    assignment: Assignment, downloads: Path | Sequence[Path], zone: tzinfo | None = None
) -> Report:
    """Take in the work on an assignment that lies in downloads (folders or zip files).

    `zone` is that of times which do not name theirs; this machine's if none is given. Raises
    CourseError when a download is not there or holds nothing, or when something cannot be written.
    """
    work = Work(assignment.root, assignment.name, handed_out(assignment))
    students = Students.load(work.root, load_roster(work.root))
    zone = zone or datetime.now().astimezone().tzinfo or UTC
    report, told = Report(), []
    for path in [downloads] if isinstance(downloads, Path) else downloads:
        download = Download(path.stem, files_in(path), zone, work.notebooks, work.name)
        if not download.files:
            raise CourseError(f"{path}: no files in it. Name the folder or zip with the work.")
        found = claims(download, students.is_known)
        report.seen += _seen(path, found)
        told += found
    ids = students.ids(claim.person for claim in told if claim.person)
    report.renamed = students.follow_roster(ids)
    whose = _sorted(told, ids, work, students, report)
    for student, files in sorted(whose.items()):
        take(work, student, files, report)
        for claim in files:
            students.remember(student, claim.owner, work.name)
    if whose:
        students.save()
    return report


def _seen(path: Path, found: list[Claim]) -> list[str]:
    """A line for each platform that was recognised in a download."""
    people: dict[str, set[str]] = defaultdict(set)
    for claim in found:
        if claim.person:
            people[claim.person.platform].add(claim.person.key)
    lines = [
        f"{path}: {TITLES[p]}, {counted(len(keys), 'person', 'people')}{_untimed(p, found)}"
        for p, keys in people.items()
    ]
    return lines or [f"{path}: no platform's form was recognised"]


def _untimed(platform: str, found: list[Claim]) -> str:
    """How many files have no time, of a platform that tells it of others or should."""
    mine = [c for c in found if c.person and c.person.platform == platform]
    without = sum(claim.when is None for claim in mine)
    told = platform in TELL_TIME or without < len(mine)
    return f" (no time can be read of {counted(without, 'file')})" if told and without else ""


def _sorted(
    told: list[Claim],
    ids: dict[Key, str | Refused],
    work: Work,
    students: Students,
    report: Report,
) -> dict[str, list[Claim]]:
    """The claims by student; those that cannot be told apart go into the report."""
    by_person: dict[Key, list[Claim]] = defaultdict(list)
    for claim in told:
        if claim.person:
            by_person[claim.person.platform, claim.person.key].append(claim)
        elif claim.left or claim.found.problem:
            reason = claim.left or claim.found.problem
            report.left.append(Left(claim.found.told(), reason, reason != NO_NOTEBOOK))
    whose: dict[str, list[Claim]] = defaultdict(list)
    for key, files in by_person.items():
        id, doubt = ids[key], _doubt(files, work.notebooks)
        sure = students.roster is not None or files[0].owner.basis == "id"
        if isinstance(id, Refused) or (doubt and not sure):
            reason = id.reason if isinstance(id, Refused) else doubt
            report.left += [Left(claim.found.told(), reason) for claim in files]
        else:
            whose[id] += files
    return whose


def _doubt(files: list[Claim], names: list[str]) -> str:
    """Why files may be several people's though a name or a folder says they are one's."""
    person = files[0].owner
    for name in names:
        same = [c for c in files if released_name(c.file, names) == name]
        if len(same) < 2 or len({_digest(claim) for claim in same}) < 2:
            continue
        if person.basis == "name":
            return TWO_OF_A_NAME.format(person.name)
        folders = {c.found.parts[:-1] for c in same}
        places = {c.found.parts[: c.at] for c in same}
        if len({uncopied(c.file) for c in same}) > 1 or len(folders) > len(places):
            return TWO_IN_A_FOLDER.format(name, person.name)
    return ""


def _digest(claim: Claim) -> str:
    try:
        return digest(claim.found.read())
    except NotGradable as reason:
        return str(reason)
