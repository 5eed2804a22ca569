"""A run with nothing new: verdicts stand as they are, unless anything they follow from changed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from courses import environment, hand_in
from grading.test_findings import H100, course_in, finding
from solved import notebook

from autograder.classroom.run import KEPT, Outcome, run_class, submissions
from autograder.classroom.running import read
from autograder.classroom.seals import submitted_hash
from autograder.classroom.standing import Standing
from autograder.course import Assignment, Course
from autograder.grading.book import Book

AGAIN = """
import sys
from pathlib import Path
from autograder.classroom.run import KEPT, run_class, submissions
from autograder.classroom.settle import settle, strays
from autograder.course import Course
root = Path(sys.argv[1])
course = Course.load(root)
one = course.assignment()
assert not settle(one) and not strays(root, course.sections)
happened = [outcome.happened for outcome in run_class(root, submissions(one), jobs=None)]
assert happened == [KEPT] * 3, happened
print(sorted({"torch", "distributed"} & sys.modules.keys()))
"""


@pytest.fixture
def course(tmp_path) -> Assignment:
    """ada's p2 is solved, bob's is not begun, cyd's file is none; all were looked at once."""
    course = course_in(tmp_path / "course")
    hand_in(course, "ada", "p2", notebook("p2"))
    hand_in(course, "bob", "p2", notebook("p2", {}))
    hand_in(course, "cyd", "p2", "{")
    Book(course).keep(finding(course))
    assert {one.happened for one in ran(course).values()} == {"found before", "nothing to run"}
    return course


def ran(course: Assignment) -> dict[str, Outcome]:
    """The outcomes of a run by student, as of the files now."""
    now = Course.load(course.root).assignment()
    return {one.submission.student: one for one in run_class(now.root, submissions(now))}


def test_nothing_new_imports_no_torch(course):
    """Does a run that finds all as it was tell so in a fresh process, without torch and Dask?"""
    command = [sys.executable, "-c", AGAIN, str(course.root)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_verdicts_that_stand_are_the_verdicts(course):
    """Are they those that a look at everything would give?"""
    stand = ran(course)
    assert {one.happened for one in stand.values()} == {KEPT}
    (course.root / "verdicts" / ".standing.json").unlink()
    looked_at = ran(course)
    assert {name: one.verdict for name, one in stand.items()} == {
        name: one.verdict for name, one in looked_at.items()
    }


def other_points(course: Assignment) -> None:
    path = course.root / "course.toml"
    path.write_text(path.read_text().replace("p2 = 100", "p2 = 50"))


def other_work(course: Assignment) -> None:
    hand_in(course, "ada", "p2", notebook("p2", {}))


def no_file_any_more(course: Assignment) -> None:
    path = hand_in(course, "ada", "p2", "")
    path.unlink()
    path.mkdir()


def a_gpu_tells_more(course: Assignment) -> None:
    Book(course).keep(finding(course, H100, ratio=1.0))


def another_verdict(course: Assignment) -> None:
    path = Book(course).path("ada", "p2")
    path.write_text(path.read_text().replace('"hint_stage": 1', '"hint_stage": 2'))


def a_damaged_verdict(course: Assignment) -> None:
    Book(course).path("ada", "p2").write_bytes(b"\0")


def damaged_seals(course: Assignment) -> None:
    (course.root / "verdicts" / ".standing.json").write_bytes(b"[1")


CHANGES = (
    other_points,
    other_work,
    no_file_any_more,
    a_gpu_tells_more,
    another_verdict,
    a_damaged_verdict,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_whatever_changed_is_looked_at(course, change):
    """Is ada's verdict made anew, as by a run that remembers nothing, and does the next stand?"""
    change(course)
    found = ran(course)
    assert found["ada"].happened != KEPT
    damaged_seals(course)
    assert ran(course)["ada"].verdict == found["ada"].verdict
    assert {one.happened for one in ran(course).values()} == {KEPT}


def test_a_finding_that_is_gone_is_asked_for_again(course):
    """Is a verdict whose finding is gone or damaged no longer taken as it is?"""
    item = submissions(course, ["ada"])[0]
    assert Standing(course.course, gpu=False).verdict(item) is not None
    [path] = (course.root / "findings").rglob("*.json")
    path.write_bytes(path.read_bytes()[:-9])
    assert Standing(course.course, gpu=False).verdict(item) is None
    path.unlink()
    assert Standing(course.course, gpu=False).verdict(item) is None


def test_a_gpu_looks_at_what_it_could_add_to(course):
    """With a GPU at hand, is a verdict without its speed looked at, and another taken as it is?"""
    ada, bob, _ = submissions(course)
    assert Standing(course.course, gpu=False).verdict(ada).provisional
    near_a_gpu = Standing(course.course, gpu=True)
    assert near_a_gpu.verdict(ada) is None
    assert near_a_gpu.verdict(bob) is not None


@pytest.mark.timeout(20)
def test_a_pipe_is_not_waited_for(course, tmp_path):
    """Is what is no file told from a file, without waiting for what a pipe may bring?"""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert submitted_hash(tmp_path / "pipe") == submitted_hash(tmp_path / "link") == ""
    assert submitted_hash(tmp_path) == submitted_hash(tmp_path / "none") == ""
    item = replace(submissions(course, ["ada"])[0], path=tmp_path / "pipe")
    assert Standing(course.course, gpu=False).verdict(item) is None
    taken, handed = read(course, item, Book(course).verdict("ada", "p2"))
    assert "pipe" in taken.reason and handed.file == ""


def test_a_file_replaced_meanwhile_is_read_next_time(course):
    """Handed in again while the old bytes were graded: is the new file read by the next run?"""
    item, standing = submissions(course, ["ada"])[0], Standing(course.course, gpu=False)
    verdict = Book(course).verdict("ada", "p2")
    standing.seals.known.clear()
    Path(item.path).write_text("{}")
    standing.keep(item, verdict)
    assert standing.seals.known == {}
