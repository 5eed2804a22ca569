"""The fastest right answers, under the nicknames that students agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.classroom.report.data import ClassData


@dataclass(frozen=True)
class Place:
    """A line of the table: a nickname ("" for who did not agree to one), the time over the
    solution's, and the quarter of the calls that took less, and more, than the other half.
    """

    name: str
    ratio: float
    low: float
    high: float
    earned: float


def places(data: ClassData, problem: str) -> list[Place]:
    """The timed right answers to a problem, fastest first."""
    return sorted(_places(data, problem), key=lambda place: place.ratio)


def _places(data: ClassData, problem: str) -> Iterator[Place]:
    for student, verdict in data.of(problem):
        row = data.roster.row(student) if data.roster else None
        for case in verdict.cases:
            if case.ratio is not None:
                low, high = case.ratio_range or (case.ratio, case.ratio)
                name = row.public_name if row else ""
                yield Place(name, case.ratio, low, high, case.earned)
