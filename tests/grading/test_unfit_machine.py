"""A machine on which the course's own solution fails grades nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from solved import ASSIGNMENT, solved

from autograder.errors import CourseError
from autograder.grading.examine import Examiner
from autograder.grading.grade import make_order

WRONG = solved("p2", ("acc +=", "acc -="))


@pytest.fixture(scope="module")
def order():
    return make_order(ASSIGNMENT, "p2", WRONG)


def test_where_the_solution_fails_too_nothing_is_graded(order):
    """As on a GPU machine without a C compiler: a solution that fails stands for that."""
    told = pytest.raises(CourseError, match=r"own solution of flash_attention/p2 fails too")
    with Examiner(ASSIGNMENT.course.sandbox) as examiner, told:
        examiner.find(replace(order, solution=WRONG))


def test_where_the_solution_passes_the_work_is_wrong(order):
    with Examiner(ASSIGNMENT.course.sandbox) as examiner:
        found = examiner.find(order)
        assert {case.status for case in found.cases} == {"wrong answer"}
        assert examiner.sound == {"flash_attention/p2"}


def test_one_right_case_shows_that_the_machine_is_fit(order):
    """Then the solution is not run."""
    with Examiner(ASSIGNMENT.course.sandbox) as examiner:
        found = examiner.find(replace(order, work=solved("p2"), solution=WRONG))
        assert all(case.status == "passed" for case in found.cases)
