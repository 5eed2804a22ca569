"""Downloads come under many names; what is understood is taken in, the rest is left and told."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from autograder.classroom.collect import collect
from autograder.course import Course
from autograder.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path) -> Course:
    (tmp_path / "course.toml").write_text((ROOT / "course.toml").read_text())
    release = tmp_path / "release" / "flash_attention"
    release.mkdir(parents=True)
    for name in ("p1_tiled_attention", "p3_flash_attention_forward"):
        (release / f"{name}.ipynb").write_text("{}")
    return Course.load(tmp_path)


def download(course: Course, *names: str) -> Path:
    folder = course.root / "download"
    for age, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1000 + age, 1000 + age))
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "ada/p3_flash_attention_forward.ipynb",
        "ada/Copy of p3_flash_attention_forward.ipynb",
        "ada/p3_flash_attention_forward (1).ipynb",
        "ada/deeper/Copy of Copy of p3_flash_attention_forward (2).ipynb",
        "ada_12345_67890_p3_flash_attention_forward.ipynb",
        "ada_12345_67890_p3_flash_attention_forward-2.ipynb",
    ],
)
def test_usual_names_are_understood(course, name):
    """Does a notebook under a name that Colab or a platform gives end up in its place?"""
    (taken,) = collect(course, download(course, name))
    where = "submitted/ada/flash_attention/p3_flash_attention_forward.ipynb"
    assert taken.target == course.root / where
    assert taken.target.read_text() == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ada/homework.ipynb", "its name has none of"),
        ("p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("a b; c/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("-rf/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        (".../p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("..bob/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("ada\n/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("ada\x1b[2J/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("ada\u202e/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("[a-z]/p1_tiled_attention.ipynb", "whose it is cannot be told"),
        ("-rf_1_2_p1_tiled_attention.ipynb", "whose it is cannot be told"),
    ],
)
def test_what_is_not_understood_is_left_and_told(course, name, reason):
    """Is an odd file left where it is, with a reason?"""
    (taken,) = collect(course, download(course, name))
    assert taken.target is None and reason in taken.reason
    assert not (course.root / "submitted").exists()


@pytest.mark.parametrize("inside", ["../../../bob/p1_tiled_attention.ipynb", "/etc/p1_x.ipynb"])
def test_a_zip_file_writes_nowhere_else(course, inside):
    """Is what a student's zip file holds theirs, whatever paths it names?"""
    folder = course.root / "download"
    folder.mkdir()
    with zipfile.ZipFile(folder / "ada.zip", "w") as archive:
        archive.writestr(inside, "{}")
    before = {path for path in course.root.rglob("*")}
    collect(course, folder)
    made = {p for p in course.root.rglob("*") if p.is_file()} - before
    assert made <= {course.root / "submitted/ada/flash_attention/p1_tiled_attention.ipynb"}


def test_of_two_versions_the_newer_is_taken(course):
    """Is the newer of two versions taken and the older one told?"""
    names = ("ada/p1_tiled_attention.ipynb", "ada/p1_tiled_attention (1).ipynb")
    found = collect(course, download(course, *names))
    target = course.root / "submitted/ada/flash_attention/p1_tiled_attention.ipynb"
    assert target.read_text() == names[1]
    assert [t.reason for t in found if t.target is None] == [
        "p1_tiled_attention (1).ipynb is newer"
    ]


def test_no_folder_or_nothing_in_it_is_an_error(course, tmp_path):
    """Does a wrong folder stop with a sentence that says what to do?"""
    with pytest.raises(CourseError, match="no such folder"):
        collect(course, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="Unpack the download"):
        collect(course, tmp_path / "empty")
