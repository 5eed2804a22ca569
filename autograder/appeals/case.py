"""`autograder explain`: find the work and its verdict, replay, tell, write the notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.appeals.notebook import write_notebook
from autograder.appeals.replay import find_case, replay
from autograder.appeals.told import history, told
from autograder.classroom.attempts import Attempts
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.frames import the_file
from autograder.grading.book import Book, take
from autograder.grading.grade import Grader
from autograder.grading.score import Unusable, standing_by_itself

NO_VERDICT = "{} has no verdict on {}. Grade it first: autograder run --student {}"


def explained(
    assignment: Assignment, student: str, problem: str, case: str, notebook: Path | None
) -> Iterator[tuple[str, str]]:
    """Lines as (what it is, text). Raises CourseError where there is nothing to explain."""
    if problem not in assignment.points:
        raise CourseError(f"{assignment.name} has no problem {problem!r}.")
    verdict = Book(assignment).verdict(student, problem)
    if verdict is None:
        raise CourseError(NO_VERDICT.format(student, problem, student))
    file = the_file(assignment.release_dir, problem)
    attempts = Attempts.load(assignment.root, assignment.name, student)
    taken = take(assignment, assignment.submitted_dir(student) / file.name, problem)
    if isinstance(taken, Unusable) or standing_by_itself(taken):
        yield "why", verdict.sentence
        yield from (("note", text) for text in (*verdict.notes, *verdict.repairs))
    else:
        wanted = find_case(verdict, case).name
        with Grader(assignment) as grader:
            found = replay(grader, problem, taken.work, wanted)
        yield from told(verdict, found, taken.work)
        if notebook is not None:
            write_notebook(assignment, verdict, found, taken.work, notebook)
            yield "wrote", str(notebook)
    yield from history(attempts, file.stem)
