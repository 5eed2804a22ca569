"""`nbgrader validate`, as a student runs it in JupyterLab: silence is not success."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import environment
from solved import notebook, solved

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader")]
SUM = ("acc += tl.sum(", "acc = tl.sum(")


def validated(folder: Path, nb: nbformat.NotebookNode) -> str:
    """What the command says of a notebook."""
    path = folder / "p2_weighted_row_sum.ipynb"
    nbformat.write(nb, path)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", path.name],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ({}, "Not implemented yet."),
        (solved("p2", SUM), "public cases pass."),
    ],
    ids=["untouched", "wrong"],
)
def test_what_does_not_pass_is_no_success(tmp_path: Path, work, says: str) -> None:
    """Is an untouched or a wrong notebook a failure, with the check's own sentence?"""
    said = validated(tmp_path, notebook("p2", work))
    assert "VALIDATION FAILED ON 1 CELL" in said and "Success!" not in said
    assert "AssertionError: " in said and says in said


def test_a_right_one_is_a_success(tmp_path: Path) -> None:
    """Does the solution still validate?"""
    assert "Success! Your notebook passes all the tests." in validated(tmp_path, notebook("p2"))
