"""Cheats as regions that the grammar accepts: run for real, they gain nothing and leave nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cheats.regions import REGION_CHEATS, RegionCheat
from levels import skip_unless_available
from solved import frame, solved

from autograder.grading.grade import Grader
from autograder.sandbox.levels import LEVELS
from autograder.selfcheck.grammar import refusals

from .graders import graded, is_whole, short_grader, unpassed

pytestmark = [pytest.mark.trust, pytest.mark.timeout(900)]

BY_CHANCE = 0.1  # of the points: a single key, or scores of nothing, are right whatever one does
STATUSES = {
    "wrong answer",
    "not implemented",
    "error",
    "timed out",
    "out of memory",
    "crashed",
    "does not compile",
    "not allowed",
    "passed",
}


def by_story() -> dict[str, list[RegionCheat]]:
    """The cheats by what they are after."""
    found: dict[str, list[RegionCheat]] = {}
    for cheat in REGION_CHEATS:
        found.setdefault(cheat.story.partition(":")[0], []).append(cheat)
    return found


STORIES = by_story()


def would_run(cheat: RegionCheat) -> bool:
    """Whether the grammar takes it; tests/grammar/ has the others."""
    return not refusals(frame(cheat.problem), {**solved(cheat.problem), **cheat.work})


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: level.name)
def grader(request) -> Iterator[Grader]:
    with short_grader(skip_unless_available(request.param)) as grader:
        yield grader


def complaint(grader: Grader, cheat: RegionCheat) -> str:
    """What is wrong with a cheat's verdict, "" if it is harmless."""
    verdict = graded(grader, cheat.problem, cheat.work)
    statuses = {case.status for case in verdict.cases} - {"not run"}
    told = [f"{case.name}: {case.status}: {case.detail}"[:300] for case in verdict.cases]
    if verdict.score > BY_CHANCE * verdict.max_score:
        return f"{cheat.name} got {verdict.score} of {verdict.max_score}: {told}"
    if not statuses <= STATUSES:
        return f"{cheat.name} ended as {sorted(statuses)}: {told}"
    if any(status != "passed" and not detail for _, status, detail in unpassed(verdict)):
        return f"{cheat.name} was not told why: {told}"
    return ""


@pytest.mark.parametrize("story", STORIES)
def test_cheats_of_one_story(grader: Grader, story: str):
    """Do they earn nothing, end in a sensible status, and leave the next submission whole?"""
    complaints = [complaint(grader, cheat) for cheat in STORIES[story] if would_run(cheat)]
    complaints.append(is_whole(grader))
    assert [text for text in complaints if text] == []
