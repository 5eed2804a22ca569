"""nbgrader's preprocessors for autograde: thin, the work is in `autograder.grading`.

Every nbgrader command loads this file. What needs torch is imported where it is used, so that only
autograde waits for it.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import SaveAutoGrades

from ..generate.cells import problem_of
from ..grading.verdict import Verdict
from .base import CoursePreprocessor

if TYPE_CHECKING:
    from ..grading.book import Book
    from ..selfcheck.regions import Work

Resources = dict
VERDICT = "verdict"  # the key under which the verdict travels in nbconvert's resources


class GradeInSandbox(CoursePreprocessor):
    """Grade the student's regions in a sandbox, or take the verdict that is there; write it into
    the cell that carries the points.
    """

    _book: Book | None = None

    def preprocess(self, nb: NotebookNode, resources: Resources):
        from ..grading.book import Book
        from ..grading.page import taken_from

        names = resources["nbgrader"]
        problem = problem_of(names["notebook"] + ".ipynb")
        if self._book is None:
            self._book = Book(self.assignment(resources))
            atexit.register(self._book.close)
        taken = taken_from(nb)
        verdict = self._book.graded(taken, names["student"], problem)
        self.log.info("%s %s: %s", names["student"], problem, verdict.sentence)
        resources[VERDICT] = verdict
        for cell in nb.cells:
            if utils.is_grade(cell):
                cell.metadata.nbgrader["points"] = self._book.assignment.booked_points[problem]
                cell.outputs = verdict_outputs(verdict, getattr(taken, "work", {}))
        return nb, resources


def verdict_outputs(verdict: Verdict, work: Work) -> list[NotebookNode]:
    """The report, and the number that nbgrader reads; no number where nothing was graded."""
    from ..grading.show import verdict_html, verdict_text

    data = {"text/html": verdict_html(verdict, work), "text/plain": verdict_text(verdict)}
    outputs = [new_output("display_data", data=data)]
    if verdict.score is not None:
        text = {"text/plain": repr(float(verdict.score))}
        outputs.append(new_output("execute_result", data=text, execution_count=1))
    return outputs


class SaveVerdict(SaveAutoGrades):
    """Book the verdict's score. Where nothing was graded, an older score is cleared: that is not 0.

    A mark given by hand stays, and is to be looked at again only if the verdict's score changed.
    """

    def _add_score(self, cell: NotebookNode, resources: Resources) -> None:
        verdict: Verdict = resources[VERDICT]
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        by_hand = grade.manual_score is not None
        if by_hand and grade.auto_score != verdict.score:
            grade.needs_manual_grade = True
        elif not by_hand:
            grade.needs_manual_grade = verdict.score is None
        grade.auto_score = verdict.score
        self.gradebook.db.commit()
