"""The comparison rule accepts right answers in any style and refuses wrong ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest
import torch
from attention_styles import INEXACT, RIGHT, WRONG, as_p1, drops_last_8, no_maximum, offset, plain
from samples import sampled

from autograder.registry import load
from autograder.selfcheck.check import run_case
from autograder.selfcheck.compare import compare_logsumexp, compare_rows
from autograder.selfcheck.device import Mode, decide
from autograder.selfcheck.judge import draw_inputs, judge
from autograder.selfcheck.problem import Case, Problem, find_problem, no_limit
from autograder.selfcheck.running import answer

CPU = decide(None, None)
BF16 = Mode("cpu", torch.bfloat16, "")


def module_for(problem: Problem, function) -> SimpleNamespace:
    """A module in which the function is the problem's entry point."""
    entry = as_p1(function) if problem.id == "p1" else function
    return SimpleNamespace(**{problem.entry: entry})


def numbers_alone(problem: Problem) -> Problem:
    """The problem without p1's refusal of a table of all scores, with which many of these
    functions are written.
    """
    return replace(problem, largest=no_limit)


def hidden_rows(problem_id: str, function, mode: Mode, seed: int):
    """Every case that counts, in this process, on inputs of that seed."""
    graded = load(problem_id)
    problem = numbers_alone(graded.public)
    module = module_for(problem, function)
    for item in graded.cases:
        case = item.on(False)
        one = Case(case.name, case.params, seed)
        yield run_case(problem, one, None, module, mode)


@pytest.mark.parametrize(("problem_id", "seed"), sampled(product(("p1", "p3"), range(10)), 1))
def test_right_answers_pass_on_ten_seeds(problem_id, seed):
    """Does every right style pass every hidden case, in float16 and bfloat16, on ten seeds?"""
    mode, graded = (CPU, BF16)[seed % 2], load(problem_id)
    problem = graded.public
    for item in graded.cases:
        case = Case(item.case.name, item.case.params, seed)
        inputs = draw_inputs(problem, case, mode)
        reference = problem.reference(inputs, case.params)
        for style, function in RIGHT.items():
            task = problem.task(case.params, inputs, mode.device)
            found = answer(task, module_for(problem, function), inputs)
            row = judge(problem, case, inputs, found.outputs, mode, reference)
            assert row.status == "passed" and not found.stray, (style, row)


def in_turn(problem_ids: Iterable[str], names: Iterable[str]) -> list:
    """Every (mode, problem, name), an eighth of them now."""
    every = list(product((CPU, BF16), problem_ids, names))
    return sampled(every, len(every) // 8 or 1)


def told(one: Mode | str) -> str:
    return str(one.dtype)[6:] if isinstance(one, Mode) else one


@pytest.mark.parametrize(("mode", "problem_id", "style"), in_turn(("p1", "p4"), INEXACT), ids=told)
def test_a_maximum_that_is_not_exact_is_far_from_the_allowance(problem_id, style, mode):
    """Are right kernels whose largest p is not 1 at most at 0.8 of what they may be off by?"""
    for seed in range(2):
        rows = list(hidden_rows(problem_id, RIGHT[style], mode, seed))
        assert max(row.worst / row.allowed for row in rows) < 0.8


@pytest.mark.parametrize(("mode", "problem_id", "mistake"), in_turn(("p1", "p3"), WRONG), ids=told)
def test_known_wrong_answers_are_refused(problem_id, mistake, mode):
    """Does every known mistake fail at least one hidden case?"""
    rows = list(hidden_rows(problem_id, WRONG[mistake], mode, seed=1))
    assert any(row.status == "wrong answer" for row in rows)


def original_accepts(function, case: Case) -> bool:
    """The test this assignment used to have: allclose with 5e-2 both ways."""
    problem = find_problem("p1")
    x = problem.make_inputs(case.params, torch.bfloat16, torch.Generator().manual_seed(case.seed))
    reference = problem.reference(x, case.params)["O"]
    out = function(**x, is_causal=case.params["is_causal"])
    return torch.allclose(out.double(), reference, rtol=5e-2, atol=5e-2)


def largest_public(problem: Problem) -> Case:
    """The longest public case of p1, N = 4096 causal, with 2 of its 16 heads."""
    case = next(case for case in problem.cases if case.params["Nq"] == 4096)
    return replace(case, params={**case.params, "H": 2})


@pytest.mark.slow
@pytest.mark.parametrize("function", [no_maximum, offset, drops_last_8])
def test_we_refuse_what_a_loose_allclose_accepts(function):
    """Are three answers that pass allclose(5e-2) at the largest public size refused by the public
    cases and by the hidden ones?
    """
    problem = find_problem("p1")
    module, largest = module_for(problem, function), largest_public(problem)
    assert original_accepts(function, largest)

    public = [run_case(problem, case, None, module, BF16) for case in problem.small_cases]
    assert any(row.status == "wrong answer" for row in public)
    assert any(row.status == "wrong answer" for row in hidden_rows("p1", function, BF16, 7))
    if function is not no_maximum:  # with small scores nothing is wrong without the maximum
        assert run_case(problem, largest, None, module, BF16).status == "wrong answer"


@pytest.mark.slow
def test_the_largest_public_size_accepts_a_right_answer():
    """Does the case that refuses those three accept a correct kernel?"""
    problem = numbers_alone(find_problem("p1"))
    module = module_for(problem, plain)
    assert run_case(problem, largest_public(problem), None, module, BF16).status == "passed"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("compare", [compare_rows, lambda o, r, y: compare_logsumexp(o, r)])
def test_one_nan_or_inf_is_refused(compare, value):
    """Does a single NaN or inf among right values fail?"""
    ref = torch.randn(2, 3, 8, 4, dtype=torch.float64)
    out = ref.to(torch.float32)
    assert compare(out, ref, out).ok
    out[1, 2, 5, 0] = value
    found = compare(out, ref, ref.to(torch.float32))
    assert not found.ok
    assert found.index[:3] == (1, 2, 5)


def test_a_single_wrong_row_is_found_and_named():
    """Is one wrong row among many found, and its place told?"""
    ref = torch.randn(2, 4, 64, 16, dtype=torch.float64)
    out = ref.half()
    out[1, 3, 17] *= 1.01
    found = compare_rows(out, ref, ref.half())
    assert not found.ok
    assert found.index == (1, 3, 17)
    assert int(found.bad.sum()) == 1


def test_a_row_of_zeros_in_the_reference_is_no_trap():
    """Does a reference row of zeros accept zeros and refuse anything else?"""
    ref = torch.randn(4, 8, dtype=torch.float64)
    ref[2] = 0
    out = ref.half()
    assert compare_rows(out, ref, out).ok
    out[2, 0] = 0.01
    assert not compare_rows(out, ref, ref.half()).ok
