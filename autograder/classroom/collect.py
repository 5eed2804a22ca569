"""Take in downloaded work: find each file's student and notebook, whatever it is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from autograder.classroom.attempts import Attempt, Attempts, digest, utc
from autograder.classroom.downloads import files_in
from autograder.classroom.naming import released_name, uncopied
from autograder.classroom.platforms import TELL_TIME, TITLES, claims
from autograder.classroom.platforms.exchange import SECRET
from autograder.classroom.platforms.model import NO_NOTEBOOK, Claim, Download
from autograder.classroom.roster import load_roster
from autograder.classroom.students import Key, Refused, Students
from autograder.classroom.worth import places_of, worth_of
from autograder.course import Assignment
from autograder.errors import CourseError, NotGradable
from autograder.files import write_whole
from autograder.intake.archives import UNPACKED

TWO_OF_A_NAME = (
    "There are two different files of {}, and whether they are one person's cannot be told: only "
    "the name says whose they are. Put each person's work in a folder of their own."
)
TWO_IN_A_FOLDER = (
    "There are two different files for {} in the folder {}, and whether that is one student cannot "
    "be told. Collect {} by itself if it holds several students' folders; else leave one of them."
)
NOT_OURS = "It is none of {}, by its name or its content. Rename it if it is."
TOO_MUCH = "{} handed in more than {:.0f} MB. Ask them for the notebooks alone."


@dataclass(frozen=True)
class Work:
    """What is collected: the assignment's name, and its released notebooks' without suffix."""

    root: Path
    name: str
    notebooks: list[str]


@dataclass(frozen=True)
class Taken:
    """A file that was taken, whose it is and where it went; `note` tells what was odd about it,
    `late_untimed` that the platform calls it late, but does not say by how much.
    """

    source: str
    student: str
    target: Path
    note: str = ""
    late_untimed: bool = False


@dataclass(frozen=True)
class Left:
    """A file that was not taken, why, and the one thing to do; `matters` unless there is nothing to
    be done.
    """

    source: str
    reason: str
    matters: bool = True


@dataclass
class Report:
    """What became of every file: `seen` says which platforms were recognised."""

    seen: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing was left that may be somebody's work."""
        return not any(left.matters for left in self.left)


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
    whose = _sorted(told, ids, work, students, report)
    for student, files in sorted(whose.items()):
        _take(work, student, files, report)
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
        f"{path}: {TITLES[p]}, {len(keys)} people{_untimed(p, found)}" for p, keys in people.items()
    ]
    return lines or [f"{path}: no platform's form was recognised"]


def _untimed(platform: str, found: list[Claim]) -> str:
    """How many files have no time, of a platform that tells it of others or should."""
    mine = [c for c in found if c.person and c.person.platform == platform]
    without = sum(claim.when is None for claim in mine)
    told = platform in TELL_TIME or without < len(mine)
    return f" ({without} files have no time that can be read)" if told and without else ""


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
            return TWO_IN_A_FOLDER.format(name, person.name, person.name)
    return ""


def _digest(claim: Claim) -> str:
    try:
        return digest(claim.found.read())
    except NotGradable as reason:
        return str(reason)


def _take(work: Work, student: str, files: list[Claim], report: Report) -> None:
    """Keep a student's files, and put the best of each notebook in its place."""
    attempts = Attempts.load(work.root, work.name, student)
    taken: list[tuple[Claim, str, str]] = []
    spare: list[Claim] = []
    budget, secret = UNPACKED, b""
    for claim in sorted(files, key=lambda c: (utc(c.when), c.serial, c.found.changed)):
        try:
            data = claim.found.read()
            budget -= len(data)
            if budget < 0:
                raise NotGradable(TOO_MUCH.format(student, UNPACKED / 1e6))
        except NotGradable as reason:
            report.left.append(Left(claim.found.told(), str(reason)))
            continue
        if claim.file == SECRET and claim.owner.platform == "exchange":
            secret = data
            continue
        places = places_of(data, claim.file, work.notebooks)
        spare += [] if places else [claim]
        for notebook, worth, note in places:
            attempts.adopt(notebook, worth_of)
            attempt = _attempt(claim, notebook, data, worth)
            if not attempts.known(attempt):
                attempts.add(attempt, data)
            taken.append((claim, notebook, note))
    _report(work, student, attempts, taken, spare, report)
    if taken and secret:
        write_whole(attempts.submitted / SECRET, secret)


def _report(work, student, attempts: Attempts, taken, spare, report: Report) -> None:
    if taken:
        attempts.settle()
    for claim, notebook, note in taken:
        target = attempts.submitted / f"{notebook}.ipynb"
        untimed = bool(claim.late) and claim.when is None
        report.taken.append(Taken(claim.found.told(), student, target, note, untimed))
    for claim in spare:
        matters = claim.found.may_be_work or not taken
        reason = NOT_OURS.format(", ".join(work.notebooks)) if matters else NO_NOTEBOOK
        report.left.append(Left(claim.found.told(), reason, matters))


def _attempt(claim: Claim, notebook: str, data: bytes, worth: int) -> Attempt:
    return Attempt(
        notebook,
        digest(data),
        claim.owner.platform,
        claim.owner.key,
        claim.file,
        worth,
        utc(claim.when),
        claim.late,
        claim.serial,
        claim.found.changed,
    )
