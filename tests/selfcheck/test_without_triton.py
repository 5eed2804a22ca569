"""Colab's CPU runtimes, macOS and Windows have no Triton: what do the first cells do there?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from solved import cells

from autograder.selfcheck import triton_missing

pytestmark = pytest.mark.xdist_group("without triton")  # one process tries all notebooks
SCRIPT = Path(__file__).with_name("without_triton.py")
ASKED = [
    ("p3", "linux", "works"),
    ("p3", "linux", "fails"),
    ("p3", "linux", "none"),
    ("p2", "darwin", "fails"),
    ("p2", "win32", "fails"),
    ("p1", "darwin", "fails"),
]


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, str, str], dict]:
    """What happened in each notebook, by problem, platform, and how an installation ends."""
    paths = [str(SCRIPT.parents[1] / "support"), str(SCRIPT.parents[2])]
    kept = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps(ASKED),
        capture_output=True,
        text=True,
        env=kept | {"PYTHONPATH": os.pathsep.join(paths), "CUDA_VISIBLE_DEVICES": ""},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(ASKED, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_on_linux_the_fitting_wheel_is_installed_and_the_interpreter_is_on(told):
    """Is Triton installed once, then imported interpreted, and is the promise made only then?"""
    said = told["p3", "linux", "works"]
    assert said["asked"] == [triton_missing.requirement()]
    assert said["triton"] and said["interprets"] and not said["error"]
    lines = said["printed"].splitlines()
    assert lines[0].startswith("Triton is missing here. Installing triton") and len(lines) == 2
    assert "interpreter" in lines[1]


def test_without_a_network_one_sentence_says_what_to_do(told):
    """Is a failed installation told with its reason, and is nothing promised?"""
    said = told["p3", "linux", "fails"]
    assert "ERROR: no network" in said["error"] and "pip install triton" in said["error"]
    assert "\n" not in said["error"] and "interpreter" not in said["printed"]


@pytest.mark.parametrize(
    ("platform", "words"),
    [("darwin", ["macOS", "Colab"]), ("win32", ["Windows", "Colab", "WSL"])],
)
def test_where_no_wheel_exists_none_is_tried(platform, words, told):
    """Do macOS and Windows get a way out, and no attempt that must fail?"""
    said = told["p2", platform, "fails"]
    assert said["asked"] == [] and all(word in said["error"] for word in words)
    assert said["printed"] == ""


def test_outside_a_notebook_nothing_is_installed(told):
    """Is a plain Python told what to install, and left alone?"""
    assert "python -m pip install triton" in told["p3", "linux", "none"]["error"]


def test_p1_needs_no_triton(told):
    """Does the PyTorch problem set up and pass where there is no Triton, and speak of none?"""
    said = told["p1", "darwin", "fails"]
    assert said["passed"] and said["asked"] == [] and not said["error"]
    assert "Triton" not in said["printed"]


@pytest.mark.parametrize("problem_id", [f"p{n}" for n in range(1, 10)])
def test_setup_comes_before_triton(problem_id):
    """Is `setup()` called before the first `import triton`, in every notebook?"""
    code = "\n".join(cells(problem_id, {})[1:])
    setup, triton = code.index("setup()"), code.find("import triton")
    assert triton == -1 if problem_id == "p1" else 0 < setup < triton
