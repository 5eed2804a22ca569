"""What does a process in the strongest sandbox see of the machine?"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from support.inside import run
from support.levels import skip_unless_available

from autograder.sandbox import mounts
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.runner import Runner
from autograder.sandbox.scratch import Scratch

pytestmark = pytest.mark.xdist_group("view")  # one process starts the template for all
COURSE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def walled():
    """A shared template in bubblewrap, with a secret in the grader's environment."""
    os.environ["PARENTS_SECRET"] = "hunter2"
    try:
        with Runner(skip_unless_available(LEVELS[0])) as shared:
            shared.start()
            yield shared
    finally:
        del os.environ["PARENTS_SECRET"]


def says(runner: Runner, *expressions: str) -> list:
    """What expressions give inside; of one that fails, the name of its exception."""
    code = (
        f"for text in {list(expressions)!r}:\n"
        "    try: found.append(eval(text))\n"
        "    except BaseException as e: found.append(type(e).__name__)"
    )
    return run(runner, code).found


def test_there_is_no_network(walled):
    connect = "socket.create_connection({!r}, 2)"
    with socket.create_server(("127.0.0.1", 0)) as server:
        addresses = server.getsockname(), ("1.1.1.1", 53)
        answers = says(walled, *map(connect.format, addresses))
    assert answers == ["ConnectionRefusedError", "OSError"]


def test_nothing_of_the_course_and_nothing_private_is_visible(walled):
    """Neither course, hidden half, tests, keys nor disks?"""
    paths = [COURSE / "course.toml", COURSE / "autograder", __file__]
    paths += ["/etc/shadow", "/etc/ssh", "/root/.ssh", "/home", "/dev/vda"]
    assert not any(says(walled, *(f"os.path.exists({str(path)!r})" for path in paths)))
    assert says(walled, "__import__('autograder')") == ["ModuleNotFoundError"]


def test_of_the_course_folder_at_most_the_environment_is_visible(walled):
    (seen,) = says(walled, f"os.path.exists({str(COURSE)!r}) and os.listdir({str(COURSE)!r})")
    assert seen in (False, [], [".venv"])


def test_only_the_scratch_is_writable(walled):
    closed = ["/", "/usr", "/etc", "/dev", "/scratch", "/scratch/code", mounts.prefixes()[0]]
    made = says(walled, *(f"open({f'{folder}/new'!r}, 'w')" for folder in closed))
    assert made == ["OSError"] * len(closed)
    free = ["/scratch/home", "/scratch/exchange", "/tmp", "/dev/shm"]
    assert (
        says(walled, *(f"open({f'{folder}/new'!r}, 'w').close()" for folder in free)) == [None] * 4
    )


def test_the_graders_environment_stays_outside(walled):
    secret = "b'hunter2' in open('/proc/{}/environ', 'rb').read()"
    answers = says(
        walled, secret.format("self"), secret.format(1), "'PARENTS_SECRET' in os.environ"
    )
    assert answers[0] is False
    assert answers[1] in (False, "PermissionError")
    assert answers[2] is False


def test_the_grader_cannot_be_seen_or_signalled(walled):
    pids, signalled = says(
        walled,
        "[p for p in os.listdir('/proc') if p.isdigit()]",
        f"os.kill({os.getpid()}, 0)",
    )
    assert len(pids) == 3  # bwrap, the template, the child itself
    assert signalled == "ProcessLookupError"


def test_no_privileges_are_left(walled):
    """No capabilities, no way to new ones, no further user namespace?"""
    status, unshared = says(
        walled, "open('/proc/self/status').read()", "ctypes.CDLL(None).unshare(0x10000000)"
    )
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert unshared == -1


def test_a_child_has_nothing_of_the_templates_line(walled):
    """Are its own socket and three ends of nothing all that it holds open?"""
    folder = "/proc/self/fd"
    (held,) = says(walled, f"[os.path.realpath('{folder}/' + n) for n in os.listdir('{folder}')]")
    names = (Path(name).name.split(":")[0] for name in held)
    assert sorted(name for name in names if not name.isdigit()) == ["null"] * 3 + ["socket"]


def test_an_interpreted_triton_kernel_runs(walled):
    """Does everything that torch and triton need exist inside?"""
    kernel = """
import torch, triton, triton.language as tl
@triton.jit
def double(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offs, mask=offs < n)
    tl.store(y_ptr + offs, x + 1, mask=offs < n)
def entry(x):
    y = torch.empty_like(x)
    double[(1,)](x, y, 6, BLOCK=8)
    return y
"""
    assert run(walled, "", entry=kernel).status == "answered"


def test_a_hidden_folder_inside_the_environment_is_masked(tmp_path):
    """Does a package in site-packages vanish, and a .venv in a masked course come back?"""
    prefix = tmp_path / "opt"
    course = prefix / "course"
    package = course / ".venv" / "lib" / "autograder"
    package.mkdir(parents=True)
    binds = {prefix: prefix, course / ".venv": course / ".venv"}
    assert mounts.masks(binds, [course, package]) == {course, package}


def test_a_scratch_folder_is_the_graders_alone(tmp_path):
    """Is what stands beside the exchange folder closed to other users of the machine?"""
    scratch = Scratch.create(tmp_path)
    try:
        assert scratch.root.stat().st_mode & 0o077 == 0
    finally:
        scratch.remove()
