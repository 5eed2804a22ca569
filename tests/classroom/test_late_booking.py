"""nbgrader books what being late costs: deadline, extension and late days by the course's files."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import nbformat
import pytest
from gradebooks import new_gradebook
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.course import Course
from autograder.plugins.export import GradesExporter
from autograder.plugins.late import CourseLateness, SayLateness, set_deadline

pytestmark = pytest.mark.xdist_group("gradebooks")  # one process makes the empty one
DUE = datetime(2026, 11, 20, 22, 59)  # UTC; 23:59 in Berlin
TOML = """
[course]
name = "GPU"
public_repository = "a/b"
late_days = 2

[assignments.one]
points = { p1 = 100 }
late = { due = 2026-11-20T23:59:00+01:00, policy = "percent", percent = 10, floor = 30 }

[assignments.two]
points = { p1 = 100 }
late = { due = 2026-11-20T23:59:00+01:00, policy = "percent", percent = 30 }
"""
# Student -> days late and score in each assignment.
HANDED_IN = {
    "intime": ((0, 100), (0, 100)),
    "once": ((1, 100), (0, 100)),
    "both": ((3, 100), (1, 100)),
    "extended": ((3, 100), (0, 100)),
    "far": ((30, 80), (0, 100)),
}
# The points taken off: late days go where they save most.
OFF = {"intime": (0, 0), "once": (0, 0), "both": (20, 0), "extended": (0, 0), "far": (56, 0)}


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course with everybody's work booked, but no lateness yet."""
    root = tmp_path_factory.mktemp("late")
    (root / "course.toml").write_text(TOML)
    (root / "roster.csv").write_text("id,extension_days\nextended,1\nnobody,\n")
    course = Course.load(root)
    with new_gradebook(course) as gradebook:
        for number, one in enumerate(course.assignments):
            gradebook.add_assignment(one.name)
            gradebook.add_notebook("p1_x", one.name)
            gradebook.add_grade_cell("cell", "p1_x", one.name, max_score=100, cell_type="code")
            gradebook.add_source_cell("cell", "p1_x", one.name, cell_type="code")
            for student, work in HANDED_IN.items():
                days, score = work[number]
                gradebook.update_or_create_student(student)
                when = DUE + timedelta(days=days)
                gradebook.add_submission(one.name, student, timestamp=when)
                grade = gradebook.find_grade("cell", "p1_x", one.name, student)
                grade.auto_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()
    for one in course.assignments:
        set_deadline(one)
    return course


def book(course: Course, assignment: str, student: str) -> float:
    """What nbgrader's own preprocessor books."""
    config = Config()
    config.AssignLatePenalties.plugin_class = CourseLateness
    config.CourseLateness.root = str(course.root)
    names = {"notebook": "p1_x", "assignment": assignment, "student": student}
    resources = {"nbgrader": {**names, "db_url": course.database_url}}
    AssignLatePenalties(config=config).preprocess(nbformat.v4.new_notebook(), resources)
    with Gradebook(course.database_url, course.slug) as gradebook:
        return gradebook.find_submission(assignment, student).late_submission_penalty


def test_what_is_booked(course):
    """Are percent, floor, extension and late days in the gradebook, and again the same?"""
    for _ in range(2):
        booked = {s: tuple(book(course, a, s) for a in ("one", "two")) for s in HANDED_IN}
        assert booked == OFF


@pytest.mark.parametrize(("student", "says"), [("far", "**56 points off"), ("intime", None)])
def test_the_page_says_why(course, student, says):
    """Does the feedback page begin with what lateness cost, and say nothing to who was in time?"""
    penalty = book(course, "one", student)
    names = {"assignment": "one", "student": student, "late_penalty": penalty}
    resources = {"nbgrader": {**names, "db_url": course.database_url}}
    nb, _ = SayLateness(root=str(course.root)).preprocess(nbformat.v4.new_notebook(), resources)
    assert [cell.source.split(" for being late")[0] for cell in nb.cells] == [says] * bool(says)


def test_the_table_says_why_and_has_everybody(course, tmp_path):
    """Does grades.csv take the points off, say why, and have who handed in nothing?"""
    for student in HANDED_IN:
        book(course, "one", student)
    folder = course.root / "submitted/unbooked/one"
    folder.mkdir(parents=True)
    (folder / "p1_x.ipynb").write_text("{}")
    exporter = GradesExporter(root=str(course.root), to=str(tmp_path / "grades.csv"))
    with Gradebook(course.database_url, course.slug) as gradebook:
        exporter.export(gradebook)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {*HANDED_IN, "nobody", "unbooked"}
    assert rows["unbooked"]["one/status"] == "not booked"
    assert rows["nobody"]["one/status"] == "not submitted" and rows["nobody"]["one/late"] == ""
    assert rows["both"]["one/late"] == (
        "3 d late, which counts as 3 days, 1 day covered by late days: 20 % of the points off."
    )
    assert rows["intime"]["one/late"] == ""
