"""Verdicts on disk: grade what has none that fits, and keep the notebook as it ran beside it."""

from __future__ import annotations

import copy
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.errors import CourseError, NotGradable
from autograder.files import write_whole
from autograder.grading.grade import Grader
from autograder.grading.outputs import safe_outputs
from autograder.grading.rebuild import rebuild, released_notebook
from autograder.grading.verdict import FINE, Verdict, load_verdict, save_verdict, verdict_path
from autograder.intake.submission import HandedIn, read_file
from autograder.registry import load
from autograder.selfcheck.problem import find_problem

NOTES = "course_kit"  # where a rebuilt notebook's metadata keeps repairs and reasons
NEEDED_BYTES = 64 << 20  # free space without which a failed case says nothing about the student
KEPT = "kept"


@dataclass
class Book:
    """The verdicts of one assignment of a course.

    `happened` says of the last verdict whether it was kept from an earlier run, and if not why it
    was made.
    """

    course: Course
    grader: Grader | None = None
    happened: str = ""

    def path(self, student: str, problem_id: str) -> Path:
        """The verdict file of a student's problem."""
        folder = self.course.root / "verdicts"
        return verdict_path(folder, self.course.assignment_name, student, problem_id)

    def verdict(self, student: str, problem_id: str) -> Verdict | None:
        """The verdict on disk, if there is one of that problem."""
        return load_verdict(self.path(student, problem_id), problem_id)

    def graded(self, nb: NotebookNode, student: str, problem_id: str) -> Verdict:
        """The verdict for a rebuilt notebook: the one on disk if it fits, else a new one.

        `nb` gets the outputs of its own cells. Raises CourseError when the disk is full.
        """
        path = self.path(student, problem_id)
        notes = nb.metadata.get(NOTES, {})
        if "not_gradable" in notes:
            verdict = self._refused(problem_id, notes)
            self.happened = "not gradable"
        else:
            self.grader = self.grader or Grader(self.course)
            kept = self.verdict(student, problem_id)
            self.happened = self._standing(kept, nb, path, problem_id)
            verdict = kept if self.happened == KEPT else self._made(nb, path, problem_id)
            verdict = verdict.model_copy(update={"repairs": list(notes.get("repairs", []))})
            if self.happened == KEPT and verdict == kept:
                return kept
        save_verdict(path, verdict)
        return verdict

    def _standing(self, kept: Verdict | None, nb: NotebookNode, path: Path, problem_id: str) -> str:
        """KEPT if the verdict on disk fits, else why a new one is made."""
        if kept is None:
            return "graded again: the verdict file was damaged" if path.exists() else "graded"
        if kept.status == "not gradable":
            return "graded: it could not be before"
        if kept.key != self.grader.key(nb, problem_id):
            return "graded again: the code, the points, the grader or the machine have changed"
        if not _take_outputs(nb, path.with_suffix(".ipynb")):
            return "graded again: the notebook as it ran was missing or damaged"
        return KEPT

    def _made(self, nb: NotebookNode, path: Path, problem_id: str) -> Verdict:
        """A new verdict; the notebook as it ran is written beside its place."""
        verdict = self.grader.grade(nb, problem_id)
        if any(case.status not in FINE for case in verdict.cases):
            _refuse_full_disk()
        for cell in code_cells(nb):
            cell.outputs, cell.execution_count = safe_outputs(cell), None
        write_whole(path.with_suffix(".ipynb"), nbformat.writes(nb).encode("utf-8", "replace"))
        return verdict

    def key(self, nb: NotebookNode, problem_id: str) -> str:
        """What identifies the grading of a rebuilt notebook; "" where there is none to do."""
        if "not_gradable" in nb.metadata.get(NOTES, {}):
            return ""
        self.grader = self.grader or Grader(self.course)
        return self.grader.key(nb, problem_id)

    def lend(self, giver: str, taker: str, problem_id: str) -> None:
        """Give `taker` the verdict that `giver` has, with the notebook as it ran."""
        source, target = self.path(giver, problem_id), self.path(taker, problem_id)
        for suffix in (".ipynb", source.suffix):  # the verdict last: it says that all is there
            write_whole(target.with_suffix(suffix), source.with_suffix(suffix).read_bytes())

    def _refused(self, problem_id: str, notes: dict) -> Verdict:
        return Verdict(
            problem=problem_id,
            key="",
            status="not gradable",
            reason=notes["not_gradable"],
            max_score=self.course.points[problem_id],
            repairs=list(notes.get("repairs", [])),
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


def _take_outputs(nb: NotebookNode, path: Path) -> bool:
    """Copy the outputs of an earlier run of the same code; False if they are not there."""
    try:
        before = code_cells(nbformat.read(path, as_version=4))
        if [c.source for c in before] != [c.source for c in code_cells(nb)]:
            return False
        outputs = [copy.deepcopy(c.outputs) for c in before]
    except Exception:  # whatever a damaged file makes of nbformat: run it again
        return False
    for cell, kept in zip(code_cells(nb), outputs, strict=True):
        cell.outputs = kept
    return True


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """What a verdict depends on, in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def rebuilt(submitted: NotebookNode | HandedIn, course: Course, problem_id: str) -> NotebookNode:
    """The submission on the released notebook; what was repaired, or why it cannot be graded, is
    in its metadata.
    """
    load(problem_id)
    released = released_notebook(course, problem_id)
    from_file = isinstance(submitted, HandedIn)
    whole, before = (submitted.whole, submitted.repairs) if from_file else (True, [])
    try:
        nb, repairs = rebuild(submitted, released, find_problem(problem_id), whole)
        nb.metadata[NOTES] = {"repairs": before + repairs}
    except NotGradable as reason:
        nb = _not_gradable(released, reason, before)
    return nb


def rebuilt_file(path: Path, course: Course, problem_id: str) -> NotebookNode:
    """The file on the released notebook, whatever is in it."""
    try:
        submitted = read_file(path)
    except NotGradable as reason:
        return _not_gradable(released_notebook(course, problem_id), reason, [])
    return rebuilt(submitted, course, problem_id)


def _not_gradable(released: NotebookNode, reason: NotGradable, repairs: list[str]) -> NotebookNode:
    """The hand-out, with the reason why nothing of the student's is in it."""
    released.metadata[NOTES] = {"not_gradable": str(reason), "repairs": repairs}
    return released
