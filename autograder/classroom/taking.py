"""What is taken of one student's files: every attempt is kept, and the best put in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.attempts import (
    OTHER,
    UNFILLED,
    UNREADABLE,
    Attempt,
    Attempts,
    digest,
    utc,
)
from autograder.classroom.downloads import UNPACK
from autograder.classroom.platforms.exchange import SECRET
from autograder.classroom.platforms.model import NO_NOTEBOOK, Claim
from autograder.classroom.worth import may_be_notebook, places_of, worth_of
from autograder.errors import NotGradable
from autograder.files import write_whole
from autograder.intake.archives import UNPACKED

PASSED_OVER = {
    OTHER: "It is newer, but another problem's; the one before counts.",
    UNREADABLE: "It is newer, but cannot be read; the one before counts.",
    UNFILLED: "It is newer, but nothing is filled in; the one before counts.",
}
NOT_OURS = "It is none of {}, by its name or its content. Rename it if it is."
NOTHING_OURS = "It is no notebook, and its owner handed in none. Ask them for it."
TOO_MUCH = "{} handed in more than {:.0f} MB. Ask them for the notebooks alone."


@dataclass(frozen=True)
class Work:
    """What is collected: the assignment's name, and its released notebooks' without suffix."""

    root: Path
    name: str
    notebooks: list[str]


@dataclass(frozen=True)
class Taken:
    """A file that was taken, whose it is and where it went. `note` tells what was odd about it,
    `passed_over` why an older one counts; `late_untimed`: it counts, and the platform calls it
    late without saying by how much.
    """

    source: str
    student: str
    target: Path
    note: str = ""
    passed_over: str = ""
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
    """What became of every file: `seen` says which platforms were recognised, `renamed` who has
    another id than before, the old and the new.
    """

    seen: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing was left that may be somebody's work."""
        return not any(left.matters for left in self.left)


def take(work: Work, student: str, files: list[Claim], report: Report) -> None:
    """Keep a student's files, and put the best of each notebook in its place."""
    attempts = Attempts.load(work.root, work.name, student)
    timed = (attempts.submitted / "timestamp.txt").exists()
    taken: list[tuple[Claim, Attempt, str]] = []
    spare: list[tuple[Claim, bool]] = []
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
        spare += [] if places else [(claim, may_be_notebook(data, claim.found.inside.name))]
        for notebook, worth, note in places:
            attempts.adopt(notebook, worth_of)
            attempt = _attempt(claim, notebook, data, worth)
            if not attempts.known(attempt):
                attempts.add(attempt, data)
                timed = False  # what stands there is another attempt's time
            taken.append((claim, attempt, note))
    if taken:
        attempts.settle()
    report.taken += [_taken(claim, a, note, attempts, timed) for claim, a, note in taken]
    report.left += [_left(claim, may, bool(taken), work.notebooks) for claim, may in spare]
    if taken and secret:
        write_whole(attempts.submitted / SECRET, secret)


def _taken(claim: Claim, attempt: Attempt, note: str, attempts: Attempts, timed: bool) -> Taken:
    """What is told of a file. `timed`: somebody wrote down when the student's work came."""
    target = attempts.submitted / f"{attempt.notebook}.ipynb"
    best = attempts.best(attempt.notebook)
    assert best is not None  # this one at least
    newer = attempt.worth < best.worth and attempt.newer_than(best)
    passed_over = PASSED_OVER[attempt.worth] if newer else ""
    counts = attempt.digest == best.digest
    untimed = counts and bool(attempt.late) and not (attempt.when or timed)
    return Taken(claim.found.told(), target.parent.parent.name, target, note, passed_over, untimed)


def _left(claim: Claim, may_be_notebook: bool, others: bool, names: list[str]) -> Left:
    """What is told of a file that is for no notebook; `others` of its student's are."""
    reason, matters = NO_NOTEBOOK if others else NOTHING_OURS, not others
    if claim.found.packed:
        reason, matters = UNPACK, True
    elif claim.found.may_be_work and may_be_notebook:
        reason, matters = NOT_OURS.format(", ".join(names)), True
    return Left(claim.found.told(), reason, matters)


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
