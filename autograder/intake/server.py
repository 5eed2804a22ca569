"""A process that has the readers loaded and forks a child for each file; standard library only.

A request is one byte on its standard input with open files: a socket, on which the question comes
and the answer goes, the file to be read, and one to write to where something is to be unpacked.
Whatever a file does to its child ends with the child.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
from contextlib import ExitStack
from functools import lru_cache
from typing import Any, BinaryIO

from ..errors import NotGradable
from ..selfcheck.program import Frame
from .answer import extracted, peeked
from .archives import LARGEST
from .limits import MEMORY, SECONDS
from .listing import listing, unpack


def serve(control: socket.socket) -> None:
    """Fork a child for each request, until the other side hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the children
    while True:
        byte, files, _, _ = socket.recv_fds(control, 1, 3)
        if not byte:
            return
        with ExitStack() as stack:
            asker = stack.enter_context(socket.socket(fileno=files[0]))
            modes = zip(files[1:], ("rb", "wb"), strict=False)
            opened: list[Any] = [stack.enter_context(os.fdopen(*one)) for one in modes]
            try:
                question = asked(asker)
            except (ValueError, KeyError, TypeError, OSError):  # the asker is gone
                continue
            if os.fork() == 0:
                try:
                    control.close()
                    answer(asker, question, *opened)
                finally:
                    os._exit(0)


def asked(asker: socket.socket) -> dict[str, Any]:
    """The question; where it comes with a frame, that is read here, so that no child has to."""
    with asker.makefile("r", encoding="utf-8") as reader:
        question = json.load(reader)
    if "cells" in question:
        question["frame"] = known_frame(question["problem"], tuple(question["cells"]))
    return question


@lru_cache(maxsize=64)
def known_frame(problem: str, cells: tuple[str, ...]) -> Frame:
    """A frame whose regions have been read, so that no child has to."""
    frame = Frame(problem, cells)
    _ = frame.regions
    return frame


def answer(asker: socket.socket, question: dict[str, Any], *files: BinaryIO) -> None:
    """Write the answer to the socket, or why there is none."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)  # its signal ends the process
    gc.disable()  # a process this short needs no collector, and it would be slow on big lists
    try:
        reply: dict[str, Any] = {"told": told(question, *files)}
    except NotGradable as reason:
        reply = {"reason": str(reason)}
    except MemoryError:
        reply = {"limit": "memory"}
    except Exception as problem:  # a mistake of ours: this file must not stop the others
        reply = {"fault": type(problem).__name__}
    asker.sendall(json.dumps(reply).encode())


def told(question: dict[str, Any], file: BinaryIO, *target: BinaryIO) -> dict[str, Any]:
    """What a zip file holds, one file out of it, the work in a notebook, or a glance at one.

    Raises NotGradable.
    """
    if "list" in question:
        return {"files": listing(file)}
    if "unpack" in question:
        return {"size": unpack(file, question["unpack"], *target)}
    data = file.read(LARGEST)
    return extracted(data, question["frame"]) if "frame" in question else peeked(data)
