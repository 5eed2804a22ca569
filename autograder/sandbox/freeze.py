"""Stop every process of a sandbox for a while, so that nothing in it runs unasked."""

from __future__ import annotations

import contextlib
import os
import signal

from autograder.sandbox.processes import below

SCANS = 20  # a process may start another while the list is read; then the list is read again


def freeze(guard: int) -> set[int]:
    """Stop all that the guard's sandbox runs, but not the guard. Returns it, for `thaw`."""
    stopped: set[int] = set()
    for _ in range(SCANS):
        new = {process.pid for process in below(guard)} - stopped
        if not new:
            break
        _signal(new, signal.SIGSTOP)
        stopped |= new
    return stopped


def thaw(stopped: set[int]) -> None:
    """Let stopped processes go on."""
    _signal(stopped, signal.SIGCONT)


def _signal(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
