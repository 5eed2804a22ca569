"""Is a level that is too weak refused, and the uid level as closed as it says?"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from support.inside import run
from support.levels import build_course, skip_unless_available

from autograder.course import Course
from autograder.grading.grade import Grader
from autograder.sandbox import box, levels, mounts, usage
from autograder.sandbox.levels import LEVELS, IsolationError, Level
from autograder.sandbox.runner import Runner

ROOT = Path(__file__).resolve().parents[2]

# --- the uid level -----------------------------------------------------------------------------


def uid_level() -> Level:
    return skip_unless_available(LEVELS[1])


def test_what_a_user_left_in_public_places_is_deleted(tmp_path):
    """Does the next submission with the same user id find nothing in /tmp, nor in memory?

    A link among it leads nowhere: what it points at stays as it is.
    """
    (tmp_path / "kept").touch(mode=0o400)
    names = [f"{folder}/left-{os.getpid()}" for folder in ("/tmp", "/var/tmp", "/dev/shm")]
    with Runner(uid_level()) as runner:
        code = (
            f"for name in {names}: os.makedirs(name + '/a')\n"
            f"os.symlink({str(tmp_path)!r}, {names[0] + '-link'!r})\n"
            "found = ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600)"
        )
        number = run(runner, code).found
        assert all(map(os.path.exists, names))  # until another submission comes
        assert number in usage.segments(runner._box.uid)
        assert run(runner, "").status == "answered"
        assert not any(map(os.path.lexists, [*names, names[0] + "-link"]))
        uid = runner._box.uid
    assert not usage.segments(uid)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o400


def test_an_open_course_folder_is_refused_where_nothing_can_be_mounted(monkeypatch):
    """Is the instructor told which file everybody can read, and how to close it?"""
    level, view = uid_level(), mounts.uid_view
    monkeypatch.setattr(box, "uid_view", lambda _, scratch: view([], scratch))  # hides nothing
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        build_course(Path(folder))
        with pytest.raises(IsolationError, match=r"every user of this machine may read .*chmod"):
            level.box(hidden=[Path(folder)])


# --- refusing ----------------------------------------------------------------------------------


@pytest.fixture
def only_plain(monkeypatch):
    """A machine on which no level but plain works."""
    monkeypatch.setattr(
        levels, "_probe", lambda name: ("", "") if name == "plain" else (f"no {name} here.", "")
    )
    monkeypatch.delenv(levels.VARIABLE, raising=False)


def test_a_weaker_level_than_accepted_is_refused_with_the_way_out(only_plain):
    """Does the instructor learn what is missing and which setting to change?"""
    with pytest.raises(IsolationError) as caught:
        levels.choose("uid")
    for part in ("no bubblewrap here.", "no uid here.", 'sandbox.isolation = "plain"'):
        assert part in str(caught.value)
    assert levels.choose("plain").name == "plain"


def test_an_unknown_level_is_named():
    with pytest.raises(IsolationError, match="docker"):
        levels.choose("docker")


def test_grading_does_not_start_below_the_level_of_the_course(only_plain, monkeypatch):
    """Is a grader refused before it runs anything, and one that is told to go on not?"""
    assignment = Course.load(ROOT).assignment("flash_attention")
    with pytest.raises(IsolationError, match=r"no bubblewrap here\."):
        Grader(assignment)
    monkeypatch.setenv(levels.VARIABLE, "plain")
    with Grader(assignment) as grader:
        assert grader.level.name == "plain"


def test_told_for_once_counts_more_than_the_course(only_plain, monkeypatch):
    monkeypatch.setenv(levels.VARIABLE, "plain")
    assert levels.choose("bubblewrap").name == "plain"
    monkeypatch.setenv(levels.VARIABLE, "uid")
    with pytest.raises(IsolationError, match=levels.VARIABLE):
        levels.choose("plain")
