"""A class of damaged notebooks in one batch: collect, run, book, feedback, grades.csv."""

from __future__ import annotations

import csv
import html
import shutil
from pathlib import Path

import nbformat
import pytest
from autograder.grading.rebuild import runnable_solution, the_file
from damaged import CASES
from test_autograde import feedback, grade, nbgrader
from test_damaged import WHILE_RUNNING, damage

from autograder.classroom.collect import collect
from autograder.classroom.run import run_class, submissions
from autograder.course import Course
from autograder.generate.release import build_release
from autograder.grading.book import KEPT, Book

# One process builds the class for all; minutes long, so part of `make test-trust`.
pytestmark = [pytest.mark.trust, pytest.mark.xdist_group("damaged class")]
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """\
[course]
name = "Damaged"
public_repository = "some/where"
[assignment]
name = "flash_attention"
[points]
p2 = 100
"""
# Those that cannot be graded, and some of the others; `make test-trust` grades every one.
SOME = ("additions-pip-in-the-shell", "additions-input", "additions-exit", "additions-flood")
SOME += ("additions-timed", "additions-50-mb", "platforms-colab", "platforms-nbgrader-schema-2")
SOME += ("platforms-one-id-for-all", "cells-all-twice", "cells-check-twice", "cells-solution-moved")
SOME += ("files-utf-16", "files-script-by-colab", "names-zip", "names-homework", "texts-tabs")
STUDENTS = {c.id: c for c in CASES if c.share is None or c.id.startswith(SOME)}
NO_FILES = ("a folder", "a link", "a pipe")
FREE = (KEPT, "not gradable")
HONEST = ("ada", "bob")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course of one problem with all of them in it, from download to grades.csv."""
    root = tmp_path_factory.mktemp("course")
    (root / "course.toml").write_text(SETTINGS)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "solutions" / "flash_attention").mkdir(parents=True)
    source = the_file(ROOT / "solutions" / "flash_attention", "p2")
    shutil.copy(source, root / "solutions" / "flash_attention")
    build_release(root)
    course = Course.load(root)
    for student, case in STUDENTS.items():
        # What is no file is left by collect; it may still be among the submissions.
        below = "submitted/{}/flash_attention" if case.name in NO_FILES else "download/{}"
        damage(case, course, root / below.format(student))
    for student in HONEST:
        (root / "download" / student).mkdir()
        nb = runnable_solution(course, "p2")
        nbformat.write(nb, root / "download" / student / source.name)
    collect(course, root / "download")
    return course


@pytest.fixture(scope="module")
def graded(course) -> Course:
    outcomes = list(run_class(course, submissions(course), jobs=2))
    assert [o.fault for o in outcomes if o.fault] == []
    nbgrader(course, "autograde", "flash_attention")
    nbgrader(course, "generate_feedback", "flash_attention")
    nbgrader(course, "export", "--exporter", "autograder.plugins.export.GradesExporter")
    return course


def rows(course: Course) -> dict[str, dict[str, str]]:
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def honest(graded) -> float:
    """What the undamaged notebook gets on this machine."""
    scores = {Book(graded).verdict(student, "p2").score for student in HONEST}
    (score,) = scores
    assert score > 0
    return score


@pytest.mark.parametrize("student", STUDENTS)
def test_gradebook_csv_and_feedback_say_the_same(student: str, graded: Course, honest: float):
    """Is what can be recovered booked in full, and the rest not graded rather than 0, with the
    repairs or the reason in feedback and grades.csv?
    """
    case, row = STUDENTS[student], rows(graded)[student]
    if case.share is None:
        assert grade(graded, student, "p2") == (None, True)
        assert (row["p2"], row["status"]) == ("", "not gradable")
    else:
        assert grade(graded, student, "p2") == (honest * case.share, False)
        assert float(row["p2"]) == honest * case.share
    page = html.unescape(feedback(graded, student, "p2"))
    assert case.says in page
    if case.says not in WHILE_RUNNING:
        assert case.says in row["reason"] + row["repairs"]


def test_nobody_is_missing(graded: Course):
    """Does every student stand in the grades, whatever they handed in?"""
    assert set(rows(graded)) == {*STUDENTS, *HONEST}


def test_a_second_run_has_nothing_to_do(graded: Course):
    """Is every verdict kept, so that damage does not cost time again?"""
    outcomes = list(run_class(graded, submissions(graded), jobs=1))
    redone = [o.submission.student for o in outcomes if o.happened not in FREE]
    assert redone == []
