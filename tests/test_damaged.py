"""Honest work in whatever state: the work is found, or a reason; never a 0 by accident."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from damaged import CASES
from trust_case import TrustCase

from autograder.classroom.collect import settle
from autograder.classroom.run import submissions
from autograder.course import Course
from autograder.generate.cells import parse_python
from autograder.grading.book import NOTES, rebuilt_file
from autograder.grading.names import defined_names
from autograder.grading.policy import policy_hits
from autograder.grading.rebuild import grade_id, runnable_solution
from autograder.selfcheck import find_problem

ROOT = Path(__file__).resolve().parents[1]
WHILE_RUNNING = ("ended the Python process",)  # what only running the notebook can tell


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("damaged")
    shutil.copy(ROOT / "course.toml", root)
    for name in ("release", "solutions"):
        os.symlink(ROOT / name, root / name)
    return Course.load(root)


def damage(case: TrustCase, course: Course, folder: Path) -> None:
    """Put a perfect submission into the folder, and let happen to it what the case says."""
    folder.mkdir(parents=True)
    name = f"{case.problem}_weighted_row_sum.ipynb"
    nbformat.write(runnable_solution(course, case.problem), folder / name)
    case.make(folder)


def statements(cells) -> set[str]:
    """What the cells say at their top level, without comments and form."""
    return {ast.dump(node) for cell in cells for node in parse_python(cell.source).body}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_work_is_found_or_the_reason_told(case: TrustCase, course: Course):
    """Does the rebuilt notebook hold the whole work and pass the policy, or else is there a reason
    and something to do about it?
    """
    student = case.id
    damage(case, course, course.root / "submitted" / student / course.assignment_name)
    settle(course, [student])
    found = {item.problem: item.path for item in submissions(course, [student])}
    nb = rebuilt_file(found[case.problem], course, case.problem)
    nbformat.validate(nb)
    notes = nb.metadata[NOTES]
    assert ("not_gradable" in notes) == (case.share is None), notes
    told = " ".join([notes.get("not_gradable", ""), *notes["repairs"]])
    if case.says not in WHILE_RUNNING:
        assert case.says in told
    if case.share is None:
        assert len(notes["not_gradable"].split(". ")) > 1, "no word on what to do"
        return
    assert policy_hits(nb, find_problem(case.problem)) == []
    assert sorted(grade_id(c) for c in nb.cells if grade_id(c)) == sorted(
        f"{case.problem}-{role}" for role in ("selfcheck", "solution", "check")
    )
    honest = runnable_solution(course, case.problem)
    work = [cell for cell in honest.cells if grade_id(cell).endswith("-solution")]
    assert statements(work) <= statements(filter(is_python, nb.cells))


def is_python(cell) -> bool:
    """Whether the cell is code that parses."""
    return cell.cell_type == "code" and bool(defined_names(cell.source))
