"""Is a level that is too weak refused, and the uid level as closed as it says?"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
import security_probes as probes
from nbformat.v4 import new_notebook
from security_stage import build_course, skip_unless_available
from tiny_course import make_course
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import Course
from autograder.grading.book import Book
from autograder.grading.grade import Grader
from autograder.sandbox import box, levels, mounts, usage
from autograder.sandbox.levels import LEVELS, IsolationError, Level
from autograder.sandbox.session import Session

# --- the uid level -----------------------------------------------------------------------------


def uid_level() -> Level:
    skip_unless_available(LEVELS[1])
    return LEVELS[1]


def test_what_a_user_left_in_public_places_is_deleted(tmp_path):
    """Does the next submission with the same user id find nothing in /tmp, nor in memory?

    A link among it leads nowhere: what it points at stays as it is.
    """
    (tmp_path / "kept").touch(mode=0o400)
    names = [f"{folder}/left-{os.getpid()}" for folder in ("/tmp", "/var/tmp", "/dev/shm")]
    with Session(uid_level()) as session:
        segment = "ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600)"
        code = f"import ctypes, os\nfor name in {names}: os.makedirs(name + '/a')\nprint({segment})"
        number = int(probes.run(session, code)[1])
        probes.run(session, f"os.symlink({str(tmp_path)!r}, {names[0] + '-link'!r})")
        assert all(map(os.path.exists, names))
        assert number in usage.segments(session._box.uid)
        uid = session._box.uid
    assert not any(map(os.path.lexists, [*names, names[0] + "-link"]))
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
    for part in ("no bubblewrap here.", "no uid here.", 'policy.isolation = "plain"'):
        assert part in str(caught.value)
    assert levels.choose("plain").name == "plain"


def test_an_unknown_level_is_named():
    with pytest.raises(IsolationError, match="docker"):
        levels.choose("docker")


def test_grading_does_not_start_below_the_level_of_the_course(only_plain, tmp_path, monkeypatch):
    """Does `autograder run` refuse, say why, and go on only when told to?"""
    solved = make_course(tmp_path) / "solutions" / "tiny" / "p1_tiny.ipynb"
    for folder in ("release/tiny", "submitted/ada/tiny"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(solved, tmp_path / folder)
    refused = CliRunner().invoke(app, ["run", "--root", str(tmp_path)])
    assert refused.exit_code == 1
    assert "no bubblewrap here." in " ".join(refused.output.split())
    assert not (tmp_path / "verdicts").exists()

    with pytest.raises(IsolationError):  # the way that nbgrader's own autograde takes
        Book(Course.load(tmp_path)).graded(new_notebook(), "ada", "p1")

    chosen = []
    monkeypatch.setenv(levels.VARIABLE, "bubblewrap")  # restored afterwards; the option counts
    start = lambda course, work, jobs: chosen.append(Grader(course).level.name) or ()  # noqa: E731
    monkeypatch.setattr("autograder.classroom.run.run_class", start)
    told = CliRunner().invoke(app, ["run", "--root", str(tmp_path), "--isolation", "plain"])
    assert (told.exit_code, chosen) == (0, ["plain"])


def test_told_for_once_counts_more_than_the_course(only_plain, monkeypatch):
    monkeypatch.setenv(levels.VARIABLE, "plain")
    assert levels.choose("bubblewrap").name == "plain"
    monkeypatch.setenv(levels.VARIABLE, "uid")
    with pytest.raises(IsolationError, match=levels.VARIABLE):
        levels.choose("plain")
