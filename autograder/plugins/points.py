"""What nbgrader counts: a bonus adds to the score alone, a dropped problem to nothing."""

from __future__ import annotations

from contextlib import suppress

from nbgrader.api import MissingEntry, Notebook

from ..course import Assignment
from ..generate.cells import problem_of
from .late import opened


def set_points(assignment: Assignment) -> None:
    """Write the maxima of course.toml into the gradebook, so that its sums and formgrader's are
    right; scores of dropped problems, booked before they were, count no more.
    """
    with opened(assignment.course) as gradebook, suppress(MissingEntry):  # nbgrader adds it
        for notebook in gradebook.find_assignment(assignment.name).notebooks:
            problem = problem_of(f"{notebook.name}.ipynb")
            if problem in assignment.booked_points:
                _set(notebook, assignment.booked_points[problem], problem in assignment.dropped)
        gradebook.db.commit()


def _set(notebook: Notebook, most: int, dropped: bool) -> None:
    for cell in notebook.grade_cells:
        cell.max_score = most
    for grade in (g for s in notebook.submissions for g in s.grades if dropped):
        grade.auto_score = grade.manual_score = None
        grade.needs_manual_grade = False
