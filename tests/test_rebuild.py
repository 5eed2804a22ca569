"""Whatever became of a notebook on its way, what can be graded is found and the rest is said."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.grading.rebuild import (
    NotGradable,
    grade_id,
    rebuild,
    released_notebook,
    runnable_solution,
)
from autograder.selfcheck import find_problem

COURSE = Course.load(Path(__file__).resolve().parents[1])
P3 = find_problem("p3")


@pytest.fixture
def released():
    return released_notebook(COURSE, "p3")


@pytest.fixture
def work():
    return runnable_solution(COURSE, "p3")


def cell_with(nb, name):
    return next(cell for cell in nb.cells if grade_id(cell) == name)


def solution_of(nb):
    return cell_with(nb, "p3-solution").source


def test_an_untouched_form_needs_no_repair(work, released):
    """Does a notebook that kept its form come through with the student's code and no repair?"""
    nb, repairs = rebuild(work, released, P3)
    assert repairs == []
    assert solution_of(nb) == solution_of(work)
    assert [grade_id(c) for c in nb.cells] == [grade_id(c) for c in work.cells]
    nbformat.validate(nb)


def strip_all(nb):
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({})
        cell.pop("id", None)
    nb.metadata = nbformat.from_dict({})
    nb.nbformat_minor = 0


def empty_ids(nb):
    for cell in nb.cells:
        if grade_id(cell):
            cell.metadata["nbgrader"] = {"grade_id": ["not", "a", "string"]}


def delete_check(nb):
    nb.cells.remove(cell_with(nb, "p3-check"))


def delete_selfcheck(nb):
    nb.cells.remove(cell_with(nb, "p3-selfcheck"))


def edit_check(nb):
    cell_with(nb, "p3-check").source = "200.0"


def edit_selfcheck(nb):
    cell_with(nb, "p3-selfcheck").source = "def check(*a): print('all right')"


def move_check_up(nb):
    check = cell_with(nb, "p3-check")
    nb.cells.remove(check)
    nb.cells.insert(1, check)


def duplicate_solution(nb):
    """A copy of the unfilled cell, with the same id, after the real one."""
    stub = copy.deepcopy(cell_with(released_notebook(COURSE, "p3"), "p3-solution"))
    nb.cells.insert(nb.cells.index(cell_with(nb, "p3-solution")) + 1, stub)


def id_on_a_wrong_cell(nb):
    cell = cell_with(nb, "p3-solution")
    fake = nbformat.v4.new_code_cell("x = 1", metadata=copy.deepcopy(cell.metadata))
    cell.metadata = nbformat.from_dict({})
    nb.cells.append(fake)


def lose_markers(nb):
    cell = cell_with(nb, "p3-solution")
    lines = [line for line in cell.source.splitlines() if "STUDENT IMPLEMENTATION" not in line]
    cell.source = "\n".join(lines)
    cell.metadata = nbformat.from_dict({})


def add_raw_and_text(nb):
    nb.cells.insert(0, nbformat.v4.new_raw_cell("raw"))
    nb.cells.append(nbformat.v4.new_markdown_cell("my notes"))


DAMAGE = [
    strip_all,
    empty_ids,
    delete_check,
    delete_selfcheck,
    edit_check,
    edit_selfcheck,
    move_check_up,
    duplicate_solution,
    id_on_a_wrong_cell,
    lose_markers,
]


@pytest.mark.parametrize("damage", [*DAMAGE, add_raw_and_text])
def test_work_survives_damage(damage, work, released):
    """Is the student's code kept, each released cell there once, and every repair told?"""
    mine = solution_of(work)
    damage(work)
    nb, repairs = rebuild(work, released, P3)
    kept = [line for line in mine.splitlines() if "STUDENT IMPLEMENTATION" not in line]
    found = [line for line in solution_of(nb).splitlines() if "STUDENT IMPL" not in line]
    assert found == kept
    ids = [grade_id(cell) for cell in nb.cells if grade_id(cell)]
    assert sorted(ids) == ["p3-check", "p3-selfcheck", "p3-solution"]
    for name in ("p3-check", "p3-selfcheck"):
        assert cell_with(nb, name).source == cell_with(released, name).source
    if damage in DAMAGE and damage is not move_check_up:
        assert repairs
    nbformat.validate(nb)


def test_metadata_of_a_student_never_gets_through(work, released):
    """Is forged metadata replaced, in the notebook and in its cells?"""
    work.metadata["course_kit"] = {"verdict": "200"}
    cell_with(work, "p3-check").metadata["nbgrader"]["points"] = 100000
    extra = nbformat.v4.new_code_cell("1", metadata={"nbgrader": {"grade_id": "x", "grade": True}})
    work.cells.append(extra)
    nb, _ = rebuild(work, released, P3)
    assert "course_kit" not in nb.metadata
    assert cell_with(nb, "p3-check").metadata["nbgrader"]["points"] == COURSE.points["p3"]
    assert "nbgrader" not in nb.cells[-1].metadata


def test_a_notebook_without_the_work_is_refused_with_a_reason(released):
    """Is the wrong notebook refused in words, rather than graded as zero?"""
    with pytest.raises(NotGradable, match="It is the notebook of p1, not of p3"):
        rebuild(runnable_solution(COURSE, "p1"), released, P3)
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    with pytest.raises(NotGradable, match="none defines flash_attention_forward"):
        rebuild(empty, released, P3)
