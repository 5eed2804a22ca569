"""What a child may have left or changed around the template, ended and removed before the next."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

PUBLIC = ("/tmp", "/var/tmp", "/dev/shm")  # where every user may write
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
LIMITS = [value for name, value in vars(resource).items() if name.startswith("RLIMIT_")]


class Leftovers:
    """Knows how the template and its folders were before any student's code ran.

    With `alone`, every process of this user that is visible here was started by the template.
    """

    def __init__(self, alone: bool) -> None:
        self.alone = alone
        self.folders = [os.environ["HOME"], *(PUBLIC if alone else ())]
        self._there = {folder: set(_names(folder)) for folder in self.folders}
        self._state = _state()
        _prctl(PR_SET_CHILD_SUBREAPER, 1)  # what loses its parent becomes ours

    def end_processes(self) -> None:
        """Kill and collect every process below this one."""
        while True:
            if self.alone:
                with contextlib.suppress(OSError):
                    os.kill(-1, signal.SIGKILL)
            for pid in _children():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def remove_files(self) -> bool:
        """Remove what was written into the folders; False if something stays."""
        for folder in self.folders:
            for name in set(_names(folder)) - self._there[folder]:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if os.lstat(path).st_uid != os.geteuid():
                        continue  # somebody else's, in a folder open to everybody
                if not _remove(path):
                    return False
        return True

    def is_unchanged(self) -> bool:
        """Whether this process still has the limits and the priority that it began with: another
        process of the same user may change them.
        """
        return _state() == self._state


def close_to_others(closed: bool) -> None:
    """Whether processes of the same user may read and write this one's memory and open files."""
    _prctl(PR_SET_DUMPABLE, 0 if closed else 1)


def _state() -> tuple:
    limits = [resource.getrlimit(limit) for limit in LIMITS]
    priority = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
    killed_first = Path("/proc/self/oom_score_adj").read_text()
    return limits, priority, killed_first, os.sched_getaffinity(0)


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)
    return []


def _children() -> list[int]:
    """This process's children; empty on a kernel that does not tell."""
    try:
        return list(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
    except OSError:
        return []


def _remove(path: str) -> bool:
    """Delete a file or a folder that a hostile process has filled; False if it stays."""
    with contextlib.suppress(OSError, RecursionError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    if os.path.lexists(path):  # closed or very deep folders
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", path], capture_output=True, check=False)
    return not os.path.lexists(path)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
