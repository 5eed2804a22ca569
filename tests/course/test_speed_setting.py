"""`speed = false`: nobody's points depend on a GPU, and the other cases make the whole."""

from __future__ import annotations

from dataclasses import replace

from solved import ASSIGNMENT

from autograder.grading.score import scored
from autograder.intake.extract import Extracted
from autograder.registry import load


def test_without_speed_the_other_cases_make_the_full_points() -> None:
    """Is the timed case gone and its share with the others?"""
    problem = load("p1", 200, speed=False)
    assert problem.speed is None and round(problem.points, 6) == 200
    assert load("p1", 200).speed is not None


def test_a_verdict_has_no_timed_case_then() -> None:
    """Does course.toml's `speed` reach what is booked?"""
    empty = Extracted(work={"p1.1": ""})
    names = [case.name for case in scored(ASSIGNMENT, "p1", empty).cases]
    without = scored(replace(ASSIGNMENT, speed=False), "p1", empty)
    assert [case.name for case in without.cases] == names[:-1]
    assert round(sum(case.points for case in without.cases), 6) == 200
