"""The parent's side of the process that reads files: start it, ask it, wait no longer than needed.

The answer is bounded, and nothing in it is believed before `extract` has checked it.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import NotGradable
from .limits import LARGEST_ANSWER, SECONDS

BOOT = Path(__file__).with_name("boot.py")
GRACE = 5  # seconds beyond the child's own limit
TOO_MUCH = (
    f"The file takes more than {SECONDS} seconds or a gigabyte of memory to read. Clear all "
    "outputs, take out what you do not need, save, and hand the notebook in again."
)
FAULT = (
    "Reading the file failed in a way that nobody foresaw ({name}). Show it to your instructor, or "
    "put your work into a fresh copy of the notebook and hand that in."
)
_lock = threading.Lock()
_control: socket.socket | None = None


def ask(question: dict[str, Any], *files: int) -> dict[str, Any]:
    """The answer to a question about an open file; a second one is there to be written to.

    Raises NotGradable if there is no answer.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _send(theirs.fileno(), *files)
        try:
            ours.settimeout(SECONDS + GRACE)
            ours.sendall(json.dumps(question).encode())
            ours.shutdown(socket.SHUT_WR)
            raw = _all_of(ours)
        except OSError:  # the child ended early, or is late
            raw = b""
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or "limit" in answer:
        raise NotGradable(TOO_MUCH)
    if "fault" in answer:
        raise NotGradable(FAULT.format(name=str(answer["fault"])[:40]))
    return answer


def spooled(data: bytes) -> BinaryIO:
    """The bytes as an open file, at its beginning; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        file = os.fdopen(os.memfd_create("handed in"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(data)
    file.flush()
    file.seek(0)
    return file


def _all_of(line: socket.socket) -> bytes:
    """What the child says until it ends; b"" if that is too much or comes too late."""
    deadline = time.monotonic() + SECONDS + GRACE
    parts: list[bytes] = []
    size = 0
    while part := line.recv(1 << 16):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER or time.monotonic() > deadline:
            return b""
    return b"".join(parts)


def _send(*files: int) -> None:
    """Hand the files of a request to the server; start it if there is none, or no more."""
    with _lock:
        for attempt in (1, 2):
            try:
                socket.send_fds(_server(), [b"?"], list(files))
                return
            except OSError:
                stop()
                if attempt == 2:
                    raise


def _server() -> socket.socket:
    global _control
    if _control is None:
        _control, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [sys.executable, "-I", "-S", str(BOOT)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,  # an interrupt at the keyboard is for the parent
            )
    return _control


@atexit.register
def stop() -> None:
    """Hang up: the server ends by itself."""
    global _control
    if _control is not None:
        _control.close()
        _control = None
