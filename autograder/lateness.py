"""Deadlines: how late work is, what that costs, and where late days are best spent.

Plain arithmetic over times and points; nbgrader's late plugin books what comes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DAY = timedelta(days=1)
Percent = Annotated[float, Field(ge=0, le=100)]


class LateSection(BaseModel):
    """`[assignments.NAME.late]`: when work is due, and what being late costs.

    `policy` "percent" takes `percent` of the points for each day begun, down to `floor` percent of
    them; "steps" takes what the last step says whose days have begun, as in `steps = [[1, 10],
    [3, 50], [7, 100]]`; "none" takes nothing. Within `grace_minutes` work is in time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    due: datetime | None = None
    grace_minutes: Annotated[float, Field(ge=0)] = 0
    policy: Literal["none", "percent", "steps"] = "none"
    percent: Percent = 0
    floor: Percent = 0
    steps: list[tuple[Annotated[int, Field(ge=1)], Percent]] = []
    late_days: bool = True  # whether late days may be spent on this assignment

    @field_validator("due")
    @classmethod
    def _with_a_zone(cls, due: datetime | None) -> datetime | None:
        """A deadline that does not say where is another hour to everybody else."""
        if due is not None and due.tzinfo is None:
            raise ValueError("a deadline needs its zone, as in 2026-11-20T23:59:00+01:00")
        return due

    @model_validator(mode="after")
    def _says_what_it_costs(self) -> LateSection:
        if self.policy == "percent" and not self.percent:
            raise ValueError('policy = "percent" needs `percent`, the share of a day')
        if self.policy == "steps" and not self.steps:
            raise ValueError('policy = "steps" needs `steps`, as in [[1, 10], [3, 50]]')
        if self.policy != "none" and self.due is None:
            raise ValueError("a late policy needs `due`")
        return self

    def due_for(self, extension_days: float = 0) -> datetime | None:
        """When work is due for somebody with an extension."""
        return self.due + extension_days * DAY if self.due else None

    def taken(self, days: int) -> float:
        """The percentage of the points that so many days late cost."""
        if days <= 0 or self.policy == "none":
            return 0.0
        if self.policy == "percent":
            return min(days * self.percent, 100 - self.floor)
        return max((cost for begun, cost in self.steps if begun <= days), default=0.0)


NO_DEADLINE = LateSection()


@dataclass(frozen=True)
class Late:
    """How late somebody's work is: days begun, those covered by late days, and the percentage that
    is taken off. `by` is how much too late it came.
    """

    days: int = 0
    covered: int = 0
    percent: float = 0.0
    by: timedelta = timedelta()

    def penalty(self, score: float) -> float:
        """The points that are taken off a score."""
        return round(score * self.percent / 100, 6)

    @property
    def reason(self) -> str:
        """Why, in a sentence; "" for work in time."""
        if not self.days:
            return ""
        spent = f", {_days(self.covered)} covered by late days" if self.covered else ""
        cost = f"{self.percent:g} % of the points off" if self.percent else "no points off"
        return f"{_long(self.by)} late, which counts as {_days(self.days)}{spent}: {cost}."


def lateness(
    section: LateSection, when: datetime | None, extension_days: float = 0, covered: int = 0
) -> Late:
    """How late work is that was handed in at `when`; in time where no time is known."""
    due = section.due_for(extension_days)
    if due is None or when is None:
        return Late()
    by = when.astimezone(UTC) - due.astimezone(UTC)
    if by <= timedelta(minutes=section.grace_minutes):
        return Late()
    days = max(1, math.ceil(by / DAY))
    covered = min(covered, days)
    return Late(days, covered, section.taken(days - covered), by)


@dataclass(frozen=True)
class Owed:
    """An assignment as far as late days go: its policy, the days late, and the points at stake."""

    section: LateSection
    days: int
    score: float


def spend(owed: Sequence[Owed], late_days: int) -> list[int]:
    """How many late days to spend on each, so that the points taken off are fewest; of two ways
    that cost the same, the one that spends fewer days.
    """
    best: list[tuple[float, int, tuple[int, ...]]] = [(0.0, 0, ())] * (late_days + 1)
    for item in owed:
        most = min(item.days, late_days) if item.section.late_days else 0
        costs = [item.score * item.section.taken(item.days - n) / 100 for n in range(most + 1)]
        best = [
            min(
                (round(before[0] + cost, 6), before[1] + n, (*before[2], n))
                for n, cost in enumerate(costs[: left + 1])
                for before in [best[left - n]]
            )
            for left in range(late_days + 1)
        ]
    return list(best[late_days][2])


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _long(by: timedelta) -> str:
    """A length of time with two units at most."""
    minutes = max(1, int(by.total_seconds() // 60))
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2])
