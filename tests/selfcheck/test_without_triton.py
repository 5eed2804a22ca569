"""Colab's CPU runtimes, macOS and Windows have no Triton: what do the first cells do there?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import sampled
from solved import cells

from autograder.selfcheck import triton_missing

SCRIPT = Path(__file__).with_name("without_triton.py")


def told(*arguments: str) -> dict:
    paths = [str(SCRIPT.parents[1] / "support"), str(SCRIPT.parents[2])]
    kept = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=kept | {"PYTHONPATH": os.pathsep.join(paths), "CUDA_VISIBLE_DEVICES": ""},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_on_linux_the_fitting_wheel_is_installed_and_the_interpreter_is_on():
    """Is Triton installed once, then imported interpreted, and is the promise made only then?"""
    said = told("p3", "linux", "works")
    assert said["asked"] == [triton_missing.requirement()]
    assert said["triton"] and said["interprets"] and not said["error"]
    lines = said["printed"].splitlines()
    assert lines[0].startswith("Triton is missing here. Installing triton") and len(lines) == 2
    assert "interpreter" in lines[1]


def test_without_a_network_one_sentence_says_what_to_do():
    """Is a failed installation told with its reason, and is nothing promised?"""
    said = told("p3", "linux", "fails")
    assert "ERROR: no network" in said["error"] and "pip install triton" in said["error"]
    assert "\n" not in said["error"] and "interpreter" not in said["printed"]


@pytest.mark.parametrize(
    ("platform", "words"),
    sampled([("darwin", ["macOS", "Colab"]), ("win32", ["Windows", "Colab", "WSL"])], 1),
)
def test_where_no_wheel_exists_none_is_tried(platform, words):
    """Do macOS and Windows get a way out, and no attempt that must fail?"""
    said = told("p2", platform, "fails")
    assert said["asked"] == [] and all(word in said["error"] for word in words)
    assert said["printed"] == ""


def test_outside_a_notebook_nothing_is_installed():
    """Is a plain Python told what to install, and left alone?"""
    assert "python -m pip install triton" in told("p3", "linux", "none")["error"]


def test_p1_needs_no_triton():
    """Does the PyTorch problem set up and pass where there is no Triton, and speak of none?"""
    said = told("p1", "darwin", "fails")
    assert said["passed"] and said["asked"] == [] and not said["error"]
    assert "Triton" not in said["printed"]


@pytest.mark.parametrize("problem_id", [f"p{n}" for n in range(1, 10)])
def test_setup_comes_before_triton(problem_id):
    """Is `setup()` called before the first `import triton`, in every notebook?"""
    code = "\n".join(cells(problem_id, {})[1:])
    setup, triton = code.index("setup()"), code.find("import triton")
    assert triton == -1 if problem_id == "p1" else 0 < setup < triton
