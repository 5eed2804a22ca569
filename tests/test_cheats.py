"""No cheat gains a point, with the source policy on or off.

Here the first of each family is tried at the strongest level; `make test-trust` tries them all.
"""

from __future__ import annotations

import pytest
from cheats import CASES
from trust_case import TrustCase
from trust_grading import grade_case, strongest

SAMPLE = list({case.family: case for case in reversed(CASES)}.values())  # the first of each family
REFUSED = [case for case in SAMPLE if case.refused]
REST = [case for case in SAMPLE if not case.refused]


def by_id(case: TrustCase) -> str:
    return case.id


def wrong(case: TrustCase, policy: bool) -> str:
    """What differs from what the case states."""
    level = strongest()
    if level.name in case.unstopped_at:
        pytest.skip(f"the strongest level here is {level.name}, which does not stop this")
    return grade_case(case, level, policy, solved=False).wrong


def test_there_are_cheats_of_every_family():
    """Are there at least forty, and is each id used once?"""
    assert len({case.id for case in CASES}) == len(CASES) >= 40
    assert len({case.family for case in CASES}) >= 19


@pytest.mark.parametrize("case", REFUSED, ids=by_id)
def test_the_source_policy_refuses_it(case):
    """Is the code not run at all, and is the reason told?"""
    assert wrong(case, policy=True) == ""


@pytest.mark.parametrize("case", REFUSED, ids=by_id)
def test_it_gains_nothing_where_the_policy_is_off(case):
    """If the source policy had missed it, would what lies behind still give no point?"""
    assert wrong(case, policy=False) == ""


@pytest.mark.parametrize("case", REST, ids=by_id)
def test_it_gains_nothing(case):
    """Is code that the source policy has nothing against worth what it is worth?"""
    assert wrong(case, policy=True) == ""
