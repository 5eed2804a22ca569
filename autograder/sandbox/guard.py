"""The process between the grader and a sandbox: it starts the command and watches what it uses.

It runs outside the sandbox, so student code of a level that holds cannot touch it. It adopts what
loses its parent, ends everything that is above a limit, when the command ends, and when the grader
is gone (however it went), and hands on the command's exit status.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import usage
from autograder.sandbox.processes import below, end_below, only_chain
from autograder.sandbox.scratch import Scratch

TICK_SECONDS = 0.1
SHARE, LONGEST_PAUSE = 0.03, 1.0  # of the time that may go into measuring; seconds
FEW = 64  # processes: more than any honest submission has, compilers on 16 cores and ptxas below
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x00020000, 4096, 16384, 1 << 18


@dataclass(frozen=True)
class Orders:
    """What a guard is told, as JSON in `<scratch>/guard.json`; sizes in bytes."""

    command: list[str]
    env: dict[str, str]
    cwd: str
    scratch: str  # measured; removed when the grader is gone
    uid: int | None
    own: int  # processes in the chain down to the template, which is the grader's own code
    view: list[tuple[str, str]]  # ("cover" or "show", folder), for a uid; see mounts.uid_view
    memory_folders: list[str]  # what the command can write to in memory, each of `tmp` bytes
    tmp: int
    memory: int
    disk: int
    files: int
    threads: int


def main() -> None:
    """Run as `python -c`, with the scratch folder as the only argument."""
    grader = os.getppid()
    orders = Orders(**json.loads(Path(sys.argv[1], "guard.json").read_text()))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # waited for below
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = start(orders)
    try:
        status = watch(orders, child, grader)
    finally:  # also if measuring fails: nothing runs unwatched
        end_below(os.getpid(), orders.uid)
    if os.getppid() != grader:
        remove_traces(orders)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def start(orders: Orders) -> int:
    """Start the command in a session of its own; returns its process id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        if orders.uid is not None:
            arrange(orders.view)
            os.setgroups([])
            os.setresgid(orders.uid, orders.uid, orders.uid)
            os.setresuid(orders.uid, orders.uid, orders.uid)
        os.chdir(orders.cwd)
        os.execve(orders.command[0], orders.command, orders.env)
    except BaseException:
        traceback.print_exc(limit=1)
    os._exit(127)


def watch(orders: Orders, child: int, grader: int) -> int:
    """Measure until the command has ended; returns its wait status."""
    pause, measured = TICK_SECONDS, 0.0
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, pause)
        if (status := reap(child)) is not None:
            return status
        if os.getppid() != grader:
            return signal.SIGKILL
        started = time.monotonic()
        if started < measured + pause:
            continue  # only a child that has ended
        if reason := exceeded(orders):
            with contextlib.suppress(OSError):  # the disk may be full
                Path(orders.scratch, "exceeded").write_text(reason)
            end_below(os.getpid(), orders.uid)
        measured = time.monotonic()
        pause = min(max(TICK_SECONDS, (measured - started) / SHARE), LONGEST_PAUSE)


def reap(child: int) -> int | None:
    """Collect what has ended; the wait status of `child` if it is among it."""
    found = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                found = ended[1]
    except ChildProcessError:
        pass
    return found


def exceeded(orders: Orders) -> str:
    """Which limit is passed: "memory", "processes" or "disk", and a sentence; empty if none."""
    if only_chain(os.getpid(), orders.own):
        return ""  # nothing of a student's is there
    processes = below(os.getpid())
    pids = [process.pid for process in processes]
    if sum(process.threads for process in processes) > orders.threads:
        return f"processes: more than {orders.threads} threads and processes at a time"
    files = usage.memory_folders(pids, orders.memory_folders, orders.tmp)
    # The template is closed to inspection, and the first in the order of `below`.
    files += usage.unlinked_bytes(pids[orders.own :])
    if orders.uid is not None:
        files += sum(usage.segments(orders.uid).values())
    # Exactly only when it matters: that takes milliseconds per process. Not for many: it waits
    # until each has a pause in its own work, which a fork bomb takes seconds to come to.
    exact = [usage.exact_memory] if len(pids) <= FEW else []
    for measure in (usage.quick_memory, *exact):
        if sum(map(measure, pids)) + files <= orders.memory:
            break
    else:
        return f"memory: more than {_gib(orders.memory)} GiB of memory"
    own = usage.public_files(orders.uid) if orders.uid is not None else ()
    size = count = 0
    for folder in [orders.scratch, *map(str, own)]:
        more = usage.folder_use(folder, orders.files)
        size, count = size + more[0], count + more[1]
    if size > orders.disk:
        return f"disk: more than {_gib(orders.disk)} GiB of files"
    if count > orders.files:
        return f"disk: more than {orders.files} files, or folders nested too deep"
    return ""


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g}"


def arrange(view: list[tuple[str, str]]) -> None:
    """Cover folders by empty ones, and show others again, for this process alone.

    Where the grader may not mount (in most containers) nothing changes; what is readable is then
    a matter of the files' own permissions, which levels.py tries before any student code runs.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not view or libc.unshare(CLONE_NEWNS):
        return
    shown = {path: os.open(path, os.O_PATH) for kind, path in view if kind == "show"}
    libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
    for kind, path in view:
        if kind == "cover" and os.path.isdir(path):
            failed = libc.mount(b"tmpfs", path.encode(), b"tmpfs", 0, b"mode=755,size=1m")
        elif kind == "show":
            os.makedirs(path, exist_ok=True)
            source = f"/proc/self/fd/{shown[path]}".encode()
            failed = libc.mount(source, path.encode(), None, MS_BIND | MS_REC, None)
        else:
            continue
        if failed:
            raise OSError(ctypes.get_errno(), f"cannot {kind} {path}")


def remove_traces(orders: Orders) -> None:
    """Delete what the grader can no longer delete itself."""
    if orders.uid is not None:
        usage.remove_left_by(orders.uid)
    Scratch(Path(orders.scratch)).remove()


if __name__ == "__main__":
    main()
