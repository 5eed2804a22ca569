"""Right regions in other styles: accepted, full marks with any inputs, and right for a GPU too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from right_variants import RIGHT
from solved import ASSIGNMENT, frame, solved

from autograder.grading.grade import Grader
from autograder.grading.keys import KEY_FILE
from autograder.selfcheck.grammar import refusals

from .graders import graded, linked_course, unpassed

SEEDS = ("11" * 32, "22" * 32)  # of the course: every case's inputs follow from it


@pytest.mark.parametrize("name", RIGHT)
def test_the_grammar_takes_them(name: str):
    """Is nothing of it refused?"""
    problem = name.partition(":")[0]
    assert refusals(frame(problem), {**solved(problem), **RIGHT[name]}) == []


@pytest.fixture(scope="module", params=SEEDS, ids=["first seed", "second seed"])
def grader(request, tmp_path_factory) -> Iterator[Grader]:
    course = linked_course(tmp_path_factory.mktemp("course"), *ASSIGNMENT.problem_ids)
    (course.root / KEY_FILE).write_text(request.param, encoding="ascii")
    with Grader(course) as grader:
        yield grader


@pytest.mark.trust
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RIGHT)
def test_full_marks(grader: Grader, name: str):
    """Do all cases pass, and do the kernels compile for the GPUs that are asked for?"""
    verdict = graded(grader, name.partition(":")[0], RIGHT[name])
    assert unpassed(verdict) == []
    assert verdict.provisional, "its speed is still open"
