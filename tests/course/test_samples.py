"""Long families are sampled in `make test`: is the rest slow, and do turns soon meet all of it?"""

from __future__ import annotations

import os

import pytest
from samples import sampled

FAMILY = [(n, str(n)) for n in range(23)]


def quick(now: int) -> set[int]:
    """The members that are not slow in that turn."""
    return {one.values[0] for one in sampled(FAMILY, 5, now) if not one.marks}


def test_every_member_is_in_one_of_the_two_runs():
    """Is a member that is not sampled slow, rather than gone?"""
    every = sampled(FAMILY, 5, 3)
    assert [one.values for one in every] == FAMILY
    assert {mark.name for one in every for mark in one.marks} == {"slow"}
    assert len(quick(3)) == 5


def test_soon_every_member_was_in_the_sample():
    """Have five turns, whichever is the first, tried all 23?"""
    for first in range(30):
        assert set.union(*map(quick, range(first, first + 5))) == set(range(23))


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
@pytest.mark.xdist_group("of one")
def test_a_group_of_tests_stays_in_one_process(request):
    """Does pytest-xdist see groups? Else what tests share is built by each process."""
    assert request.node.nodeid.endswith("@of one")
