"""Is what the machine lacks told as the machine's fault, never as a submission's?"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support.inside import GOOD, ask, run
from support.levels import skip_unless_available

from autograder.errors import CourseError
from autograder.sandbox import child as child_module
from autograder.sandbox import levels, runner
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.runner import Runner, SandboxError
from autograder.selfcheck.program import Program

TESTS = Path(__file__).resolve().parents[1]
ON_A_SMALL_DISK = """
import sys, tempfile
from support.inside import run
from autograder.errors import CourseError
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.runner import Runner

def fill():
    try:
        while disk.write(bytes(1 << 16)): pass
    except OSError: pass

def told():
    try:
        return run(runner, "").status
    except CourseError as error:
        return str(error)

with Runner(LEVELS[-1]) as runner, open(tempfile.gettempdir() + "/fill", "wb", buffering=0) as disk:
    print(told())
    fill()
    print(told())
    runner.close()
    print(told())
    disk.truncate(0)
    print(told())
"""


@pytest.mark.slow
def test_a_full_disk_is_named():
    """Is the folder named, in the middle and at the start, and does it go on once there is room?"""
    skip_unless_available(LEVELS[-1])
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=8m small {folder}"
        if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a small disk.")
        command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$0" -c "$1"', sys.executable]
        environment = {**os.environ, "TMPDIR": folder}
        done = subprocess.run(
            [*command, ON_A_SMALL_DISK], env=environment, cwd=TESTS, capture_output=True, text=True
        )
    full = f"The disk that holds {folder} is full. Make room there, or set TMPDIR to a folder"
    assert [line[: len(full)] for line in done.stdout.splitlines()] == [
        "answered",
        full,
        full,
        "answered",
    ], done.stderr


def test_a_file_that_could_not_be_written_once_is_written_for_a_fresh_child(monkeypatch):
    """Does a child that spoils the exchange folder cost itself a process, and no points?"""
    real, failures = child_module.write_tensors, [OSError(errno.ENOSPC, "full")]

    def write(*arguments):
        if failures:
            raise failures.pop()
        real(*arguments)

    monkeypatch.setattr(child_module, "write_tensors", write)
    with Runner(levels.available()[0]) as shared:
        with shared.child(Program(GOOD, {})) as child:
            assert ask(child)["status"] == "answered"
        failures += [OSError(errno.ENOSPC, "full")] * 2
        with shared.child(Program(GOOD, {})) as child, pytest.raises(CourseError, match="is full"):
            ask(child)
        assert run(shared, "").status == "answered"


def test_a_sandbox_that_does_not_start_says_why(monkeypatch):
    """Is it an error of its own kind, with the last words of what failed?"""
    monkeypatch.setattr(runner, "START", "import sys; sys.exit('no luck with {code}')")
    with Runner(levels.available()[0]) as broken, pytest.raises(SandboxError, match="no luck"):
        broken.start()
