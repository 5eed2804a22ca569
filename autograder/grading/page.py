"""The notebook that nbgrader books and shows: the released one with the student's regions in it."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course import Assignment
from autograder.frames import the_file
from autograder.grading.book import Taken, Unusable
from autograder.intake.extract import Extracted
from autograder.selfcheck.grammar import Refusal
from autograder.selfcheck.program import Frame
from autograder.selfcheck.regions import Work, read_markers

NOTES = "course_kit"  # where the notebook's metadata keeps what was read out of the file


def released_notebook(assignment: Assignment, problem_id: str) -> NotebookNode:
    """The released notebook of a problem; CourseError says how to make it."""
    return nbformat.read(the_file(assignment.release_dir, problem_id), as_version=4)


def filled(released: NotebookNode, problem_id: str, work: Work) -> NotebookNode:
    """The released notebook with the work in its regions, and nothing else of a student's."""
    nb = copy.deepcopy(released)
    for cell in nb.cells:
        if cell.cell_type == "code" and read_markers(cell.source).spans:
            source = Frame(problem_id, (cell.source,)).program(work).source
            cell.source = source.removesuffix("\n")
    return nb


def booked_notebook(assignment: Assignment, problem_id: str, taken: Taken) -> NotebookNode:
    """What nbgrader gets for a submitted file; its metadata carries what was read out of it."""
    released = released_notebook(assignment, problem_id)
    if isinstance(taken, Unusable):
        released.metadata[NOTES] = {"reason": taken.reason}
        return released
    nb = filled(released, problem_id, taken.work)
    nb.metadata[NOTES] = nbformat.from_dict(asdict(taken))
    return nb


def taken_from(nb: NotebookNode) -> Taken:
    """What `booked_notebook` put into the metadata."""
    notes: dict[str, Any] = nb.metadata[NOTES]
    if "reason" in notes:
        return Unusable(notes["reason"])
    return Extracted(
        work=dict(notes["work"]),
        repairs=tuple(notes["repairs"]),
        remarks=tuple(notes["remarks"]),
        refusals=tuple(Refusal(**one) for one in notes["refusals"]),
    )
