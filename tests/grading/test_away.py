"""Grading on a borrowed GPU machine: the Colab notebook's own cells, without nbgrader and Dask.

Here they run without a GPU, so findings come home without a speed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import pytest
from courses import hand_in
from solved import ROOT, notebook, solved
from trust.graders import linked_course

from autograder.classroom.run import submissions
from autograder.classroom.running import Run
from autograder.classroom.travel import import_findings, pack_work
from autograder.course import Assignment, Course
from autograder.grading import away
from autograder.grading.keys import CPU
from autograder.sandbox.levels import available

NOTEBOOK = ROOT / "colab" / "grade_in_colab.ipynb"
NEEDED = {"torch", "triton", "numpy", "pydantic", "safetensors"}
ABSENT = (
    "nbgrader",
    "nbformat",
    "nbconvert",
    "jupyter_client",
    "ipykernel",
    "IPython",
    "traitlets",
)
ABSENT += ("traitlets", "dask", "distributed", "typer", "rich", "sqlalchemy", "yaml", "jinja2")
REFUSE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory) -> Path:
    """A Python that has torch, triton, pydantic and safetensors, and nothing of a course's."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "ours.pth").write_text(f"{ours}\n")
    (packages / "sitecustomize.py").write_text(REFUSE.format(absent=set(ABSENT)))
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Assignment:
    made = linked_course(tmp_path_factory.mktemp("course"), "p2")
    hand_in(made, "ada", "p2", notebook("p2"))
    hand_in(made, "bob", "p2", notebook("p2", solved("p2", ("acc +=", "acc -="))))
    hand_in(made, "cyd", "p2", notebook("p2", {}))
    return made


def cells_as_script(folder: Path, packed: Path) -> str:
    """The notebook's code, told where the work is; on Colab the form's fields say it."""
    nb = nbformat.read(NOTEBOOK, as_version=4)
    code = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    code = re.sub(r'^WORK = ".*?"', f'WORK = "{packed}"', code, count=1, flags=re.M)
    drive = f'FINDINGS = "{folder}/drive"'
    code = re.sub(r'^FINDINGS = ".*?"', drive, code, count=1, flags=re.M)
    return code.replace('"uid"', f'"{available()[-1].name}"')


def run(script: str, python: Path, folder: Path) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [python, "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_notebooks_cells_grade_what_was_packed(bare_python, course, tmp_path):
    """From pack to import: is everything graded there, nothing twice, and booked here unrun?"""
    packed = tmp_path / "work.zip"
    assert pack_work(course.course, submissions(course), packed, "some GPU") == 2
    script = cells_as_script(tmp_path, packed)
    said = run(script, bare_python, tmp_path)
    assert "2 works: 2 of flash_attention/p2. 2 to grade" in said
    assert "2 graded. Take" in said and "Isolation:" in said
    again = run(script, bare_python, tmp_path)
    assert "0 to grade" in again and "nothing new" in again
    told = import_findings(course.course, [tmp_path / "drive.zip"])
    assert told.counts == {"new": 2} and told.refused == []

    def no_workers():
        raise AssertionError("something was to be run")

    fresh = Course.load(course.root)
    found = Run(fresh, CPU).outcomes(submissions(fresh.assignment()), no_workers)
    scores = {one.submission.student: one.verdict.score for one in found}
    assert scores["ada"] > scores["bob"] == scores["cyd"] == 0


def test_processes_take_the_gpus_in_turn(tmp_path):
    """Does each of a machine's GPUs get its share of the processes?"""
    number = away.SPAWN.Value("i")
    with ProcessPoolExecutor(1, away.SPAWN, away.begin, (str(tmp_path), ["4", "7"], number)) as one:
        assert one.submit(os.getenv, "CUDA_VISIBLE_DEVICES").result() == "4"
    with ProcessPoolExecutor(1, away.SPAWN, away.begin, (str(tmp_path), ["4", "7"], number)) as one:
        assert one.submit(os.getenv, "CUDA_VISIBLE_DEVICES").result() == "7"


def test_the_running_half_names_what_it_needs(bare_python, course, tmp_path):
    """Does what the packed code imports from outside stay with four packages?"""
    packed = tmp_path / "work.zip"
    pack_work(course.course, submissions(course), packed)
    script = (
        f"import sys, zipfile; zipfile.ZipFile({str(packed)!r}).extractall('work')\n"
        "sys.path.insert(0, 'work'); before = set(sys.modules)\n"
        "import autograder.grading.away\n"
        "import autograder; assert 'work' in autograder.__file__\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    found = set(run(script, bare_python, tmp_path).split())
    missing = NEEDED - {"triton"} - found  # triton is imported inside the sandbox alone
    assert not found & set(ABSENT) and not missing
