"""Which timed calls are held against float64, and what the others are held against."""

from __future__ import annotations

import random

import torch

from autograder.grading.draws import draw
from autograder.grading.verified import wrong_kept, wrong_sketches
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case, find_problem
from autograder.selfcheck.problems.flash_attention.attention import naive_attention

PROBLEM = find_problem("p3")
MODE = Mode("cpu", torch.float16, "")
PARAMS = {"B": 1, "H": 2, "Nq": 64, "Nk": 64, "D": 16, "is_causal": False}
CASE = Case("speed", PARAMS, 7)


def kept_calls(wrong: set[int]):
    """Four calls that were kept whole, some of them wrong: draws, places, outputs."""
    draws = draw(PROBLEM, PARAMS, MODE, 7)
    places = draws.places(random.Random(1), 4)
    each = [draws.inputs(at) for at in places]
    outputs = [naive_attention(*(x[n].float() for n in ("q", "k", "v"))).half() for x in each]
    answer = torch.stack([0 * o if n in wrong else o for n, o in enumerate(outputs)])
    return draws, places, {"O": answer}


def held(wrong: set[int], seconds: float) -> tuple[str, int]:
    draws, places, answer = kept_calls(wrong)
    return wrong_kept(PROBLEM, CASE, draws, places, answer, MODE, [], seconds)


def test_only_calls_that_were_looked_at_count_as_right():
    assert held(set(), 60.0) == ("", 4)
    assert held({1, 2}, 0.0) == ("", 1)  # no time for a second one
    text, right = held({2}, 60.0)
    assert "timed call gave a wrong answer" in text and right == 2


def test_a_call_that_nobody_looked_at_is_no_measure_for_others():
    """A kernel that leaves out its work in half of the calls: one of those was kept as well, and
    how far off it is must not become what is allowed.
    """
    base = {"sketch of O": torch.randn(8, 4, 2, generator=torch.Generator().manual_seed(1))}
    own = {"sketch of O": base["sketch of O"].clone()}
    own["sketch of O"][1::2] = 0
    assert "4 of 8 timed calls" in wrong_sketches(own, base, [0])
    assert not wrong_sketches(base, base, [0])
