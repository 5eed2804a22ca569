"""New gradebooks at the price of a copy: nbgrader starts another program for each that it makes."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import Course


def new_gradebook(course: Course) -> Gradebook:
    """The course's gradebook, with nothing in it yet."""
    course.gradebook_file.write_bytes(_empty(course.slug))
    return Gradebook(course.database_url, course.slug)


@cache
def _empty(course_id: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gradebook.db"
        Gradebook(f"sqlite:///{file}", course_id).close()
        return file.read_bytes()
