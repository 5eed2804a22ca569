"""nbgrader's preprocessor for generate_assignment: thin, the work is in `autograder.generate`.

Every nbgrader command loads this file. What needs torch is imported where it is used, as in
autograding.py.
"""

from __future__ import annotations

from nbformat import NotebookNode

from ..generate.cells import problem_of
from .base import CoursePreprocessor

Resources = dict


class MakeStudentVersion(CoursePreprocessor):
    """Stamp, clear, pack and clean a solution notebook."""

    def preprocess(self, nb: NotebookNode, resources: Resources):
        from ..generate.steps import Origin, make_student_version

        assignment, notebook = self.assignment(resources), resources["nbgrader"]["notebook"]
        file = f"solutions/{assignment.name}/{notebook}.ipynb"
        make_student_version(nb, Origin.of(file, assignment, problem_of(file)))
        return nb, resources
