"""What being late costs, and that late days are spent where they are worth most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from autograder.lateness import LateSection, Owed, lateness, spend

DUE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
TEN = LateSection(due=DUE, grace_minutes=15, policy="percent", percent=10, floor=40)
STEPS = LateSection(due=DUE, policy="steps", steps=[(1, 10), (3, 50), (7, 100)])


@pytest.mark.parametrize(
    ("section", "after", "extension", "covered", "days", "percent"),
    [
        (TEN, timedelta(0), 0, 0, 0, 0),
        (TEN, timedelta(minutes=15), 0, 0, 0, 0),
        (TEN, timedelta(minutes=15, seconds=1), 0, 0, 1, 10),
        (TEN, timedelta(days=1), 0, 0, 1, 10),
        (TEN, timedelta(days=1, seconds=1), 0, 0, 2, 20),
        (TEN, timedelta(days=30), 0, 0, 30, 60),  # the floor
        (TEN, timedelta(days=2), 2, 0, 0, 0),
        (TEN, timedelta(days=3), 2.5, 0, 1, 10),
        (TEN, timedelta(days=3), 0, 2, 3, 10),
        (TEN, timedelta(days=3), 0, 9, 3, 0),
        (STEPS, timedelta(hours=1), 0, 0, 1, 10),
        (STEPS, timedelta(days=2), 0, 0, 2, 10),
        (STEPS, timedelta(days=2, hours=1), 0, 0, 3, 50),
        (STEPS, timedelta(days=8), 0, 0, 8, 100),
        (LateSection(due=DUE), timedelta(days=3), 0, 0, 3, 0),
    ],
)
def test_what_it_costs(section, after, extension, covered, days, percent):
    """Do grace, floor, steps, extensions and late days count as written?"""
    late = lateness(section, DUE + after, extension, covered)
    assert (late.days, late.percent) == (days, percent)
    assert late.penalty(200) == 2 * percent
    assert bool(late.reason) == bool(days)


def test_no_time_or_no_deadline_is_not_late():
    assert lateness(TEN, None).days == lateness(LateSection(), DUE + timedelta(9)).days == 0


def test_zones_and_summer_time_do_not_matter():
    """Is a deadline the same moment wherever it is written?"""
    berlin = datetime(2026, 11, 21, 0, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    section = LateSection(due=berlin, policy="percent", percent=10)
    assert lateness(section, DUE).days == 0
    assert lateness(section, DUE + timedelta(seconds=1)).days == 1


def test_the_reason_is_a_sentence():
    late = lateness(TEN, DUE + timedelta(days=2, hours=3, minutes=7), covered=1)
    assert late.reason == (
        "2 d 3 h late, which counts as 3 days, 1 day covered by late days: 20 % of the points off."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"due": datetime(2026, 11, 20)},
        {"due": DUE, "policy": "percent"},
        {"due": DUE, "policy": "steps"},
        {"policy": "percent", "percent": 10},
        {"due": DUE, "policy": "percent", "percent": 101},
        {"due": DUE, "polciy": "none"},
    ],
)
def test_a_policy_that_says_nothing_is_refused(wrong):
    with pytest.raises(ValidationError):
        LateSection(**wrong)


OWED = st.builds(
    Owed,
    st.sampled_from(
        [TEN, STEPS, LateSection(due=DUE), TEN.model_copy(update={"late_days": False})]
    ),
    st.integers(0, 5),
    st.sampled_from([0.0, 10.0, 37.5, 100.0]),
)


@given(st.lists(OWED, max_size=4), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_late_days_are_spent_where_they_are_worth_most(owed, late_days):
    """Does no other way of spending them cost less, and is none spent for nothing?"""

    def cost(ways):
        kept = zip(owed, ways, strict=True)
        return sum(o.score * o.section.taken(o.days - n) / 100 for o, n in kept)

    found = spend(owed, late_days)
    most = [range((o.days if o.section.late_days else 0) + 1) for o in owed]
    ways = [way for way in product(*most) if sum(way) <= late_days]
    assert tuple(found) in ways
    best = min(cost(way) for way in ways)
    assert cost(found) == pytest.approx(best, abs=1e-5)
    assert sum(found) == min(sum(w) for w in ways if cost(w) <= best + 1e-9)
