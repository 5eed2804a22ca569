"""A class of damaged notebooks in one batch: collect, run, book, feedback, grades.csv."""

from __future__ import annotations

import html

import nbformat
import pytest
from courses import EXPORT, NAME, booked, grades, make_course, nbgrader, page
from damaged import CASES
from solved import notebook

from autograder.classroom.collect import collect
from autograder.classroom.run import KEPT, run_class, submissions
from autograder.course import Assignment
from autograder.grading.book import Book
from autograder.registry import load

# One process builds the class for all; minutes long, so part of `make test-trust`.
pytestmark = [
    pytest.mark.trust,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("damaged class"),
]
# Those that cannot be graded, and some of the others: the intake's own tests read every one.
SOME = ("additions-exit", "additions-40-mb", "platforms-colab", "platforms-nbgrader-schema-2")
SOME += ("platforms-one-id-for-all", "cells-all-twice", "cells-check-twice", "cells-solution-moved")
SOME += ("files-utf-16", "files-script-by-colab", "names-zip", "names-homework", "texts-tabs")
STUDENTS = {c.id: c for c in CASES if c.share is None or c.id.startswith(SOME)}
NO_FILES = ("a folder", "a link", "a pipe")
HONEST = ("ada", "bob")
FILE = "p2_weighted_row_sum.ipynb"
SCORE = load("p2").points - load("p2").speed.points  # what right work gets without a GPU


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Assignment:
    """A course of one problem with all of them in it, from download to grades.csv."""
    course = make_course(tmp_path_factory.mktemp("course"), "p2")
    download = course.root / "download"
    for student in (*STUDENTS, *HONEST):
        case = STUDENTS.get(student)
        # What is no file is left by collect; it may still be among the submissions.
        aside = case is not None and case.name in NO_FILES
        folder = course.root / "submitted" / student / NAME if aside else download / student
        folder.mkdir(parents=True)
        nbformat.write(notebook("p2"), folder / FILE)
        if case is not None:
            case.make(folder)
    collect(course, download)
    outcomes = list(run_class(course.root, submissions(course), jobs=2))
    assert [o.fault for o in outcomes if o.fault] == []
    nbgrader(course, "autograde", NAME)
    nbgrader(course, "generate_feedback", NAME)
    nbgrader(course, *EXPORT)
    return course


@pytest.mark.parametrize("student", STUDENTS)
def test_gradebook_csv_and_feedback_say_the_same(student: str, graded: Assignment) -> None:
    """Is what can be recovered booked in full, and the rest not graded rather than 0, with the
    repairs or the reason in feedback and grades.csv?
    """
    case, row = STUDENTS[student], grades(graded)[student]
    if case.share is None:
        assert booked(graded, student, "p2") == (None, True)
        assert (row["p2"], row["status"]) == ("", "not gradable")
    else:
        assert booked(graded, student, "p2") == (SCORE * case.share, False)
        assert float(row["p2"]) == SCORE * case.share
    assert case.says in html.unescape(page(graded, student, "p2").read_text(encoding="utf-8"))
    assert case.says in row["reason"] + row["repairs"]


def test_nobody_is_missing(graded: Assignment) -> None:
    """Does every student stand in the grades, whatever they handed in?"""
    assert set(grades(graded)) == {*STUDENTS, *HONEST}
    assert {booked(graded, student, "p2") for student in HONEST} == {(SCORE, False)}


def test_equal_work_is_one_verdict(graded: Assignment) -> None:
    """Does all that could be recovered have the hash of the undamaged work?"""
    whole = [s for s, case in STUDENTS.items() if case.share == 1.0]
    assert len({Book(graded).verdict(s, "p2").work for s in (*whole, *HONEST)}) == 1


def test_a_second_run_has_nothing_to_do(graded: Assignment) -> None:
    """Is every verdict kept, so that damage does not cost time again?"""
    outcomes = list(run_class(graded.root, submissions(graded), jobs=1))
    redone = [o.submission.student for o in outcomes if o.happened != KEPT]
    assert redone == []
