"""Stray accesses: told by their line, the cases after them whole, and the same at every grading."""

from __future__ import annotations

import pytest
from solved import ASSIGNMENT, solved

from autograder.grading.grade import Grader

from .graders import graded, is_whole

pytestmark = [pytest.mark.trust, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def grader():
    with Grader(ASSIGNMENT) as grader:
        yield grader


CHANGES = {
    "stores past the end of the output": (
        "p2",
        ("acc.to(out_ptr.dtype.element_ty), mask=row_exists)", "acc.to(out_ptr.dtype.element_ty))"),
    ),
    "stores before the output": (
        "p2",
        ("tl.store(out_ptr + offs_r * stride_out", "tl.store(out_ptr - 8 + offs_r * stride_out"),
    ),
    "reads past the end of the columns": (
        "p2",
        ("mask=row_exists[:, None] & column_exists[None, :]", "mask=row_exists[:, None]"),
    ),
    "reads keys past the end": (
        "p5",
        (
            "v = tl.load(v_base + v_offs, mask=key[:, None] < Nk, other=0.0)",
            "v = tl.load(v_base + v_offs)",
        ),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_stray(grader: Grader, name: str):
    """Is it told by its line, are cases without it right, and is it the same when graded again?"""
    problem, change = CHANGES[name]
    work = solved(problem, change)
    first, again = graded(grader, problem, work), graded(grader, problem, work)
    assert first.cases == again.cases
    told = [case for case in first.cases if case.status == "error"]
    assert told, [(case.name, case.status) for case in first.cases]
    region, line = changed_line(problem, work)
    assert all(case.detail.startswith(f"Line {line} of {region}") for case in told), told
    assert {case.status for case in first.cases} <= {"passed", "error", "not run"}
    assert is_whole(grader) == ""


def changed_line(problem: str, work: dict[str, str]) -> tuple[str, int]:
    """The region and the line, below its marker, that is not the solution's."""
    for region, text in solved(problem).items():
        lines = zip(text.split("\n"), work[region].split("\n"), strict=True)
        for number, (right, wrong) in enumerate(lines, 1):
            if right != wrong:
                return region, number
    raise AssertionError("nothing is changed")
