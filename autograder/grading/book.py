"""Verdicts on disk: grade what has none that fits."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment
from autograder.errors import CourseError, NotGradable
from autograder.files import write_whole
from autograder.frames import released_frame
from autograder.grading.grade import Grader, notes
from autograder.grading.verdict import FINE, Verdict, load_verdict, save_verdict, verdict_path
from autograder.intake.extract import Extracted, extract

NEEDED_BYTES = 64 << 20  # free space without which a failed case says nothing about the student
KEPT = "kept"


@dataclass(frozen=True)
class Unusable:
    """A file out of which no work could be read, and why."""

    reason: str


Taken = Extracted | Unusable


def take(assignment: Assignment, path: Path, problem_id: str) -> Taken:
    """The work in a submitted file, whatever the file holds."""
    try:
        return extract(path, released_frame(assignment, problem_id))
    except NotGradable as reason:
        return Unusable(str(reason))


@dataclass
class Book:
    """The verdicts of one assignment."""

    assignment: Assignment
    grader: Grader | None = None

    def close(self) -> None:
        """End the grader's sandboxes, if there are any."""
        if self.grader is not None:
            self.grader.close()

    def path(self, student: str, problem_id: str) -> Path:
        """The verdict file of a student's problem."""
        folder = self.assignment.root / "verdicts"
        return verdict_path(folder, self.assignment.name, student, problem_id)

    def verdict(self, student: str, problem_id: str) -> Verdict | None:
        """The verdict on disk, if there is one of that problem."""
        return load_verdict(self.path(student, problem_id), self.assignment.qualified(problem_id))

    def graded(self, taken: Taken, student: str, problem_id: str) -> tuple[Verdict, str]:
        """The verdict for a student's work, the one on disk if it fits, and how it came about.

        The second value is KEPT, or says why a new verdict was made. Raises CourseError when the
        disk is full.
        """
        path = self.path(student, problem_id)
        if isinstance(taken, Unusable):
            verdict, happened = self._refused(problem_id, taken), "not gradable"
        else:
            kept = self.verdict(student, problem_id)
            happened = self._standing(kept, taken, path, problem_id)
            verdict = kept if happened == KEPT else self._made(taken, problem_id)
            told = {"repairs": list(taken.repairs), "notes": notes(taken)}  # of this file alone
            verdict = verdict.model_copy(update=told)
            if happened == KEPT and verdict == kept:
                return kept, KEPT
        save_verdict(path, verdict)
        return verdict, happened

    def key(self, taken: Taken, problem_id: str) -> str:
        """What identifies the grading of a work; "" where there is none to do."""
        if isinstance(taken, Unusable):
            return ""
        self.grader = self.grader or Grader(self.assignment)
        return self.grader.key(taken, problem_id)

    def lend(self, giver: str, taker: str, problem_id: str) -> None:
        """Give `taker` the verdict that `giver` has."""
        write_whole(self.path(taker, problem_id), self.path(giver, problem_id).read_bytes())

    def _standing(self, kept: Verdict | None, taken: Extracted, path: Path, problem_id: str) -> str:
        """KEPT if the verdict on disk fits, else why a new one is made."""
        if kept is None:
            return "graded again: the verdict file was damaged" if path.exists() else "graded"
        if kept.status == "not gradable":
            return "graded: it could not be before"
        if kept.key != self.key(taken, problem_id):
            return "graded again: the work, the points, the grader or the machine have changed"
        return KEPT

    def _made(self, taken: Extracted, problem_id: str) -> Verdict:
        self.grader = self.grader or Grader(self.assignment)
        verdict = self.grader.grade(taken, problem_id)
        if any(case.status not in FINE for case in verdict.cases):
            _refuse_full_disk()
        return verdict

    def _refused(self, problem_id: str, taken: Unusable) -> Verdict:
        return Verdict(
            assignment=self.assignment.name,
            problem=problem_id,
            key="",
            status="not gradable",
            reason=taken.reason,
            max_score=self.assignment.points[problem_id],
        )


def _refuse_full_disk() -> None:
    """A case may have failed because nothing could be written: that is nobody's grade.

    The submission's own files are gone by now, so what fills the disk is not the student's.
    """
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise CourseError(
            f"{folder}: only {free / 1e6:.0f} MB free, too little to grade. Free space there (or "
            "set TMPDIR to another folder), then run the same command again."
        )
