"""nbgrader's autograde and generate_feedback, for those students alone of whom something changed.

A seal per student says what nbgrader's command left behind and out of what. Whoever's seal fits is
passed over; for all others nbgrader itself does what it always does.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import chdir
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from autograder.classroom.run import submissions
from autograder.classroom.seals import Seals, code_hash, hash_of
from autograder.classroom.settle import settle
from autograder.classroom.standing import Standing
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.plugins.late import set_deadline
from autograder.plugins.marks import marks_of
from autograder.plugins.points import set_points
from autograder.plugins.submitted import check_gradebook

AT_A_TIME = 20  # students that one call of nbgrader's does; what an interruption may cost
FAILED = (
    "nbgrader did not finish for {}; what it says is above. Put that right, then run the same "
    "command again: only what is missing is done."
)


@dataclass
class Upkeep:
    """What one of nbgrader's commands made of an assignment's students, and of whom it still holds.

    `made` is the folder that it writes, `source` the one that it reads.
    """

    assignment: Assignment
    source: str
    made: str
    seals: Seals = field(init=False)
    base: str = field(init=False)

    def __post_init__(self) -> None:
        root = self.assignment.root
        self.seals = Seals.load(root, self.made)
        versions = [version(name) for name in ("nbgrader", "nbconvert")]
        others = [root / "nbgrader_config.py", root / "roster.csv"]
        self.base = hash_of(code_hash(root), *versions, files=others)

    @property
    def students(self) -> list[str]:
        """Those of whom there is something to read."""
        folder = self.assignment.root / self.source
        return sorted(path.parent.name for path in folder.glob(f"*/{self.assignment.name}"))

    def read(self, student: str) -> str:
        """A hash over what is read of a student."""
        folder = self.assignment.root / self.source / student / self.assignment.name
        return hash_of(self.base, files=_files(folder))

    def seals_of(self, read: dict[str, str]) -> dict[str, str]:
        """The seals of students: over what was `read`, what was made of it, verdicts and marks."""
        root, name = self.assignment.root, self.assignment.name
        marks, found = marks_of(self.assignment, read), {}
        for student, seen in read.items():
            files = _files(root / self.made / student / name)
            if files:
                files += _files(root / "verdicts" / name / student)
                found[student] = hash_of(seen, marks.get(student, ""), files=files)
        return found

    def due(self, wanted: Collection[str] = ()) -> dict[str, str]:
        """The students whose seals do not fit, and those `wanted`, with what there is to read."""
        read = {student: self.read(student) for student in self.students}
        now, known = self.seals_of(read), self.seals.known
        changed = {s for s in read if now.get(s) != known.get(self._name(s), "")}
        return {s: seen for s, seen in read.items() if s in changed or s in wanted}

    def keep(self, read: dict[str, str]) -> None:
        """Seal what has been made of these students."""
        for student in read:
            self.seals.known.pop(self._name(student), None)
        made = self.seals_of(read).items()
        self.seals.known |= {self._name(student): seal for student, seal in made}
        self.seals.save()

    def others(self, students: Collection[str]) -> list[str]:
        """Everybody else."""
        return sorted(set(self.students) - set(students))

    def _name(self, student: str) -> str:
        return f"{self.assignment.name}/{student}"


def book(assignment: Assignment, again: bool = False) -> tuple[int, int]:
    """Book the students whose files, verdicts or marks are not as the last booking left them; how
    many those were, of how many. Raises CourseError where nbgrader could not book all of them.
    """
    check_gradebook(assignment.course)
    set_deadline(assignment)
    set_points(assignment)
    settle(assignment)
    upkeep, standing = Upkeep(assignment, "submitted", "autograded"), Standing(assignment.course)
    looked_at = {i.student for i in submissions(assignment) if standing.verdict(i) is None}
    due = upkeep.due(upkeep.students if again else looked_at)
    whole = True
    for part in _parts(due, AT_A_TIME):
        whole = nbgrader("autograde", assignment, upkeep.others(part)) and whole
        set_points(assignment)  # nbgrader gives 0 for what was not handed in, dropped or not
        upkeep.keep(part)
    return _told(whole, assignment, len(due), len(upkeep.students))


def write_feedback(
    assignment: Assignment, again: bool = False, jobs: int | None = None
) -> tuple[int, int]:
    """Write the pages of students whose booked work or marks changed, in `jobs` processes (default:
    one per core); how many students those were, of how many. Raises CourseError where nbgrader
    could not write all of them.
    """
    check_gradebook(assignment.course)
    upkeep, jobs = Upkeep(assignment, "autograded", "feedback"), jobs or os.cpu_count() or 1
    due = upkeep.due(upkeep.students if again else ())
    whole = True
    with ProcessPoolExecutor(jobs) as pool:
        sent = {}
        for part in _parts(due, min(AT_A_TIME, -(-len(due) // jobs))):
            others = upkeep.others(part)
            sent[pool.submit(nbgrader, "generate_feedback", assignment, others)] = part
        for done in as_completed(sent):
            whole = done.result() and whole
            upkeep.keep(sent[done])
    return _told(whole, assignment, len(due), len(upkeep.students))


def nbgrader(command: str, assignment: Assignment, others: Collection[str]) -> bool:
    """Run `nbgrader COMMAND ASSIGNMENT --force` in this process, for all students but `others`;
    whether it went well. Raises CourseError where our part of it says what stands in the way.
    """
    from nbgrader.apps import AutogradeApp, GenerateFeedbackApp

    app = {"autograde": AutogradeApp, "generate_feedback": GenerateFeedbackApp}[command]()
    with chdir(assignment.root):
        try:
            app.initialize([assignment.name, "--force"])
            app.coursedir.student_id_exclude = ",".join(others)
            app.start()
        except SystemExit as end:
            if isinstance(end.code, str):
                raise CourseError(end.code.removeprefix("error: ")) from None
            return not end.code
    return True


def _told(whole: bool, assignment: Assignment, done: int, of: int) -> tuple[int, int]:
    if not whole:
        raise CourseError(FAILED.format(assignment.name))
    return done, of


def _parts(due: dict[str, str], size: int) -> Iterator[dict[str, str]]:
    """The students in groups of that size."""
    left = iter(due.items())
    while part := dict(islice(left, size)):
        yield part


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
