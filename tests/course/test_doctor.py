"""`autograder doctor`: what stops grading is told, what does not is no alarm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_course import COURSE_TOML
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import Course
from autograder.doctor import PACKAGES, _builds, _course, _gradebook, _versions


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "course.toml").write_text(COURSE_TOML)
    return Course.load(tmp_path)


def test_what_grading_stands_on_is_named_with_its_version() -> None:
    """Is every package there, beside the version that this kit was tried with?"""
    found = {one.what: one for one in _versions()}
    assert {*PACKAGES, "python"} <= found.keys()
    assert not [one for one in found.values() if one.state == "wrong"]


def test_a_course_that_is_new_is_no_fault(course: Course) -> None:
    """Are "not released yet" and "no gradebook yet" notes that say what to do?"""
    found = [*_course(course), *_gradebook(course)]
    assert {one.state for one in found} == {"fine", "note"}
    assert all("make release" in one.says for one in found if one.state == "note")


def test_a_damaged_gradebook_is_a_fault(course: Course) -> None:
    """Is it found before a class is booked into it?"""
    (course.root / "gradebook.db").write_text("no database, but a letter of some length" * 9)
    (found,) = _gradebook(course)
    assert found.state == "wrong" and "damaged" in found.says


def test_what_kernels_need_to_start_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a GPU machine without a C compiler told before it grades?"""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    found = _builds()
    assert found.state == "wrong" and "a C compiler" in found.says


@pytest.mark.slow
def test_the_command_says_it_in_objects_and_in_its_exit_code(tmp_path: Path) -> None:
    """Without a course: exit code 1, and with --json an object a line?"""
    done = CliRunner().invoke(app, ["--json", "doctor", "--root", str(tmp_path)])
    found = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1
    assert any(one["what"] == "wrong" and "course.toml" in one["text"] for one in found)
    assert any(one["text"].startswith("bubblewrap:") for one in found)
