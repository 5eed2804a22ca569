"""What student code tries, for each promise of `autograder/sandbox/promises.py`.

A probe answers one question: could it? Those of `TRIES` are expressions that a shared kernel
evaluates; true means that it could, false or an exception that it could not. Those of `ATTACKS`
get a function that opens a session of their level, because they end the session or watch its end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from nbformat.v4 import new_code_cell

from autograder.sandbox.processes import table
from autograder.sandbox.session import CellResult, Limits, Session

Open = Callable[..., Session]

# In braces: names of `World`, filled in with their values.
TRIES = {
    "course": "open({course!r} + '/solutions/a/p1.ipynb').read()",
    "cases": "open({package!r} + '/problems/p3.py').read()",
    "students": "open({course!r} + '/submitted/ada/a/p1.ipynb').read()",
    "gradebook": "os.open({course!r} + '/gradebook.db', os.O_RDWR)",
    "neighbour": "os.listdir({neighbour!r}) or open({neighbour!r} + '/answer', 'w')",
    "files": "open({public!r} + '/notes').read()",
    "write": "open({public!r} + '/new', 'w')",
    "network": "socket.create_connection(('127.0.0.1', {port}), 2)",
    "signal": "os.kill({grader}, 0) is None",
    "inspect": "inspect({grader})",
    "processes": "any({marker!r} in cmdline(p) for p in os.listdir('/proc') if p.isdigit())",
    "rights": "'NoNewPrivs:\\t1' not in open('/proc/self/status').read()",
    "fork": "subprocess.run(['/bin/true']).returncode == 0",
}

HELPERS = """
import ctypes, os, socket, subprocess

def cmdline(pid):
    try:
        return open(f'/proc/{pid}/cmdline').read()
    except OSError:
        return ''

def inspect(pid):
    for kind, mode in (('environ', 'rb'), ('mem', 'r+b')):
        try:
            if kind == 'mem' or b'SECRET' in open(f'/proc/{pid}/{kind}', mode).read():
                return bool(open(f'/proc/{pid}/{kind}', mode))
        except OSError:
            pass
    PTRACE_SEIZE = 0x4206
    return ctypes.CDLL(None).ptrace(PTRACE_SEIZE, pid, None, None) == 0

def could(expression):
    try:
        return bool(eval(expression))
    except Exception:
        return False
"""


def run(session: Session, code: str, timeout: float | None = None) -> tuple[CellResult, str]:
    """The cell's result and its printed text."""
    cell = new_code_cell(code)
    result = session.run_cell(cell, timeout)
    return result, "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")


def could(session: Session, expression: str) -> bool:
    """Whether an expression is true inside."""
    result, text = run(session, f"{HELPERS}\nprint('could', could({expression!r}))")
    assert text in ("could True\n", "could False\n"), (result, text)
    return text == "could True\n"


def finished(session: Session, code: str) -> bool:
    """Whether code gets to its end; if not, the guard must have ended it, or the system refused."""
    result, text = run(session, f"{code}\nprint('finished')")
    if text.endswith("finished\n") and session.alive:
        return True
    assert session.exceeded or result.ename in ("OSError", "BlockingIOError"), (result, text)
    return False


def past_the_time(session_of: Open) -> bool:
    with session_of() as session:
        stubborn = "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass"
        result, _ = run(session, stubborn, 0.3)
        return result.status != "timed out" or session.alive


def lives_on(session_of: Open, before: str = "") -> bool:
    """Whether a detached process with an empty environment outlives the session."""
    marker = f"4242.{time.monotonic_ns()}"
    with session_of() as session:
        detached = f"['setsid', '--fork', 'env', '-i', '/bin/sleep', '{marker}']"
        run(session, f"import os, subprocess\nsubprocess.run({detached}, check=True)")
        assert running(marker), "the probe itself does not work"
        run(session, f"import os, signal\n{before}")
    left = running(marker, wait_to_end=True)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return bool(left)


def memory(session_of: Open) -> bool:
    """Shared memory, so that the limit on one process's own memory does not stop it."""
    with session_of(Limits(memory_gib=0.4)) as session:
        return finished(
            session,
            "import mmap, time\n"
            "block = mmap.mmap(-1, 1 << 30)\n"
            "for i in range(64):\n"
            "    block.write(bytes([1]) * (1 << 24)); time.sleep(0.02)",
        )


def disk(session_of: Open) -> bool:
    with session_of(Limits(disk_mib=32)) as session:
        return finished(session, fill(f"{session.inside}/f"))


def dev_shm(session_of: Open) -> bool:
    """Whether files in /dev/shm above the limit stay, in the machine's own /dev/shm."""
    name = f"probe-{time.monotonic_ns()}-"
    here = Path("/dev/shm")
    try:
        with session_of(Limits(disk_mib=32, tmp_mib=32)) as session:
            return finished(session, fill(f"/dev/shm/{name}")) and any(here.glob(f"{name}*"))
    finally:
        for path in here.glob(f"{name}*"):
            path.unlink()


def fill(prefix: str) -> str:
    """Code that writes 128 MiB in 32 files."""
    return (
        "import time\n"
        "for i in range(32):\n"
        f"    open(f'{prefix}{{i}}', 'wb').write(bytes([1]) * (1 << 22)); time.sleep(0.02)"
    )


def bomb(session_of: Open) -> bool:
    """Whether 300 processes can live where 64 are allowed."""
    with session_of(Limits(threads=64)) as session:
        return finished(
            session,
            "import os, time\n"
            "for _ in range(300):\n"
            "    if os.fork() == 0: time.sleep(60); os._exit(0)\n"
            "time.sleep(1)",
        )


ATTACKS: dict[str, Callable[[Open], bool]] = {
    "time": past_the_time,
    "outlive": lives_on,
    "memory": memory,
    "disk": disk,
    "shm": dev_shm,
    "bomb": bomb,
}


def running(marker: str, wait_to_end: bool = False, seconds: float = 5) -> list[int]:
    """Living processes with `marker` on their command line, waited for either way."""
    deadline = time.monotonic() + seconds
    while True:
        found = [pid for pid in table() if marker in _cmdline(pid)]
        if bool(found) != wait_to_end or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _cmdline(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def victim(marker: str) -> subprocess.Popen:
    """A process of the grader's user with a secret in its environment, to be attacked."""
    return subprocess.Popen(["/bin/sleep", marker], env={"SECRET": "hunter2"})
