"""The processes of one sandbox, seen from outside: found, counted, ended (Linux)."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass

END_SECONDS = 5


@dataclass(frozen=True)
class Process:
    """A living process; `group` is its process group, `threads` how many threads it has."""

    pid: int
    parent: int
    group: int
    threads: int


def table() -> dict[int, Process]:
    """Every living process of the machine (of the container, in one) by its id."""
    found = {}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] not in (b"Z", b"X") or int(fields[17]) > 1:  # of which threads still live
            found[pid] = Process(pid, int(fields[1]), int(fields[2]), int(fields[17]))
    return found


def below(root: int) -> list[Process]:
    """The descendants of `root`, without itself, parents before children.

    All that a sandbox started is among them: its guard adopts what loses its parent.
    """
    children: dict[int, list[Process]] = {}
    for process in table().values():
        children.setdefault(process.parent, []).append(process)
    found = list(children.get(root, []))
    for process in found:  # grows while it is walked
        found += children.get(process.pid, [])
    return found


def only_chain(root: int, length: int) -> bool:
    """Whether all that is below `root` is one chain of at most `length` processes, without threads.

    That costs a hundredth of `table`. False on a kernel that does not list children.
    """
    for _ in range(length + 1):
        try:
            if len(os.listdir(f"/proc/{root}/task")) > 1:
                return False
            with open(f"/proc/{root}/task/{root}/children") as file:
                children = file.read().split()
        except OSError:
            return False
        if len(children) != 1:
            return not children
        root = int(children[0])
    return False


def cpu_below(root: int) -> float:
    """Processor seconds of the descendants of `root`, with those of their children that ended."""
    ticks = 0
    for process in below(root):
        with contextlib.suppress(OSError), open(f"/proc/{process.pid}/stat", "rb") as file:
            ticks += sum(map(int, file.read().rpartition(b")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def end_below(root: int, uid: int | None = None, seconds: float = END_SECONDS) -> bool:
    """Kill every descendant of `root`, and every process of `uid`; True when none is left.

    Whole groups at a time and, with a uid, all its processes in one call: the kernel does that
    faster than a fork bomb can grow.
    """
    spared = {os.getpgrp(), os.getpgid(0)}
    with contextlib.suppress(ProcessLookupError):
        spared.add(os.getpgid(root))
    deadline = time.monotonic() + seconds
    while True:
        if uid is not None:
            end_uid(uid)
        left = below(root)
        if not left:
            return True
        for group in {process.group for process in left} - spared:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)


def end_uid(uid: int) -> None:
    """Kill all processes of a uid at once (only root can): `kill -1`, sent as that uid."""
    subprocess.run(
        ["/bin/sh", "-c", "kill -KILL -1"],
        user=uid,
        group=uid,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        timeout=30,
        check=False,
    )
