"""Long families are sampled in `make test`: is the rest slow, and do turns soon meet all of it?"""

from __future__ import annotations

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
