"""Honest work in whatever state: its regions come out as they were written, or a reason is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from damaged import CASES
from trust_case import TrustCase

from autograder.errors import NotGradable
from autograder.intake.extract import extract, peek

from .more_damage import DAMAGE, Damage
from .notebooks import ASSIGNMENT, found_in, frame, released, solved, unfilled, work, written

# What a file is called is for `collect`; here it is read.
OF_FILES = [c for c in CASES if c.family != "names" or c.share is None]


@pytest.mark.parametrize("case", OF_FILES, ids=lambda case: case.id)
def test_the_work_is_found_or_the_reason_told(case: TrustCase, tmp_path: Path):
    """Are the regions those of the undamaged notebook, or else is there a reason and a cure?"""
    path = tmp_path / f"{case.problem}_weighted_row_sum.ipynb"
    path.write_bytes(written(solved(case.problem)))
    case.make(tmp_path)
    if case.share is None:
        with pytest.raises(NotGradable) as reason:
            extract(path, frame(case.problem))
        assert case.says in str(reason.value)
        assert len(str(reason.value).split(". ")) > 1, "no word on what to do"
        return
    found = extract(path, frame(case.problem))
    assert found.work == work(case.problem)
    assert case.says in " ".join(found.repairs)
    assert found.refusals == ()


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.name)
def test_more_damage(damage: Damage):
    """The same for every other problem and kind of file."""
    data = damage.make()
    if damage.says_not:
        with pytest.raises(NotGradable, match=damage.says_not):
            found_in(data, damage.problem)
        return
    found = found_in(data, damage.problem)
    expected = damage.expected() if damage.expected else work(damage.problem)
    if damage.comments_may_differ:
        assert list(map(code_of, found.work.values())) == list(map(code_of, expected.values()))
    else:
        assert found.work == expected


def code_of(text: str) -> list[str]:
    """The lines of a region that are no comments."""
    return [line for line in text.split("\n") if line.strip() and line.lstrip()[0] != "#"]


@pytest.mark.parametrize("problem", sorted(ASSIGNMENT.points))
def test_solutions_and_handouts(problem: str):
    """Does an untouched notebook need no repair, and does a glance tell the two apart?"""
    full, empty = written(solved(problem)), written(released(problem))
    found = found_in(full, problem)
    assert (found.work, found.repairs, found.remarks) == (work(problem), (), ())
    found = found_in(empty, problem)
    assert (found.work, found.repairs, found.remarks) == (unfilled(problem), (), ())
    assert peek(full).filled == len(frame(problem).regions)
    assert peek(full).problems == {problem} and peek(empty).filled == 0


def test_without_any_marker():
    """Are all regions of all problems told from the given code alone?"""
    for problem in sorted(ASSIGNMENT.points):
        nb = solved(problem)
        for cell in nb["cells"]:
            lines = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            kept = [line for line in lines.split("\n") if "STUDENT IMPLEMENTATION" not in line]
            cell["source"] = "\n".join(kept)
        assert found_in(written(nb), problem).work == work(problem)


def test_the_reason_why_p1_is_not_p3():
    """Is a notebook of another problem named?"""
    with pytest.raises(NotGradable, match="It is the notebook of p1, not of p3"):
        found_in(written(solved("p1")), "p3")
