"""A process that has the readers loaded and forks a child for each file; standard library only.

A request is one byte on its standard input with two open files: a socket, on which the question
comes and the answer goes, and the file to be read. Whatever a file does to its child ends with the
child.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
from functools import lru_cache
from typing import BinaryIO

from ..errors import NotGradable
from ..selfcheck.regions import Frame
from .answer import extracted, peeked
from .archives import LARGEST
from .limits import MEMORY, SECONDS


def serve(control: socket.socket) -> None:
    """Fork a child for each request, until the other side hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the children
    while True:
        byte, files, _, _ = socket.recv_fds(control, 1, 2)
        if not byte:
            return
        with socket.socket(fileno=files[0]) as asker, os.fdopen(files[1], "rb") as file:
            try:
                frame = frame_in(asker)
            except (ValueError, KeyError, TypeError, OSError):  # the asker is gone
                continue
            if os.fork() == 0:
                try:
                    control.close()
                    answer(asker, frame, file)
                finally:
                    os._exit(0)


def frame_in(asker: socket.socket) -> Frame | None:
    """The frame in a question; None where only a glance is asked for."""
    with asker.makefile("r", encoding="utf-8") as reader:
        question = json.load(reader)
    return known_frame(question["problem"], tuple(question["cells"])) if question else None


@lru_cache(maxsize=64)
def known_frame(problem: str, cells: tuple[str, ...]) -> Frame:
    """A frame whose regions have been read, so that no child has to."""
    frame = Frame(problem, cells)
    _ = frame.regions
    return frame


def answer(asker: socket.socket, frame: Frame | None, file: BinaryIO) -> None:
    """Write the answer to the socket: the work in the file, or what a glance at it shows."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)  # its signal ends the process
    gc.disable()  # a process this short needs no collector, and it would be slow on big lists
    try:
        data = file.read(LARGEST)
        reply = {"told": extracted(data, frame) if frame else peeked(data)}
    except NotGradable as reason:
        reply = {"reason": str(reason)}
    except MemoryError:
        reply = {"limit": "memory"}
    except Exception as problem:  # a mistake of ours: this file must not stop the others
        reply = {"fault": type(problem).__name__}
    asker.sendall(json.dumps(reply).encode())
