"""The gradebook on a PostgreSQL server that this test starts: the checks that sqlite has, and the
same scores.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import NAME, booked, hand_in, make_course, nbgrader
from solved import notebook
from sqlalchemy import create_engine, text

from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.generate.release import build_release
from autograder.plugins.server import check_server
from autograder.plugins.submitted import check_gradebook

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgres")]
BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def as_postgres() -> dict:
    """PostgreSQL refuses root; Debian's package makes a user for it."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty database on a server of our own, which ends with the test."""
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    if BIN is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        user = "postgres"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"cwd": folder, "check": True, "capture_output": True, **as_postgres()}
    subprocess.run([BIN / "initdb", "-D", folder / "data", "-A", "trust", "-U", user], **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    control = [BIN / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "start"], **quiet)
    try:
        yield f"postgresql+psycopg://{user}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def course(server, tmp_path_factory) -> Assignment:
    """A class of one right and one unfilled p2, booked on the server."""
    made = make_course(tmp_path_factory.mktemp("course"), "p2")
    settings = made.root / "course.toml"
    line = f'[course]\ndatabase = "{server}"\n'
    settings.write_text(settings.read_text().replace("[course]\n", line), encoding="utf-8")
    made = Course.load(made.root).assignment()
    with pytest.raises(CourseError, match="no gradebook on the server yet"):
        check_gradebook(made.course)
    build_release(made.root)
    hand_in(made, "ada", "p2", notebook("p2"))
    hand_in(made, "bob", "p2", notebook("p2", {}))
    nbgrader(made, "autograde", NAME)
    return made


def test_scores_are_booked_on_the_server(course):
    """Does each student have the verdict's score there, and is there no sqlite file?"""
    assert booked(course, "ada", "p2") == (90, False)
    assert booked(course, "bob", "p2") == (0, False)
    assert course.course.gradebook_file is None
    check_gradebook(course.course)


def test_a_lock_is_told(course, server):
    """Does booking wait for another program's lock, and say so if it takes too long?"""
    with create_engine(server).begin() as other:
        other.execute(text("LOCK TABLE grade IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(CourseError, match="another program has locked the gradebook"):
            check_server(server, seconds=0.2)
    check_server(server, seconds=0.2)


def test_a_gradebook_without_assignments_is_told(course, server):
    """Is an emptied gradebook named, with what to do?"""
    with create_engine(server).connect() as db:
        db.execute(text("CREATE SCHEMA bare"))
        db.execute(text("CREATE TABLE bare.grade (id int)"))
        db.execute(text("CREATE TABLE bare.assignment (id int)"))
        db.commit()
    bare = f"{server}?options=-csearch_path%3Dbare"
    with pytest.raises(CourseError, match="no assignment in the gradebook"):
        check_server(bare, seconds=1)


def test_a_server_that_is_gone_is_told():
    """Is the address named, without the password in it?"""
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    with pytest.raises(CourseError, match="does not answer") as told:
        check_server("postgresql+psycopg://me:secret@127.0.0.1:1/none", seconds=1)
    assert "secret" not in str(told.value)


def test_a_missing_driver_is_one_sentence():
    """Does an address for which no driver is installed say what to install?"""
    with pytest.raises(CourseError, match=r"pip install 'gpu-kernel-course\[postgres\]'"):
        check_server("postgresql+asyncpg_not_there://me@127.0.0.1/none", seconds=1)
