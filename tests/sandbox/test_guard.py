"""Does the guard end what is above a limit, and clean up, whoever of the two is killed?"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import security_probes as probes
from nbformat.v4 import new_code_cell, new_notebook
from security_stage import every_level, skip_unless_available

from autograder.grading.child import Child, Stopped, Times
from autograder.sandbox import levels
from autograder.sandbox.levels import LEVELS, Level
from autograder.sandbox.scratch import Scratch, remove_stale
from autograder.sandbox.session import Limits, Session


@every_level
def test_a_guard_cannot_be_killed_from_inside(level):
    skip_unless_available(level)
    if level.name == "plain":
        pytest.skip("plain promises nothing against a hostile submission.")
    kill_guard = "for pid in {os.getppid(), 1}: os.kill(pid, signal.SIGKILL)"
    assert not probes.lives_on(lambda: Session(level), kill_guard)


MANY_WAYS = {
    "several processes": "import os\nfor _ in range(3):\n    if os.fork() == 0: break\n"
    "x = [bytes([1]) * (1 << 24) for i in range(9) if not time.sleep(0.02)]\ntime.sleep(8)",
    "a file without a name": "import os\nf = os.memfd_create('f')\n"
    "for i in range(64): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "a file of a process that hides": "import ctypes, os\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
    "f = os.memfd_create('f')\n"
    "for i in range(64): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "files in memory": "for i in range(64):\n"
    "    open(f'/dev/shm/{i}', 'wb').write(bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "empty files": "import os\nfor i in range(1_000_000): os.close(os.open(f'/tmp/{i}', 65))",
}


@pytest.mark.parametrize("way", MANY_WAYS)
def test_memory_is_counted_wherever_it_hides(way):
    """Does bubblewrap end a session for memory that no single process owns?"""
    skip_unless_available(LEVELS[0])
    with Session(LEVELS[0], limits=Limits(memory_gib=0.4)) as session:
        assert not probes.finished(session, f"import time\n{MANY_WAYS[way]}")
        assert session.exceeded.startswith("memory: ")


def test_a_fork_bomb_ends():
    """Does the strongest level here stop a bomb that doubles, and leave nothing?"""
    level = levels.available()[0]
    with Session(level, limits=Limits(threads=200)) as session:
        result, _ = probes.run(session, "import os\nwhile True: os.fork()", 20)
        assert result.status in ("crashed", "error")
        assert not session.alive or result.ename == "BlockingIOError"


def test_the_kernels_own_log_is_counted():
    """Does student code that writes to the file behind the process's output fill no disk?"""
    level = levels.available()[0]
    with Session(level, limits=Limits(disk_mib=32)) as session:
        to_every_file = (
            "import os, stat, time\n"
            "for fd in map(int, os.listdir('/proc/self/fd')):\n"
            "    try:\n"
            "        is_file = stat.S_ISREG(os.fstat(fd).st_mode)\n"
            "        for _ in range(64 * is_file): os.write(fd, bytes(1 << 20))\n"
            "    except OSError: pass\n"
            "time.sleep(5)"
        )
        assert not probes.finished(session, to_every_file)
        assert session.exceeded.startswith("disk: ")


def test_many_files_are_too_many():
    level = levels.available()[0]
    with Session(level, limits=Limits(files=100)) as session:
        many = f"import time\nfor i in range(300): open(f'{session.inside}/{{i}}', 'w')"
        assert not probes.finished(session, f"{many}\ntime.sleep(5)")
        assert "files" in session.exceeded


def test_who_uses_too_much_is_told():
    """Does a report say that it was memory, for a cell and for a call of the entry point?"""
    eat = "import mmap; block = mmap.mmap(-1, 4 << 30)\n    while block.write(bytes(1 << 24)): pass"
    spoil = (
        f"import sys\ndef run_case(*_):\n    {eat}\n"
        "(worker,) = [name for name in list(sys.modules) if name[:7] == 'worker_']\n"
        "sys.modules[worker].run_case = run_case"
    )
    nb = new_notebook(cells=[new_code_cell(f"if True:\n    {eat}"), new_code_cell(spoil)])
    with Child(nb, levels.available()[0], Times(60, 60, 300), gpu=False, memory_gib=1.5) as child:
        assert child.session.alive
        (note,) = child.notes
        assert note.startswith("Cell 1 was ended for using more than 1.5 GiB of memory; ")
        with pytest.raises(Stopped, match=r"more than 1\.5 GiB") as caught:
            child.request("run_case", "token", 60)
        assert caught.value.status == "out of memory"


# --- after the grader was killed ---------------------------------------------------------------

GRADER = """
import sys, time
from nbformat.v4 import new_code_cell
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.session import Session
(level,) = [level for level in LEVELS if level.name == sys.argv[1]]
with Session(level) as session:
    code = f"import subprocess; subprocess.Popen(['setsid', '--fork', 'sleep', '{sys.argv[2]}'])"
    session.run_cell(new_code_cell(code))
    print(session.exchange.parent, session._kernel.process.pid, flush=True)
    time.sleep(600)
"""


@contextlib.contextmanager
def killed_grader(level: Level, marker: str, guard_too: bool, parent: Path):
    """The scratch folder of a grader that was killed with SIGKILL in the middle of a session."""
    process = subprocess.Popen(
        [sys.executable, "-c", GRADER, level.name, marker],
        env={**os.environ, "TMPDIR": str(parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        root, guard = process.stdout.readline().split()
        assert probes.running(marker)
        for pid in [int(guard)] * guard_too + [process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        yield Path(root)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@every_level
def test_a_killed_grader_leaves_nothing(level):
    """Are all processes and the scratch folder gone soon after the grader was killed?"""
    skip_unless_available(level)
    marker = f"4444.{time.monotonic_ns()}"
    with (
        tempfile.TemporaryDirectory(prefix="p-") as parent,
        killed_grader(level, marker, False, Path(parent)) as root,
    ):
        assert not probes.running(marker, wait_to_end=True)
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
        for pid in probes.running(marker, wait_to_end=True):
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
