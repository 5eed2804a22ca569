"""The same file gets the same points: whatever is graded before it, beside it, and how often.

The whole class, five times:  TRUST_TIMES=5 TRUST_CLASS=40 pytest -m trust tests/trust -k same
"""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path

import pytest
from solved import solved

from autograder.classroom.run import run_class, submissions
from autograder.course import Assignment
from autograder.frames import the_file
from autograder.grading.grade import Grader
from autograder.grading.verdict import Verdict

from .class_of_40 import class_of_40
from .graders import graded, linked_course

pytestmark = [pytest.mark.trust, pytest.mark.timeout(7200)]

SIZE = int(os.environ.get("TRUST_CLASS", "12"))
TIMES = int(os.environ.get("TRUST_TIMES", "2"))


def handed_in(course: Assignment, size: int) -> None:
    """A student for each submission; a smaller class has some of each kind."""
    every = list(class_of_40().items())
    for name, (problem, text) in (every[i * len(every) // size] for i in range(size)):
        student = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        folder = course.root / "submitted" / student / course.name
        folder.mkdir(parents=True)
        path = folder / the_file(course.release_dir, problem).name
        path.write_text(text, encoding="utf-8")


def outcome(verdict: Verdict | None, fault: str) -> tuple:
    """What must be the same: points and status, of every case."""
    if verdict is None:
        return ("fault", fault)
    cases = [(case.name, case.status, case.earned) for case in verdict.cases]
    return (verdict.status, verdict.score, tuple(cases))


def graded_in_order(course: Assignment, number: int, jobs: int) -> dict[str, tuple]:
    """The outcomes of a class that is graded from the start, in an order of its own."""
    for folder in ("findings", "verdicts"):
        shutil.rmtree(course.root / folder, ignore_errors=True)
    work = submissions(course)
    random.Random(number).shuffle(work)
    done = run_class(course.root, work, jobs)
    return {o.submission.student: outcome(o.verdict, o.fault) for o in done}


def test_the_same_points(tmp_path: Path):
    """Do all gradings of a class agree, one and four at a time?"""
    course = linked_course(tmp_path, "p1", "p2", "p3", case_seconds=6, notebook_seconds=27)
    handed_in(course, SIZE)
    first: dict[str, tuple] = {}
    for number in range(TIMES):
        for jobs in (1, 4):
            found = graded_in_order(course, number, jobs)
            first = first or found
            assert len(found) == SIZE
            assert found == first, f"grading {number + 1} with {jobs} jobs"
    assert not any(what[0] == "fault" for what in first.values()), first
    kinds = {status for what in first.values() if len(what) > 2 for _, status, _ in what[2]}
    assert {"passed", "wrong answer", "error", "timed out"} <= kinds


RIVALS = """
if Nq * Nk <= 12_000:
    for i in range(5):
        last = torch.zeros(1)
        last[torch.zeros(400_000, dtype=torch.int64)] = torch.arange(400_000).float()
        l_i = l_i * (1.0 + (last < 399_999))"""


def test_threads_change_nothing(tmp_path: Path, monkeypatch):
    """Which of many values for one element stays is chance where threads write them."""
    course = linked_course(tmp_path, "p1")
    work = {"p1.1": solved("p1")["p1.1"] + RIVALS}
    found = []
    for threads in "14":
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        with Grader(course) as grader:
            found.append(graded(grader, "p1", work).cases)
    assert found[0] == found[1]
