"""Whatever breaks in the middle of grading: a second run gives the undisturbed run's grades."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from courses import place
from fault_course import (
    booked,
    booking_command,
    copy_class,
    finish,
    kill_hard,
    make_class,
    run_command,
    start,
    verdicts,
    wait_for,
)

from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.generate.release import build_release
from autograder.grading.book import Book, take
from autograder.grading.grade import Grader
from autograder.grading.verdict import load_verdict
from autograder.plugins.submitted import check_gradebook

SLOW = "cyd"  # who never ends
# One process builds the class for all; minutes long, so part of `make test-trust`.
pytestmark = [pytest.mark.trust, pytest.mark.timeout(900), pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Assignment:
    """The class, not graded yet."""
    return make_class(tmp_path_factory.mktemp("faults") / "fresh")


@pytest.fixture(scope="module")
def undisturbed(fresh, tmp_path_factory) -> Assignment:
    """The class, run and booked without any fault."""
    course = copy_class(fresh, tmp_path_factory.mktemp("faults") / "undisturbed")
    code, printed = finish(course, run_command(course))
    assert code == 0, printed
    code, printed = finish(course, booking_command())
    assert code == 0, printed
    return course


def test_an_endless_kernel_costs_nobody_else(undisturbed):
    """Is a loop that never ends stopped and told, and everybody else graded as if it were not?"""
    found = {name: Book(undisturbed).verdict(name, "p2") for name in ("ada", "cyd")}
    assert found["ada"].score > 0 and found["cyd"].summary == "timed out"
    assert "No answer within" in found["cyd"].cases[0].detail
    assert booked(undisturbed) == {
        "ada": (found["ada"].score, False),
        "bob": (0.0, False),
        "cyd": (0.0, False),
        "dee": (None, True),
    }


def test_the_grader_killed_while_it_runs(fresh, undisturbed, tmp_path):
    """Killed at its start, in a case, and after the first verdict: is nothing left running, and
    does the last run do what was missing and no more?
    """
    course = copy_class(fresh, tmp_path / "course")
    process = start(course, run_command(course))
    wait_for(lambda: len(process.children()) > 1, process)
    kill_hard(process)
    process = start(course, run_command(course))
    wait_for(lambda: any("bwrap" in p.name() for p in process.children(recursive=True)), process)
    kill_hard(process)
    process = start(course, run_command(course))
    wait_for(lambda: bool(verdicts(course)), process)
    kill_hard(process)
    assert 0 < len(verdicts(course)) < 4
    code, printed = finish(course, run_command(course))
    assert code == 0 and "kept" in printed, printed
    assert verdicts(course) == verdicts(undisturbed)


def test_a_worker_of_the_pool_killed(fresh, undisturbed, tmp_path):
    """If the machine kills one of the grading processes, does the same run still finish?"""
    course = copy_class(fresh, tmp_path / "course", without=SLOW)
    process = start(course, run_command(course))
    busy: list[psutil.Process] = []
    wait_for(lambda: bool(busy.extend(busy_workers(process)) or busy), process)
    busy[0].kill()
    printed = process.communicate(timeout=800)[0]
    assert process.returncode == 0, printed
    assert verdicts(course) == verdicts(undisturbed, without=SLOW)


def busy_workers(process: psutil.Popen) -> list[psutil.Process]:
    """The grading processes that have a sandbox running."""
    with contextlib.suppress(psutil.Error):
        workers = [p for p in process.children() if "spawn_main" in " ".join(p.cmdline())]
        return [p for p in workers if any("bwrap" in c.name() for c in p.children(recursive=True))]
    return []


@pytest.mark.parametrize("after", ["ada", "bob", "dee"])
def test_booking_killed(after, undisturbed, tmp_path):
    """Killed while a student is booked, does the same command give everybody's grades?"""
    course = copy_class(undisturbed, tmp_path / "course")
    before = booked(course)
    (course.root / "gradebook.db").unlink()
    build_release(course.root)
    shutil.rmtree(course.root / "autograded")
    process = start(course, booking_command())
    wait_for((course.root / "autograded" / after).exists, process)
    kill_hard(process)
    code, printed = finish(course, booking_command())
    assert code == 0, printed
    assert booked(course) == before


DAMAGED_VERDICTS = {
    "truncated": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "zeros": lambda text: "\0" * len(text),
    "garbage": lambda text: "\x93NUMPY" + text[::-1],
    "another score": lambda text: text.replace('"score": 90.0', '"score": 95.0'),
    "no number": lambda text: text.replace('"score": 90.0', '"score": NaN'),
    "negative": lambda text: text.replace('"score": 90.0', '"score": -1.0'),
    "not graded, with a score": lambda text: text.replace('"graded"', '"not gradable"'),
    "of another problem": lambda text: text.replace('"problem": "p2"', '"problem": "p1"'),
}


@pytest.mark.parametrize("damage", DAMAGED_VERDICTS)
def test_a_damaged_verdict_is_none(damage, undisturbed, tmp_path):
    """Is a verdict file that was damaged taken for no verdict, rather than for a grade?"""
    text = Book(undisturbed).path("ada", "p2").read_text(encoding="utf-8")
    damaged = DAMAGED_VERDICTS[damage](text)
    assert damaged != text
    path = tmp_path / "p2.json"
    path.write_text(damaged, encoding="utf-8")
    assert load_verdict(path, "flash_attention/p2") is None


def test_damaged_verdicts_are_made_again(undisturbed, tmp_path):
    """Does a run say what it grades again because its file was damaged, and keep the rest?"""
    course = copy_class(undisturbed, tmp_path / "course")
    book = Book(course)
    book.path("bob", "p2").write_bytes(b"\0")
    code, printed = finish(course, run_command(course))
    assert code == 0, printed
    assert "1 written again: the verdict file was damaged" in printed
    assert "3 kept" in printed
    assert verdicts(course) == verdicts(undisturbed)


@contextlib.contextmanager
def full_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own at `folder`, all but full; skips where we may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        (folder / "filler").write_bytes(bytes(4096))
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_disk_of_the_verdicts_is_full(fresh, undisturbed, tmp_path):
    """Does the run name the file that it could not write, and give the same grades once it can?"""
    course = copy_class(fresh, tmp_path / "course", without=SLOW)
    folder = course.root / "verdicts"
    with full_disk(folder, "4k"):
        code, printed = finish(course, run_command(course))
        assert code == 1
        assert str(folder) in printed and "No space left" in printed and "Free space" in printed
        assert verdicts(course) == {}
    code, printed = finish(course, run_command(course))
    assert code == 0, printed
    assert verdicts(course) == verdicts(undisturbed, without=SLOW)


def test_the_disk_of_the_sandboxes_is_full(fresh, undisturbed, tmp_path):
    """Where inputs and answers cannot be exchanged, is that the grader's fault and nobody's 0?"""
    course = copy_class(fresh, tmp_path / "course", without=SLOW)
    small = Path("/tmp") / f"small-{tmp_path.name}"[:40]
    with full_disk(small, "64k"):
        code, printed = finish(course, run_command(course), TMPDIR=str(small))
        assert code == 1 and "grader fault" in printed, printed
        assert set(verdicts(course)) == {"bob", "dee"}, "they alone need no sandbox"
    small.rmdir()
    code, printed = finish(course, run_command(course))
    assert code == 0, printed
    assert verdicts(course) == verdicts(undisturbed, without=SLOW)


def test_the_clock_jumps(undisturbed, monkeypatch):
    """Does a clock that jumps by a day at every look change no verdict?"""
    real, signs = time.time, itertools.cycle((1, -1))
    monkeypatch.setattr(time, "time", lambda: real() + 86400 * next(signs))
    taken = take(undisturbed, place(undisturbed, "ada", "p2"), "p2")
    with Grader(undisturbed) as grader:
        kept = Book(undisturbed).verdict("ada", "p2").model_copy(update={"handed_in": None})
        assert grader.grade(taken, "p2") == kept


def test_the_gradebook_is_locked(undisturbed, tmp_path):
    """Does booking wait for another program's write, and say so if it takes too long?"""
    course = copy_class(undisturbed, tmp_path / "course")
    before = booked(course)
    other = sqlite3.connect(course.course.gradebook_file, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match=r"gradebook\.db: another program .* Close it"):
        check_gradebook(course.course, seconds=0.1)
    process = start(course, booking_command())
    threading.Timer(12, other.rollback).start()
    printed = process.communicate(timeout=200)[0]
    assert process.returncode == 0, printed
    assert booked(course) == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the gradebook is gone"),
        (b"", "cannot be used"),
        (b"not a database" * 999, "damaged"),
    ],
    ids=["gone", "empty", "damaged"],
)
def test_the_gradebook_is_lost(content, says, undisturbed, tmp_path):
    """Does booking name the file and what to do, and does that bring the scores back?"""
    course = copy_class(undisturbed, tmp_path / "course")
    before = booked(course)
    course.course.gradebook_file.unlink()
    if content is not None:
        course.course.gradebook_file.write_bytes(content)
    code, printed = finish(course, booking_command())
    assert code == 1
    assert str(course.course.gradebook_file) in printed
    assert says in printed and "make release" in printed
    course.course.gradebook_file.unlink(missing_ok=True)
    build_release(course.root)
    code, printed = finish(course, booking_command())
    assert code == 0, printed
    assert booked(course) == before
