"""Verdicts on disk: grade what has none that fits, and keep the notebook as it ran beside it."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.grading.grade import Grader
from autograder.grading.outputs import safe_outputs
from autograder.grading.rebuild import NotGradable, rebuild, released_notebook
from autograder.grading.verdict import Verdict, load_verdict, save_verdict, verdict_path
from autograder.registry import load
from autograder.selfcheck.problem import find_problem

NOTES = "course_kit"  # where a rebuilt notebook's metadata keeps repairs and reasons


@dataclass
class Book:
    """The verdicts of one assignment of a course."""

    course: Course
    grader: Grader | None = None

    def path(self, student: str, problem_id: str) -> Path:
        """The verdict file of a student's problem."""
        folder = self.course.root / "verdicts"
        return verdict_path(folder, self.course.assignment_name, student, problem_id)

    def verdict(self, student: str, problem_id: str) -> Verdict | None:
        """The verdict on disk, if there is one."""
        return load_verdict(self.path(student, problem_id))

    def graded(self, nb: NotebookNode, student: str, problem_id: str) -> Verdict:
        """The verdict for a rebuilt notebook: the one on disk if it fits, else a new one.

        `nb` gets the outputs of its own cells.
        """
        path = self.path(student, problem_id)
        notes = nb.metadata.get(NOTES, {})
        if "not_gradable" in notes:
            verdict = self._refused(problem_id, notes)
            save_verdict(path, verdict)
            return verdict
        self.grader = self.grader or Grader(self.course)
        kept = load_verdict(path)
        fits = kept is not None and kept.key == self.grader.key(nb, problem_id)
        repairs = list(notes.get("repairs", []))
        if fits and _take_outputs(nb, path.with_suffix(".ipynb")):
            if kept.repairs != repairs:  # the same code, from another file
                kept.repairs = repairs
                save_verdict(path, kept)
            return kept
        verdict = self.grader.grade(nb, problem_id)
        verdict.repairs = repairs
        for cell in code_cells(nb):
            cell.outputs, cell.execution_count = safe_outputs(cell), None
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, path.with_suffix(".ipynb"))
        save_verdict(path, verdict)
        return verdict

    def key(self, nb: NotebookNode, problem_id: str) -> str:
        """What identifies the grading of a rebuilt notebook; "" where there is none to do."""
        if "not_gradable" in nb.metadata.get(NOTES, {}):
            return ""
        self.grader = self.grader or Grader(self.course)
        return self.grader.key(nb, problem_id)

    def lend(self, giver: str, taker: str, problem_id: str) -> None:
        """Give `taker` the verdict that `giver` has, with the notebook as it ran."""
        verdict = self.verdict(giver, problem_id)
        source, target = self.path(giver, problem_id), self.path(taker, problem_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.with_suffix(".ipynb"), target.with_suffix(".ipynb"))
        save_verdict(target, verdict)

    def _refused(self, problem_id: str, notes: dict) -> Verdict:
        return Verdict(
            problem=problem_id,
            key="",
            status="not gradable",
            reason=notes["not_gradable"],
            max_score=self.course.points[problem_id],
            repairs=list(notes.get("repairs", [])),
        )


def _take_outputs(nb: NotebookNode, path: Path) -> bool:
    """Copy the outputs of an earlier run of the same code; False if they are not there."""
    try:
        ran = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return False
    cells, before = code_cells(nb), code_cells(ran)
    if [cell.source for cell in before] != [cell.source for cell in cells]:
        return False
    for cell, old in zip(cells, before, strict=True):
        cell.outputs = copy.deepcopy(old.outputs)
    return True


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """What a verdict depends on, in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def rebuilt(submitted: NotebookNode, course: Course, problem_id: str) -> NotebookNode:
    """The submission on the released notebook; what was repaired, or why it cannot be graded, is
    in its metadata.
    """
    load(problem_id)
    released = released_notebook(course, problem_id)
    try:
        nb, repairs = rebuild(submitted, released, find_problem(problem_id))
        nb.metadata[NOTES] = {"repairs": repairs}
    except NotGradable as reason:
        nb = released
        nb.metadata[NOTES] = {"not_gradable": str(reason), "repairs": []}
    return nb
