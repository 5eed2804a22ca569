"""A process that has the readers loaded and forks a child for each file; standard library only.

It is started as a script, without site-packages and without the packages' `__init__` files. A
request is one byte on its standard input with two open files: a socket, on which the question comes
and the answer goes, and the file to be read. Whatever a file does to its child ends with the child.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import sys
import types
import warnings
from pathlib import Path

MEMORY = 1 << 30  # bytes
SECONDS = 20  # of CPU, and on the clock


def bare_packages() -> None:
    """Make our modules importable, but nothing that their packages import for others."""
    root = Path(__file__).resolve().parents[2]
    for name in ("autograder", "autograder.intake", "autograder.selfcheck"):
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[name] = package


def serve(control: socket.socket) -> None:
    """Fork a child for each request, until the other side hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the children
    while True:
        byte, files, _, _ = socket.recv_fds(control, 1, 2)
        if not byte:
            return
        if len(files) == 2 and os.fork() == 0:
            try:
                control.close()
                answer(*files)
            finally:
                os._exit(0)
        for file in files:
            os.close(file)


def answer(line: int, file: int) -> None:
    """Read a question from the socket, and write the answer to it, within the limits."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)  # its signal ends the process
    gc.disable()  # a process this short needs no collector, and it would be slow on big lists
    with socket.socket(fileno=line) as asked, os.fdopen(file, "rb") as handed_in:
        with asked.makefile("rb") as reader:
            question = json.load(reader)
        try:
            reply = replied(question, handed_in)
        except MemoryError:
            reply = {"limit": "memory"}
        except Exception as problem:  # a mistake of ours: this file must not stop the others
            reply = {"fault": type(problem).__name__}
        asked.sendall(json.dumps(reply).encode())


def replied(question: dict, handed_in) -> dict:
    """The answer to a question: the work in a file, or what a glance at it shows."""
    from autograder.errors import NotGradable
    from autograder.intake.answer import extracted, peeked
    from autograder.intake.archives import LARGEST
    from autograder.selfcheck.regions import Frame

    data = handed_in.read(LARGEST)
    try:
        if question["cells"] is None:
            return {"peeked": peeked(data)}
        frame = Frame(question["problem"], tuple(question["cells"]))
        return {"extracted": extracted(data, frame)}
    except NotGradable as reason:
        return {"reason": str(reason)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    bare_packages()
    import autograder.intake.answer  # noqa: F401  so that no child has to
    import autograder.selfcheck.grammar  # noqa: F401

    serve(socket.socket(fileno=0))
