"""nbgrader's own sums: a bonus is no part of the maximum, a dropped problem no part of anything."""

from __future__ import annotations

import csv

import pytest
from gradebooks import new_gradebook
from nbgrader.api import Gradebook
from traitlets.config import Config

from autograder.course import Course
from autograder.plugins.exchange import ReleaseFeedback
from autograder.plugins.export import GradesExporter
from autograder.plugins.points import set_points

pytestmark = pytest.mark.xdist_group("gradebooks")  # one process makes the empty one
TOML = """
[course]
name = "GPU"
public_repository = "a/b"
[assignments.one]
bonus = ["p2"]
cap = 110
[assignments.one.points]
p1 = 100
p2 = 30
p3 = 0
"""
SCORES = {"ada": (100, 30, 20), "bob": (60, 20, 0)}


@pytest.fixture
def course(tmp_path) -> Course:
    """Booked when all three still counted in full, as nbgrader does it by itself."""
    (tmp_path / "course.toml").write_text(TOML)
    course = Course.load(tmp_path)
    with new_gradebook(course) as gradebook:
        gradebook.add_assignment("one")
        for problem in ("p1", "p2", "p3"):
            gradebook.add_notebook(f"{problem}_x", "one")
            for add in (gradebook.add_grade_cell, gradebook.add_source_cell):
                more = {"max_score": 100} if add == gradebook.add_grade_cell else {}
                add("cell", f"{problem}_x", "one", cell_type="code", **more)
        for student, scores in SCORES.items():
            gradebook.update_or_create_student(student)
            gradebook.add_submission("one", student)
            for problem, score in zip(("p1", "p2", "p3"), scores, strict=True):
                grade = gradebook.find_grade("cell", f"{problem}_x", "one", student)
                grade.auto_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()
    return course


def test_nbgraders_totals(course: Course) -> None:
    """Is the maximum that of p1 alone, the score p1 and p2, whatever was booked before?"""
    set_points(course.assignment())
    with Gradebook(course.database_url, course.slug) as gradebook:
        assert gradebook.find_assignment("one").max_score == 100
        found = {s: gradebook.find_submission("one", s).score for s in SCORES}
    assert found == {"ada": 130, "bob": 80}


def test_the_table_knows_the_cap_and_no_dropped_problem(course: Course, tmp_path) -> None:
    """Has grades.csv no p3, no total above the cap, and the full mark as its maximum?"""
    exporter = GradesExporter(root=str(course.root), to=str(tmp_path / "grades.csv"))
    with Gradebook(course.database_url, course.slug) as gradebook:
        for student in SCORES:  # by hand, for the table wants a verdict or a mark
            for problem in ("p1_x", "p2_x", "p3_x"):
                grade = gradebook.find_grade("cell", problem, "one", student)
                grade.manual_score = grade.auto_score
        gradebook.db.commit()
        exporter.export(gradebook)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert "p3" not in rows["ada"]
    found = [(float(row["total"]), row["max"]) for row in rows.values()]
    assert found == [(110, "100"), (80, "100")]


def test_feedback_is_released_to_those_who_can_fetch_it(tmp_path, caplog) -> None:
    """Does nbgrader's release_feedback pass over work that came from elsewhere, and name it?"""
    for student, files in {"ada": ("timestamp.txt", "submission_secret.txt"), "bob": ()}.items():
        folder = tmp_path / "course" / "feedback" / student / "one"
        folder.mkdir(parents=True)
        for name in ("p1_x.html", *files):
            (folder / name).write_text("2026-11-20 10:11:12 UTC")
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory

    config = Config()
    config.CourseDirectory.root = str(tmp_path / "course")
    config.CourseDirectory.assignment_id = "one"
    config.CourseDirectory.course_id = "gpu"
    config.Exchange.root = str(tmp_path / "exchange")
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange").chmod(0o777)
    coursedir = CourseDirectory(config=config)
    release = ReleaseFeedback(
        coursedir=coursedir, authenticator=Authenticator(config=config), config=config
    )
    release.start()
    assert len(list((tmp_path / "exchange").rglob("*.html"))) == 1
    assert "1 did not hand in through nbgrader's exchange" in caplog.text and "bob" in caplog.text
