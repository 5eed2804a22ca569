"""Kernels are compiled on all cores before the first case asks for the GPU."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch

from autograder.course import Course
from autograder.frames import released_frame, solution_work
from autograder.registry import load
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.runner import Runner
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import case_shapes
from autograder.selfcheck.launches import Target
from tests.offline.test_offline import ROOT

pytestmark = pytest.mark.xdist_group("offline")
CARD = Target(80, "bfloat16")


def ahead(change: tuple[str, str]) -> tuple[dict, int]:
    """What compiling ahead answers for some of p3's cases, with that change in its region, and how
    many kernels are in Triton's cache then.
    """
    assignment, problem = Course.load(ROOT).assignment("flash_attention"), load("p3")
    work = solution_work(assignment, "p3")
    program = released_frame(assignment, "p3").program(
        {**work, "p3.1": work["p3.1"].replace(*change)}
    )
    mode = Mode("cpu", torch.bfloat16, "")
    order = {
        "do": "compile_ahead",
        "task": problem.public.task({}, {}, "cpu"),
        "cases": [case_shapes(problem.public, one.on(True), mode) for one in problem.cases[::5]],
        "target": asdict(CARD),
        "jobs": 2,
    }
    with Runner(LEVELS[-1], interpret=False) as runner, runner.child(program) as child:
        said = child.ask(order, 300)
        return said, len(list(runner.exchange.parent.rglob("*.cubin")))


def test_every_kernel_of_the_cases_is_compiled():
    said, compiled = ahead(("", ""))
    assert said["status"] == "compiled"
    assert said["compilers"] == 2 and compiled >= 3


def test_what_does_not_compile_is_passed_over():
    said, compiled = ahead(("tl.exp2(m_i - m_new)", "tl.exp2(m_i - q)"))
    assert (said["status"], compiled) == ("compiled", 0)
