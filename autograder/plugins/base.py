"""What every preprocessor of ours needs: the course, and the assignment nbgrader works on."""

from __future__ import annotations

from pathlib import Path

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from ..course import Assignment, Course


class CoursePreprocessor(NbGraderPreprocessor):
    """A preprocessor that knows the course."""

    root = Unicode(help="The course's folder.").tag(config=True)

    def assignment(self, resources: dict) -> Assignment:
        """The assignment of the notebook at hand."""
        return Course.load(Path(self.root)).assignment(resources["nbgrader"]["assignment"])
