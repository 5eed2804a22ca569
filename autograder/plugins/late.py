"""nbgrader's late plugin: what being late costs, by course.toml and roster.csv.

nbgrader asks it for each notebook of a submission that is late by the gradebook's due date, which
`set_deadline` writes there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import List, Unicode

from ..classroom.roster import load_roster
from ..course import Assignment, Course
from ..lateness import Late, Owed, lateness, spend
from .base import CoursePreprocessor


class CourseLateness(LateSubmissionPlugin):
    """A share of each notebook's points, by how late the whole submission is."""

    root = Unicode(help="The course's folder.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        course = Course.load(Path(self.root))
        assignment = course.assignment(self.parent.assignment_id)
        late = late_in(self.parent.gradebook, assignment, student_id)
        self.log.info("%s %s: %s", student_id, assignment.name, late.reason)
        return late.penalty(score) if late.percent else None


class SayLateness(CoursePreprocessor):
    """Say on the feedback page what being late cost, and why."""

    display_data_priority: List = List(help="nbconvert sets this on all of them.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict):
        names, assignment = resources["nbgrader"], self.assignment(resources)
        if assignment.late.due is not None:
            with Gradebook(names["db_url"]) as gradebook:
                late = late_in(gradebook, assignment, names["student"])
            if late.reason:
                off = names.get("late_penalty") or 0
                text = f"**{off:g} points off for being late.** {late.reason}"
                nb.cells.insert(0, new_markdown_cell(text))
        return nb, resources


def late_in(gradebook: Gradebook, assignment: Assignment, student: str) -> Late:
    """How late a student's work on an assignment is, with late days spent over the whole course so
    that the points taken off are fewest, by what is in the gradebook now.
    """
    roster = load_roster(assignment.root)
    row = roster.row(student) if roster else None
    owed: dict[str, Owed] = {}
    found: dict[str, tuple[datetime | None, float]] = {}
    for one in assignment.course.assignments:
        try:
            submission = gradebook.find_submission(one.name, student)
        except MissingEntry:
            continue
        when = submission.timestamp.replace(tzinfo=UTC) if submission.timestamp else None
        longer = row.extension(one.name) if row else 0.0
        found[one.name] = when, longer
        late = lateness(one.late, when, longer)
        score = sum(notebook.score for notebook in submission.notebooks)
        owed[one.name] = Owed(one.late, late.days, score)
    if assignment.name not in found:
        return Late()
    days = assignment.course.course.late_days
    spent = dict(zip(owed, spend(list(owed.values()), days), strict=True))
    when, longer = found[assignment.name]
    return lateness(assignment.late, when, longer, spent[assignment.name])


def set_deadline(assignment: Assignment) -> None:
    """Write the assignment's due date, if any, into the gradebook, so that nbgrader knows what is
    late.
    """
    due = assignment.late.due
    if due is None:
        return
    with opened(assignment.course) as gradebook, suppress(MissingEntry):  # nbgrader adds it
        known = gradebook.find_assignment(assignment.name)
        naive = due.astimezone(UTC).replace(tzinfo=None)
        if known.duedate != naive:
            known.duedate = naive
            gradebook.db.commit()


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The course's gradebook, closed afterwards."""
    gradebook = Gradebook(course.database_url, course.slug)
    try:
        yield gradebook
    finally:
        gradebook.close()
