"""Nothing under submitted/ is passed over in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from people import ASSIGNMENT, NAMES, notebook

from autograder.classroom.settle import settle, strays
from autograder.course import Course

P1 = f"{NAMES[0]}.ipynb"


@pytest.fixture
def assignment(tmp_path):
    (tmp_path / "course.toml").write_text(
        '[course]\nname = "GPU"\npublic_repository = "a/b"\n'
        f"[assignments.{ASSIGNMENT}]\npoints = {{ p1 = 1, p3 = 1 }}\n"
    )
    (tmp_path / "release" / ASSIGNMENT).mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "release" / ASSIGNMENT / f"{name}.ipynb").write_text("{}")
    return Course.load(tmp_path).assignment()


def put(assignment, **files: bytes) -> Path:
    """A student's folder with these files, each newer than the one before."""
    folder = assignment.root / "submitted/ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    for age, (name, data) in enumerate(files.items()):
        (folder / name).write_bytes(data)
        os.utime(folder / name, (1000 + age, 1000 + age))
    return folder


@pytest.mark.parametrize("name", ["homework.ipynb", "Copy of p1.ipynb", "p1 (1).ipynb", "p1.txt"])
def test_another_name_is_put_right(assignment, name):
    """Does work under another name get the one that nbgrader knows?"""
    folder = put(assignment, **{name: notebook("mine")})
    (taken,) = settle(assignment)
    assert taken.target == folder / P1 and (folder / P1).read_bytes() == notebook("mine")
    assert settle(assignment) == []


def test_what_is_in_its_place_stays_unless_it_is_worth_less(assignment):
    """Is a right name's file kept before a newer one, but not if nothing is filled in?"""
    folder = put(assignment, **{P1: notebook("mine"), "p1 (1).ipynb": notebook("newer")})
    assert settle(assignment) == []
    (folder / P1).write_bytes(notebook("", filled=False))
    settle(assignment)
    assert (folder / P1).read_bytes() == notebook("newer")
    assert (folder / f"{P1}.before").read_bytes() == notebook("", filled=False)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (f"ada/{P1}", "no assignment's folder"),
        (f"ada/Flash_Attention/{P1}", "is called flash_attention"),
        (f"ada/other/{P1}", "no assignment's folder (flash_attention)"),
        (f"[a]/{ASSIGNMENT}/{P1}", "Rename it `~5ba~5d`"),
        (f"-rf/{ASSIGNMENT}/{P1}", "no name begins with -"),
        (P1, "belongs to no student"),
        (f"ada/{ASSIGNMENT}/timestamp.txt", "tells no time"),
    ],
)
def test_what_nobody_would_look_at_is_named(assignment, path, says):
    """Is work that no program would find named, with what to do?"""
    place = assignment.root / "submitted" / path
    place.parent.mkdir(parents=True)
    place.write_bytes(notebook("x"))
    (stray,) = strays(assignment.root, [ASSIGNMENT])
    assert says.casefold() in stray.reason.casefold()


def test_what_is_in_order_is_not_named(assignment):
    """Is there nothing to say of a class in order, other scripts and accents in it?"""
    for name in ("ada", "O'Brien, Siobhán", "王小明", "s_1@uni.example", "~5bx~5d"):
        folder = assignment.root / "submitted" / name / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / P1).write_bytes(notebook(name))
    assert strays(assignment.root, [ASSIGNMENT]) == []
