"""Does the guard end what is above a limit, and clean up, whoever of the two is killed?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from support import probes
from support.inside import assert_whole, run
from support.levels import one_level, skip_unless_available
from support.processes import running

from autograder.sandbox import levels
from autograder.sandbox.box import Limits
from autograder.sandbox.levels import LEVELS, Level
from autograder.sandbox.processes import only_chain
from autograder.sandbox.runner import Runner
from autograder.sandbox.scratch import Scratch, remove_stale

TESTS = Path(__file__).resolve().parents[1]


@one_level
def test_a_guard_cannot_be_killed_from_inside(level):
    skip_unless_available(level)
    if level.name == "plain":
        pytest.skip("plain promises nothing against a hostile submission.")
    kill_guard = (
        "parent = int(open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[1])\n"
        "for pid in {parent, 1}: os.kill(pid, signal.SIGKILL)"
    )
    assert not probes.lives_on(lambda: Runner(level), kill_guard)


MANY_WAYS = {
    "several processes": "for _ in range(9):\n    if os.fork() == 0: break\n"
    "x = [bytes([1]) * (1 << 24) for i in range(9) if not time.sleep(0.02)]\ntime.sleep(8)",
    "a file without a name": "f = os.memfd_create('f')\n"
    "for i in range(110): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "a file of a process that hides": "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
    "f = os.memfd_create('f')\n"
    "for i in range(110): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "files in memory": "for i in range(110):\n"
    "    open(f'/dev/shm/{i}', 'wb').write(bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "empty files": "for i in range(2_000_000): os.close(os.open(f'/tmp/{i}', 65))",
}


@pytest.fixture(scope="module")
def small():
    """A template of the strongest level that may use little memory; started anew as needed."""
    with Runner(skip_unless_available(LEVELS[0]), limits=Limits(memory_gib=1.5)) as shared:
        yield shared


@pytest.mark.trust
@pytest.mark.parametrize("way", MANY_WAYS)
def test_memory_is_counted_wherever_it_hides(small, way):
    """Is it told as the submission's memory? The next one shows that a new sandbox starts."""
    outcome = run(small, MANY_WAYS[way], seconds=60)
    assert (outcome.status, "1.5 GiB of memory" in outcome.detail) == ("out of memory", True)


def test_memory_of_its_own_is_refused_by_the_system(small):
    """Is an allocation above the limit an ordinary error of that call?"""
    small.start()
    template = small._process
    assert run(small, "x = bytearray(3 << 30)").status == "out of memory"
    assert small._process is template


@pytest.mark.trust
def test_a_fork_bomb_ends():
    """Does the strongest level here stop a bomb that doubles, and leave nothing?"""
    with Runner(levels.available()[0], limits=Limits(threads=200)) as runner:
        outcome = run(runner, "while True: os.fork()", 60)
        assert outcome.status in ("crashed", "error", "out of memory"), outcome
        assert_whole(runner)


@pytest.mark.trust
def test_many_files_are_too_many():
    with Runner(levels.available()[0], limits=Limits(files=200)) as runner:
        many = "for i in range(300): open(f'{EXCHANGE}/{i}', 'w')\ntime.sleep(5)"
        outcome = run(runner, many)
        assert (outcome.status, "200 files" in outcome.detail) == ("crashed", True), outcome
        assert_whole(runner)


def test_a_sandbox_without_a_child_is_not_measured():
    """Is one look at an idle sandbox enough for its guard, at every level's depth?"""
    with Runner(levels.available()[0]) as runner:
        runner.start()
        own = 3 if runner.level.name == "bubblewrap" else 1
        assert only_chain(runner._process.pid, own)
        assert not only_chain(runner._process.pid, own - 1)


# --- after the grader was killed ---------------------------------------------------------------

GRADER = """
import sys, time
from support.inside import run
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.runner import Runner
(level,) = [level for level in LEVELS if level.name == sys.argv[1]]
runner = Runner(level)
runner.start()
guard, root = runner._process.pid, runner.exchange.parent
code = f"subprocess.Popen(['setsid', '--fork', 'sleep', '{sys.argv[2]}'])"
print(root, guard, flush=True)
run(runner, code + "; time.sleep(600)", 600)
"""


@contextlib.contextmanager
def killed_grader(level: Level, marker: str, guard_too: bool, parent: Path):
    """The scratch folder of a grader that was killed with SIGKILL while it waited for a child."""
    process = subprocess.Popen(
        [sys.executable, "-c", GRADER, level.name, marker],
        env={**os.environ, "TMPDIR": str(parent)},
        cwd=TESTS,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        root, guard = process.stdout.readline().split()
        assert running(marker, seconds=30)
        os.kill(process.pid, signal.SIGSTOP)  # or it tidies up after a guard that goes before it
        for pid in [int(guard)] * guard_too + [process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        yield Path(root)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@one_level
def test_a_killed_grader_leaves_nothing(level):
    """Are all processes and the scratch folder gone soon after the grader was killed?"""
    skip_unless_available(level)
    marker = f"4444.{time.monotonic_ns()}"
    with (
        tempfile.TemporaryDirectory(prefix="p-") as parent,
        killed_grader(level, marker, False, Path(parent)) as root,
    ):
        assert not running(marker, wait_to_end=True)
        deadline = time.monotonic() + 10
        while root.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not root.exists()


def test_the_next_grader_removes_what_a_power_cut_left():
    """Is a scratch folder removed whose grader and guard are both gone, and only then?"""
    level = levels.available()[0]
    marker = f"4444.{time.monotonic_ns()}"
    with tempfile.TemporaryDirectory(prefix="p-") as folder:
        parent = Path(folder)
        in_use = Scratch.create(parent)
        (parent / "sandbox-of-somebody").mkdir()
        with killed_grader(level, marker, True, parent) as root:
            assert root.exists()
            remove_stale.cache_clear()
            remove_stale(parent)
            left = {path.name for path in parent.iterdir()}
            assert left == {in_use.root.name, "sandbox-of-somebody"}
        for pid in running(marker, wait_to_end=True):
            os.kill(pid, signal.SIGKILL)  # plain promises nothing where a guard is killed
        in_use.remove()


def test_a_scratch_folder_is_removed_whatever_is_in_it(tmp_path):
    """Do locked folders, FIFOs, links and deep trees go away, and only they?"""
    (tmp_path / "kept").mkdir()
    scratch = Scratch.create(tmp_path)
    os.mkfifo(scratch.exchange / "fifo")
    (scratch.exchange / "link").symlink_to(tmp_path / "kept")
    (scratch.exchange / "locked" / "a").mkdir(parents=True)
    (scratch.exchange / "locked").chmod(0)
    deep = "import os\nfor _ in range(50): os.mkdir('d' * 200); os.chdir('d' * 200)"
    subprocess.run([sys.executable, "-c", deep], cwd=scratch.exchange, check=True)
    scratch.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
