"""What student code tries, for each promise of `autograder/sandbox/promises.py`.

A probe answers one question: could it? Those of `TRIES` are expressions evaluated inside; true
means that it could, false or an exception that it could not. Those of `QUICK` get a shared runner;
those of `ATTACKS` a function that makes one, because they end the sandbox or watch its end.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.box import Limits
from autograder.sandbox.runner import Runner
from support.inside import run
from support.processes import running

Make = Callable[..., Runner]

# In braces: names of `World`, filled in with their values.
TRIES = {
    "course": "open({course!r} + '/solutions/a/p1.ipynb').read()",
    "cases": "open({package!r} + '/problems/flash_attention/p3.py').read()",
    "students": "open({course!r} + '/submitted/ada/a/p1.ipynb').read()",
    "gradebook": "os.open({course!r} + '/gradebook.db', os.O_RDWR)",
    "neighbour": "os.listdir({neighbour!r}) or open({neighbour!r} + '/answer', 'w')",
    "files": "open({public!r} + '/notes').read()",
    "write": "open({public!r} + '/new', 'w')",
    "network": "socket.create_connection(('127.0.0.1', {port}), 2)",
    "signal": "os.kill({grader}, 0) is None",
    "inspect": "inspect({grader})",
    "template": "inspect(os.getppid())",
    "template_end": "os.kill(os.getppid(), 0) is None",
    "processes": "any({marker!r} in cmdline(p) for p in os.listdir('/proc') if p.isdigit())",
    "rights": "'NoNewPrivs:\\t1' not in open('/proc/self/status').read()",
    "fork": "subprocess.run(['/bin/true']).returncode == 0",
}

HELPERS = """
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


def could(runner: Runner, expression: str) -> bool:
    """Whether an expression is true inside."""
    outcome = run(runner, f"{HELPERS}\nfound = could({expression!r})")
    assert outcome.found in (True, False), outcome
    return outcome.found


def finished(runner: Runner, code: str) -> bool:
    """Whether code gets to its end; if not, the guard must have ended it, or the system refused."""
    outcome = run(runner, f"{code}\nfound = 'finished'", seconds=60)
    if outcome.found == "finished":
        return True
    refused = outcome.status == "error" and "unavailable" in outcome.detail
    ended = "was ended for using" in outcome.detail
    assert ended or refused or outcome.status == "out of memory", outcome
    return False


def past_the_time(runner: Runner) -> bool:
    stubborn = "for number in (2, 15): signal.signal(number, signal.SIG_IGN)\nwhile True: pass"
    return run(runner, stubborn, 0.3).status != "timed out"


def lives_on(make: Make, before: str = "") -> bool:
    """Whether a detached process with an empty environment outlives the sandbox."""
    marker = f"4242.{time.monotonic_ns()}"
    with make() as runner:
        detached = f"['setsid', '--fork', 'env', '-i', '/bin/sleep', '{marker}']"
        run(runner, f"subprocess.run({detached}, check=True)\n{before}\ntime.sleep(0.2)")
    left = running(marker, wait_to_end=True)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return bool(left)


def leaves_something(runner: Runner) -> bool:
    """Whether the next submission in the same sandbox finds a process or a file."""
    marker = f"4646.{time.monotonic_ns()}"
    name = f"left-{marker}"
    places = "{os.environ['HOME'], os.environ['TMPDIR'], EXCHANGE, '/tmp', '/dev/shm'}"
    leave = (
        f"subprocess.run(['setsid', '--fork', '/bin/sleep', '{marker}'], check=True)\n"
        f"for place in {places}: open(place + '/{name}', 'w')"
    )
    look = f"found = [place for place in {places} if os.path.exists(place + '/{name}')]"
    try:
        assert run(runner, leave).status == "answered"
        alive = running(marker, wait_to_end=True)
        return bool(alive or run(runner, look).found)
    finally:
        for path in (Path("/tmp", name), Path("/dev/shm", name)):
            path.unlink(missing_ok=True)


def memory(make: Make) -> bool:
    """Shared memory, so that the limit on one process's own memory does not stop it."""
    with make(Limits(memory_gib=1.5)) as runner:
        return finished(
            runner,
            "import mmap\n"
            "block = mmap.mmap(-1, 1 << 31)\n"
            "for i in range(128):\n"
            "    block.write(bytes([1]) * (1 << 24)); time.sleep(0.02)\n"
            "time.sleep(5)",  # a guard looks rarely where a machine is busy
        )


def disk(make: Make) -> bool:
    with make(Limits(disk_mib=32)) as runner:
        return finished(runner, "prefix = EXCHANGE + '/f'" + FILL)


def dev_shm(make: Make) -> bool:
    """Whether files in /dev/shm above the limit stay, in the machine's own /dev/shm."""
    name = f"probe-{time.monotonic_ns()}-"
    here = Path("/dev/shm")
    try:
        with make(Limits(disk_mib=32, tmp_mib=32)) as runner:
            done = finished(runner, f"prefix = '/dev/shm/{name}'{FILL}")
            return done and any(here.glob(f"{name}*"))
    finally:
        for path in here.glob(f"{name}*"):
            path.unlink()


# Writes 128 MiB in 32 files.
FILL = """
for i in range(32):
    try: open(f'{prefix}{i}', 'wb').write(bytes([1]) * (1 << 22))
    except OSError: raise MemoryError
    time.sleep(0.02)
time.sleep(5)
"""


def bomb(make: Make) -> bool:
    """Whether 300 processes can live where 64 are allowed."""
    with make(Limits(threads=64)) as runner:
        return finished(
            runner,
            "for _ in range(300):\n"
            "    if os.fork() == 0: time.sleep(60); os._exit(0)\n"
            "time.sleep(1)",
        )


QUICK: dict[str, Callable[[Runner], bool]] = {"time": past_the_time, "later": leaves_something}
ATTACKS: dict[str, Callable[[Make], bool]] = {
    "outlive": lives_on,
    "memory": memory,
    "disk": disk,
    "shm": dev_shm,
    "bomb": bomb,
}
