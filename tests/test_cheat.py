"""A submission that attacks the grader gains nothing, even where no policy stops it beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom.demo_class import CLASS
from autograder.classroom.demo_edit import build
from autograder.course import Course
from autograder.grading import grade as grading
from autograder.grading.book import rebuilt
from autograder.grading.grade import Grader

COURSE = Course.load(Path(__file__).resolve().parents[1])
CHEAT = next(student for student in CLASS if student.name == "jack-cheat")


@pytest.mark.parametrize("problem_id", ["p1", "p3"])
def test_an_attack_on_the_grader_gains_nothing(problem_id, monkeypatch, tmp_path):
    """Patched comparisons, forged answer files, hooks and printed scores: is the score still 0?

    The source policy is switched off, so that the attack really runs.
    """
    monkeypatch.setattr(grading, "policy_hits", lambda nb, problem: [])
    monkeypatch.setattr(grading, "course_key", lambda root: b"test")
    nb = rebuilt(build(COURSE, problem_id, CHEAT.work[problem_id].steps), COURSE, problem_id)
    verdict = Grader(COURSE).grade(nb, problem_id)
    assert verdict.score == 0
    assert {case.status for case in verdict.cases} <= {"wrong answer", "error", "not run"}


@pytest.mark.parametrize("problem_id", ["p1", "p3"])
def test_the_policy_names_the_attack(problem_id):
    """With the policy on, is the code not run at all, and the reason given?"""
    nb = rebuilt(build(COURSE, problem_id, CHEAT.work[problem_id].steps), COURSE, problem_id)
    verdict = Grader(COURSE).grade(nb, problem_id)
    assert verdict.summary == "policy violation" and verdict.score == 0
    assert verdict.notes
