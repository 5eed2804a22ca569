"""`book` and `feedback`: what nbgrader's own commands leave, done only where something changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from courses import NAME, hand_in, make_course, nbgrader, page
from grading.test_findings import finding
from nbgrader.api import Gradebook
from solved import notebook

from autograder.classroom.booking import book, write_feedback
from autograder.classroom.run import run_class, submissions
from autograder.course import Assignment, Course
from autograder.grading.book import Book

pytestmark = pytest.mark.xdist_group("nbgrader")  # one process builds the course for all
STUDENTS = {"ada", "bob", "cyd"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """Graded, not booked: ada's p2 is solved, bob's not begun, cyd's no notebook. Nobody has p1."""
    course = make_course(tmp_path_factory.mktemp("booking") / "fresh", "p1", "p2")
    hand_in(course, "ada", "p2", notebook("p2"))
    hand_in(course, "bob", "p2", notebook("p2", {}))
    path = hand_in(course, "cyd", "p2", "{")
    path.with_name("timestamp.txt").write_text("2026-11-20 12:00:00 UTC")
    path.with_name("notes.txt").write_text("see my notebook")
    Book(course).keep(finding(course))
    run(course)
    return course.root


@pytest.fixture(scope="module")
def made(fresh, tmp_path_factory) -> tuple[Path, Path]:
    """Where a copy of it stands, booked and with pages, and where another like it is kept."""
    course = copied(fresh, tmp_path_factory.mktemp("made") / "course")
    assert book(course) == (3, 3)
    assert write_feedback(course, jobs=2) == (3, 3)
    return course.root, shutil.copytree(course.root, course.root.with_name("kept"))


@pytest.fixture
def course(made) -> Assignment:
    """The booked course as it was made, always in one place: seals are of files in their places."""
    place, kept = made
    shutil.rmtree(place)
    return Course.load(shutil.copytree(kept, place)).assignment()


def copied(fresh: Path, to: Path) -> Assignment:
    shutil.copytree(fresh, to)
    assignment = Course.load(to).assignment()
    run(assignment)  # what stands is sealed by the files' places
    return assignment


def run(course: Assignment) -> None:
    faults = [one.fault for one in run_class(course.root, submissions(course)) if one.fault]
    assert faults == []


def left_behind(course: Assignment) -> dict[str, tuple[bytes, int]]:
    """Every file that nbgrader makes, with its bytes and its mode."""
    files = [p for f in ("autograded", "feedback") for p in (course.root / f).rglob("*")]
    return {
        str(path.relative_to(course.root)): (path.read_bytes(), path.stat().st_mode)
        for path in files
        if path.is_file()
    }


def gradebook(course: Assignment) -> list[tuple]:
    """All that the gradebook says of the class."""
    with Gradebook(course.course.database_url) as found:
        return [
            (
                *(work.student.id, work.timestamp, one.name, one.late_submission_penalty),
                one.max_score,
                *((g.auto_score, g.manual_score, g.needs_manual_grade) for g in one.grades),
                *((c.auto_comment, c.manual_comment) for c in one.comments),
            )
            for work in sorted(found.assignment_submissions(NAME), key=lambda w: w.student.id)
            for one in sorted(work.notebooks, key=lambda notebook: notebook.name)
        ]


def mark(course: Assignment, student: str) -> tuple:
    """A student's p2 in the gradebook: the grader's score, that by hand, is it to be looked at."""
    [row] = [r for r in gradebook(course) if r[0] == student and r[2] == "p2_weighted_row_sum"]
    return row[5]


def stamps(course: Assignment) -> dict[str, int]:
    """When each student's booked notebook and page were written."""
    return {
        f"{path.parts[-4]} {path.parts[-3]}": path.stat().st_mtime_ns
        for folder in ("autograded", "feedback")
        for path in (course.root / folder).glob("*/*/p2_*")
    }


def upkeep(course: Assignment) -> set[str]:
    """Book, and write pages; the notebooks and pages that were written anew."""
    before = stamps(course)
    book(course)
    write_feedback(course, jobs=1)
    return {name for name, when in stamps(course).items() if when != before.get(name)}


def test_it_is_what_nbgrader_leaves(fresh, course, tmp_path):
    """Are gradebook, notebooks, pages and copied files those of nbgrader's two commands?"""
    other = copied(fresh, tmp_path / "other")
    nbgrader(other, "autograde", NAME, "--force")
    nbgrader(other, "generate_feedback", NAME, "--force")
    assert left_behind(course) == left_behind(other)
    assert f"autograded/cyd/{NAME}/notes.txt" in left_behind(course)
    assert gradebook(course) == gradebook(other)
    assert len(gradebook(course)) == 2 * len(STUDENTS)


def test_nothing_new_is_nothing_to_do(course):
    """Does a second time write nothing, also where a grader has only looked?"""
    run(course)
    assert upkeep(course) == set()


def test_other_work_is_booked(course):
    """Is a student who handed in again booked again, with a new page, and nobody else?"""
    hand_in(course, "ada", "p2", notebook("p2", {}))
    run(course)
    assert upkeep(course) == {"autograded ada", "feedback ada"}
    assert mark(course, "ada") == (0, None, False)


def test_a_mark_by_hand_is_shown(course):
    """Is a page written anew when a mark or a comment changed, and does the mark stay?"""
    with Gradebook(course.course.database_url) as found:
        grade = found.find_submission_notebook("p2_weighted_row_sum", NAME, "bob").grades[0]
        grade.manual_score = 33
        found.db.commit()
    assert "feedback bob" in upkeep(course) <= {"autograded bob", "feedback bob"}
    assert "33" in page(course, "bob", "p2").read_text(encoding="utf-8")
    assert mark(course, "bob") == (0, 33, False)
    assert upkeep(course) == set()


def test_new_points_are_everybodys(course):
    """Is everybody booked again when course.toml changed?"""
    path = course.root / "course.toml"
    path.write_text(path.read_text().replace("p2 = 100", "p2 = 50"))
    changed = Course.load(course.root).assignment()
    run(changed)
    assert upkeep(changed) == {f"{f} {s}" for f in ("autograded", "feedback") for s in STUDENTS}
    assert {row[4] for row in gradebook(changed) if row[2].startswith("p2_")} == {50}


def test_a_dropped_problem_keeps_nobody_busy(course):
    """After a problem was dropped, is everybody booked once more, and then nobody?"""
    path = course.root / "course.toml"
    points = f"p1 = {course.points['p1']}"
    path.write_text(path.read_text().replace(points, "p1 = 0"))
    changed = Course.load(course.root).assignment()
    run(changed)
    assert {f"autograded {student}" for student in STUDENTS} <= upkeep(changed)
    assert upkeep(changed) == set()


def test_what_is_gone_is_made_again(course):
    """Are a booked notebook, a page and marks in the gradebook made again when they are gone?"""
    shutil.rmtree(course.root / "autograded" / "ada")
    shutil.rmtree(course.root / "feedback" / "bob")
    with Gradebook(course.course.database_url) as found:
        found.remove_submission(NAME, "cyd")
    before = gradebook(course)
    assert {"autograded ada", "feedback bob", "autograded cyd"} <= upkeep(course)
    assert len(gradebook(course)) == len(before) + 2 == 2 * len(STUDENTS)


def test_a_student_without_a_verdict_is_booked_by_nbgrader(course):
    """Where something was found since the last run, does booking not pass the student over?"""
    Book(course).keep(finding(course, "nvidia-h100", ratio=1.0))
    assert "autograded ada" in upkeep(course)
    assert mark(course, "ada") == (course.points["p2"], None, False)
