"""Marks by hand out of a CSV file: all of it or nothing, and they survive grading again."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradebooks import new_gradebook
from nbgrader.api import Gradebook

from autograder.appeals.adjust import adjust
from autograder.course import Assignment, Course
from autograder.errors import CourseError

pytestmark = pytest.mark.xdist_group("gradebooks")  # one process makes the empty one
TOML = """
[course]
name = "GPU"
public_repository = "a/b"
[assignments.one.points]
p1 = 100
p2 = 50
"""


@pytest.fixture
def course(tmp_path) -> Assignment:
    """ada and bob with 60 points in each of two problems."""
    (tmp_path / "course.toml").write_text(TOML)
    course = Course.load(tmp_path)
    with new_gradebook(course) as gradebook:
        gradebook.add_assignment("one")
        for name in ("p1_x", "p2_x"):
            gradebook.add_notebook(name, "one")
            gradebook.add_grade_cell("check", name, "one", max_score=100, cell_type="code")
            gradebook.add_source_cell("check", name, "one", cell_type="code")
            gradebook.add_solution_cell("work", name, "one")
            gradebook.add_source_cell("work", name, "one", cell_type="code")
        for student in ("ada", "bob"):
            gradebook.update_or_create_student(student)
            gradebook.add_submission("one", student)
            for name in ("p1_x", "p2_x"):
                grade = gradebook.find_grade("check", name, "one", student)
                grade.auto_score, grade.needs_manual_grade = 60, False
        gradebook.db.commit()
    return course.assignment()


def scores(course: Assignment) -> dict[tuple[str, str], float]:
    with Gradebook(course.course.database_url, course.course.slug) as gradebook:
        return {
            (student, name): gradebook.find_submission_notebook(name, "one", student).score
            for student in ("ada", "bob")
            for name in ("p1_x", "p2_x")
        }


def table(course: Assignment, text: str) -> Path:
    path = course.root / "marks.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_marks_are_written_for_one_and_for_all(course: Assignment) -> None:
    """Does `points` replace, `extra` add, `*` mean everybody, a comment reach the page's place?"""
    lines = 'student,problem,points,extra,comment\nada,p1,75,,see line 4\n*,p2,,"2,5",\n'
    done = adjust(course, table(course, lines))
    assert done == ["ada p1: 75", "ada p2: 62.5", "bob p2: 62.5"]
    assert list(scores(course).values()) == [75, 62.5, 60, 62.5]
    with Gradebook(course.course.database_url, course.course.slug) as gradebook:
        comment = gradebook.find_comment("work", "p1_x", "one", "ada")
        assert comment.comment == "see line 4"


def test_another_grading_leaves_them(course: Assignment) -> None:
    """Does what the grader books next change the score of neither?"""
    adjust(course, table(course, "student,problem,points,extra\nada,p1,75,\nbob,p1,,5\n"))
    with Gradebook(course.course.database_url, course.course.slug) as gradebook:
        for student in ("ada", "bob"):
            gradebook.find_grade("check", "p1_x", "one", student).auto_score = 10
        gradebook.db.commit()
    found = scores(course)
    assert (found["ada", "p1_x"], found["bob", "p1_x"]) == (75, 15)


def test_one_wrong_line_and_nothing_is_written(course: Assignment) -> None:
    """Is every fault named with its line, and the right lines not written either?"""
    before = scores(course)
    lines = (
        "student,problem,points,extra,comment\n"
        "ada,p1,75,,\n,p1,5,,\nada,p7,5,,\nada,p2,many,,\nada,p2,,,\neve,p1,5,,\nada,p1,-5,,\n"
    )
    with pytest.raises(CourseError) as refused:
        adjust(course, table(course, lines))
    said = str(refused.value)
    assert [f"line {n}:" in said for n in range(2, 9)] == [False, *[True] * 6]
    assert scores(course) == before


def test_a_table_with_other_columns_is_refused(course: Assignment) -> None:
    """Is a misspelt column an error, not a mark that is silently lost?"""
    with pytest.raises(CourseError, match="must name columns"):
        adjust(course, table(course, "student,problem,pionts\nada,p1,5\n"))
