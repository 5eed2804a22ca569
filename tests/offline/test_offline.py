"""Compiling for GPUs that are not here: what the interpreter lets pass, told by its line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.registry import load
from autograder.selfcheck.device import decide
from autograder.selfcheck.judge import case_shapes
from autograder.selfcheck.offline import Failure
from tests.offline.bad_regions import BAD
from tests.support.samples import sampled
from tests.support.solved import frame, solved

ROOT = Path(__file__).resolve().parents[2]
ONE_SIZE = "a size taken for a tensor"

pytestmark = pytest.mark.xdist_group("offline")  # what it builds is built once


def run(module: str, *arguments: str, order: str = "", **env: str) -> dict:
    """Run a module in a process that never interprets and return the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=order,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"} | env,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def bad(request) -> dict:
    """What is told of each bad region that is tried now: all of them in one process."""
    items = [item for item in request.session.items if item.path == request.path]
    tried = [item.callspec.params["name"] for item in items if hasattr(item, "callspec")]
    return run("tests.offline.tell", "bad", ONE_SIZE, *tried)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sampled(BAD, len(BAD) // 4))
def test_what_does_not_compile_is_told_by_its_line(name, bad):
    """Is it found, in the region, in the compiler's own words, and said in one sentence?"""
    found = bad[name]["failures"]
    assert len(found) == 1, found
    [failure] = found
    assert BAD[name].words in failure["message"]
    assert failure["region"] == BAD[name].region or not BAD[name].line
    assert (failure["line"] > 0) == BAD[name].line
    sentence = Failure(**failure).sentence
    assert sentence.startswith("Does not compile for a GPU (compute capability ")
    assert "\n" not in sentence


@pytest.mark.timeout(900)
def test_only_the_cases_that_it_concerns_fail(bad):
    """Does a mistake that shows only where a size is 1 leave the other cases alone?"""
    found = bad[ONE_SIZE]
    cases = load("p2").cases
    concerned = found["failures"][0]["cases"]
    assert concerned and all(
        1 in (cases[i].case.params["rows"], cases[i].case.params["cols"]) for i in concerned
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_solution_compiles():
    """Do all launches of all hidden cases compile for every chip, small and on a GPU?"""
    for name, found in run("tests.offline.tell", "solutions").items():
        assert not found["failures"], (name, found["failures"])


@pytest.mark.timeout(900)
def test_the_self_check_asks_a_process_of_its_own():
    """Does an order on stdin come back as an answer on stdout?"""
    problem = load("p3").public
    program = frame("p3").program(solved("p3", ("p.to(v.dtype)", "p.to(tl.float16)")))
    order = {
        "source": program.source,
        "spans": program.spans,
        "task": problem.task({}, {}, "cuda"),
        "cases": [case_shapes(problem, case, decide(None, None)) for case in problem.small_cases],
        "targets": [{"capability": 80, "dtype": "bfloat16"}],
        "depth": "cubin",
    }
    [failure] = run("autograder.selfcheck.offline", order=json.dumps(order))["failures"]
    assert failure["region"] == "p3.1"
    assert "Got fp16 and bf16" in Failure(**failure).sentence
