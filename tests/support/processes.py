"""Processes of this machine found by a word on their command line."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from autograder.sandbox.processes import table


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
