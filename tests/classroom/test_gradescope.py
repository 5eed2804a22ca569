"""Gradescope's autograder, as far as it goes without Gradescope: the zip, unpacked, grades."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import make_course
from solved import notebook, solved

from autograder.classroom.gradescope import KIT, RUN, build_zip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader")]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """The zip of a course with p2, unpacked as Gradescope does it."""
    folder = tmp_path_factory.mktemp("gradescope")
    course = make_course(folder / "course", "p2")
    names = build_zip(course, folder / "autograder.zip")
    assert {"setup.sh", "run_autograder", "requirements.txt", f"{KIT}/course.toml"} <= {*names}
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        archive.extractall(folder / "source")
    return folder / "source"


def run(unpacked: Path, submission: Path, target: Path) -> dict:
    """What `run_autograder` runs, with the places of this machine; results.json."""
    assert "-m autograder.cli gradescope-run" in RUN
    command = ["gradescope-run", str(submission), "--to", str(target)]
    subprocess.run(
        [sys.executable, "-m", "autograder.cli", *command],
        cwd=unpacked / KIT,
        env={**os.environ, "PYTHONPATH": str(unpacked / KIT)},
        check=True,
    )
    return json.loads(target.read_text(encoding="utf-8"))


def test_the_unpacked_zip_grades_what_was_handed_in(unpacked: Path, tmp_path: Path) -> None:
    """Under another file name and wrong in one line: is there a score, and a test for each case?"""
    folder = tmp_path / "submission"
    folder.mkdir()
    wrong = notebook("p2", solved("p2", ("acc += tl.sum(", "acc = tl.sum(")))
    nbformat.write(wrong, folder / "my homework.ipynb")
    found = run(unpacked, folder, tmp_path / "results.json")
    assert 0 < found["score"] < 100 and "p2" in found["output"]
    states = {test["status"] for test in found["tests"]}
    assert states == {"passed", "failed"}
    assert {test["visibility"] for test in found["tests"]} == {"visible", "after_published"}
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(100)


def test_nothing_handed_in_is_said(unpacked: Path, tmp_path: Path) -> None:
    """Is an empty submission answered in words, and not by a crash that Gradescope hides?"""
    (tmp_path / "submission").mkdir()
    found = run(unpacked, tmp_path / "submission", tmp_path / "results.json")
    assert found["score"] == 0 and "No notebook" in found["output"]


def test_the_list_of_needs_is_the_packages_own(unpacked: Path) -> None:
    """Are torch and the rest asked for, and nothing that only developers need?"""
    text = (unpacked / "requirements.txt").read_text()
    assert "torch==" in text and "pytest" not in text
