"""Tables of cases: what one line of a table makes, and how problems are sorted."""

from __future__ import annotations

from functools import partial

import pytest

from autograder.registry import load, make_graded, natural_key, problem_ids
from autograder.selfcheck.problem import Case, make_case

SHORTHAND = {"N": "Nq Nk"}
case = partial(make_case, seed=7, H=1, N=64)
graded = partial(make_graded, shorthand=SHORTHAND, H=1, N=64)


def test_a_case_names_only_what_is_unusual():
    """Do a table's usual numbers reach a case that says nothing about them?"""
    assert case("ragged", N=65) == Case("ragged", {"H": 1, "N": 65}, 7)


def test_a_short_name_sets_all_that_it_stands_for():
    """Does N set Nq and Nk, and can one of them differ?"""
    assert graded(1, "square").case.params == {"H": 1, "Nq": 64, "Nk": 64}
    assert graded(1, "wide", Nk=90).case.params == {"H": 1, "Nq": 64, "Nk": 90}


def test_on_a_gpu_a_graded_case_changes_the_numbers_that_it_says():
    """Are the other numbers and the name those of the small case?"""
    found = graded(5, "ragged", N=65, gpu={"N": 1025})
    assert found.on(gpu=False) == Case("ragged", {"H": 1, "Nq": 65, "Nk": 65}, 0)
    assert found.on(gpu=True) == Case("ragged", {"H": 1, "Nq": 1025, "Nk": 1025}, 0)
    assert not found.public
    plain = graded(5, "small everywhere")
    assert plain.on(gpu=True) is plain.case


def test_a_public_case_counts_with_a_small_stand_in():
    """Is it the public case on a GPU, and small elsewhere?"""
    found = graded(5, "N=32", N=32, public=case("N=4096", N=4096, H=16))
    assert found.on(gpu=True) == Case("N=4096", {"H": 16, "Nq": 4096, "Nk": 4096}, 0)
    assert found.on(gpu=False).params == {"H": 1, "Nq": 32, "Nk": 32}
    assert found.public


def test_ids_sort_as_people_sort_them():
    """Are ids free, and do their numbers count as numbers?"""
    names = ["warmup", "p10", "softmax", "p2", "2d", "p2b"]
    assert sorted(names, key=natural_key) == ["2d", "p2", "p2b", "p10", "softmax", "warmup"]


@pytest.mark.parametrize("problem_id", problem_ids("flash_attention"))
def test_public_cases_that_count_are_public_cases(problem_id):
    """Is every case that counts as public one that students see in their own check on a GPU?"""
    problem = load(problem_id)
    seen = {case.name for case in problem.public.cases}
    assert {one.on(gpu=True).name for one in problem.cases if one.public} <= seen


@pytest.mark.parametrize("problem_id", problem_ids("flash_attention"))
@pytest.mark.parametrize("full", [10, 50, 200])
def test_the_parts_of_the_points_add_up(problem_id, full):
    """Do they make the full points, and does no wrong answer keep more than 60 %?"""
    problem = load(problem_id, full)
    names = {one.case.name for one in problem.cases}
    speed = problem.speed.points if problem.speed else 0
    assert problem.kept(names) + speed == pytest.approx(full)
    for one in problem.cases:
        assert one.points > 0
        kept = problem.kept(names - {one.case.name})
        assert kept <= 0.6 * full or one.rounding, one.case.name
    assert problem.kept(()) == 0
