"""The feedback page in a real browser: nothing of a student's acts in it, and it can be read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from autograder.classroom.run import run_class, submissions
from autograder.course import Course
from autograder.generate.release import build_release
from autograder.grading.rebuild import runnable_solution, the_file

from .chromium import measured, opened, with_browser, without_safety
from .payloads import dressed, markup

pytestmark = [with_browser, pytest.mark.xdist_group("browser")]
ROOT = Path(__file__).resolve().parents[2]
NAME = "flash_attention"
STUDENT = "o'<img src=x onerror=document.title=1>"  # a folder's name may hold anything but a slash
ACTIVE = ("iframe", "object", "embed", "form", "base", "input", "link", "svg", "video", "audio")
OURS = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The feedback on a submission of p1 that is full of scripts."""
    root = tmp_path_factory.mktemp("course")
    text = (ROOT / "course.toml").read_text(encoding="utf-8")
    text = re.sub(r"^(bonus = |p[2-9] = ).*\n", "", text, flags=re.MULTILINE)
    (root / "course.toml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    solutions = root / "solutions" / NAME
    solutions.mkdir(parents=True)
    shutil.copy(the_file(ROOT / "solutions" / NAME, "p1"), solutions)
    build_release(root)
    course = Course.load(root)
    path = root / "submitted" / STUDENT / NAME / the_file(course.release_dir, "p1").name
    path.parent.mkdir(parents=True)
    nbformat.write(dressed(runnable_solution(course, "p1")), path)
    (outcome,) = run_class(course, submissions(course), jobs=1)
    assert outcome.verdict.summary == "error", outcome
    raised = [note for note in outcome.verdict.notes if "raised" in note]
    assert len(raised) == 1, raised  # the cell that only raises; the others came to their end
    folder = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in ("autograde", "generate_feedback"):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, NAME],
            cwd=root,
            env={**os.environ, "PATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return root / "feedback" / STUDENT / NAME / path.with_suffix(".html").name


def traces(tree: BeautifulSoup) -> list[str]:
    """The places whose scripts have run."""
    return [name for name in tree.html.attrs if name.startswith("data-hit")]


def test_the_browser_would_show_a_script_that_runs(tmp_path: Path) -> None:
    """Does the same markup leave its trace where nobody cleans it? Otherwise the rest is idle."""
    bare = tmp_path / "bare.html"
    bare.write_text(f"<!DOCTYPE html><html><body>{markup('bare')}</body></html>")
    assert traces(opened(bare)) == ["data-hit-bare"]


def test_no_script_of_a_student_runs(page: Path) -> None:
    """In the page as it is, and without the browser's own rule: does no trace appear?"""
    assert traces(opened(page)) == []
    tree = opened(without_safety(page))
    assert traces(tree) == [] and tree.title.string == page.stem


def test_nothing_active_is_left_in_the_page(page: Path) -> None:
    """No handlers, no foreign scripts, links or pictures, nothing that a click would start?"""
    tree = opened(without_safety(page))
    assert [tag.name for tag in tree.find_all(ACTIVE)] == []
    for tag in tree.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("href", "src", "action", "srcset", "xlink:href"):
            target = str(tag.get(name, "")).strip()
            fine = ("#", "https://") if tag.name == "a" else ("data:image/png;base64,", OURS)
            assert target == "" or target.startswith(fine), tag
    foreign = [s for s in tree.find_all("script") if "mathjax" not in f"{s.get('src')}{s.string}"]
    assert foreign == []
    assert [m for m in tree.find_all("meta") if m.get("http-equiv") == "refresh"] == []


def test_what_the_student_wrote_is_still_there_to_read(page: Path) -> None:
    """Is the code, what it printed and the error's text shown, as text?"""
    tree = opened(page)
    shown = {
        "source": tree.select(".input_area"),
        "stdout": tree.select(".output_stdout"),
        "colour": tree.select(".output_stdout .ansi-red-fg"),
        "evalue": tree.select(".output_error"),
        "ename": tree.select("td"),
    }
    for place, tags in shown.items():
        assert any(f"data-hit-{place}" in tag.get_text() for tag in tags), place


@pytest.mark.parametrize("width", [1280, 400])
def test_the_score_comes_first_and_nothing_sticks_out(page: Path, width: int) -> None:
    """On a screen and on a phone: is the score within the first window, the page no wider?"""
    found = measured(page, width)
    assert found["inner"] == width
    assert found["wide"] <= width
    assert 0 < found["score"] < 400
