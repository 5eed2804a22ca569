"""The solutions hold on shapes that nobody chose, by the grader's own rule.

On a GPU: `pytest -n 3 -m gpu tests/gpu`, or `python -m tests.gpu --jobs 14`, which needs no pytest
and knows how many of the large ones fit into its memory together.
"""

from __future__ import annotations

import pytest
import torch

from .answers import failure, solution
from .configurations import COUNT, PROBLEMS, drawn, groups

EVERY = [one for some, _ in groups().values() for one in some]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no GPU here.")
@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_a_solution_is_right_on(one):
    """Is every row within the rule, and nothing written beside the outputs?"""
    if one.miscompiled:  # the process would lose the GPU
        pytest.skip(one.miscompiled)
    torch.cuda.empty_cache()
    assert failure(one, solution(one.problem)) == ""


def test_configurations_are_many_and_all_different():
    """Are there 300 and more, and as many for each problem?"""
    some = [drawn(number) for number in range(COUNT)]
    assert len({str((one.params, one.places)) for one in some}) == COUNT >= 300
    assert {sum(one.problem == p for one in some) for p in PROBLEMS} == {COUNT // len(PROBLEMS)}
