"""The template process: torch and triton imported, nothing of anybody's. It forks a child per work.

The grader talks to it through its standard input and output, one JSON object a line:

    {"do": "start"}   fork a child                     -> {"started": true}
    {"do": "end"}     kill the child and what it left  -> {"ended": …}
    anything else     handed on to the child           -> what the child answers

A child that ends by itself is told at once: {"ended": "by signal 11"}. The template never touches
CUDA, so that every child starts with a context of its own, and it never reads what it hands on.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
LONGEST_LINE = 1 << 20  # bytes of one message


def main() -> None:
    settings = json.loads(sys.argv[1])
    limit_self(settings)
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever prints here prints into the log
    from inside import child  # imports torch, and triton if the settings say so

    child.prepare(settings)
    Template(orders, answers, settings).serve()


def limit_self(settings: dict) -> None:
    """Lower this process's own limits; children inherit them."""
    for name, value in settings["rlimits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if settings["die_with_parent"]:
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


class Lines:
    """Whole lines out of a file descriptor that is read when it has something."""

    def __init__(self, fd: int) -> None:
        self.fd, self._rest = fd, b""

    def read(self) -> list[bytes] | None:
        """The lines that are complete now; None at the end, or where a line is too long."""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines if data and len(self._rest) <= LONGEST_LINE else None


class Template:
    """Forks one child at a time and passes messages between it and the grader."""

    def __init__(self, orders: int, answers: int, settings: dict) -> None:
        self.orders, self.answers, self.settings = Lines(orders), answers, settings
        self.child = 0
        self.line: socket.socket | None = None
        self.said: Lines | None = None
        self.selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Until the grader closes its side."""
        self.selector.register(self.orders.fd, selectors.EVENT_READ)
        self.tell({"ready": True})
        while True:
            for key, _ in self.selector.select():
                if key.fd == self.orders.fd:
                    lines = self.orders.read()
                    if lines is None:
                        return self.end()
                    for line in lines:
                        self.follow(line)
                elif self.said is not None and key.fd == self.said.fd:
                    self.hear()

    def follow(self, line: bytes) -> None:
        """Do what the grader asks for."""
        order = json.loads(line)
        if order["do"] == "start":
            self.end()
            self.start()
            self.tell({"started": True})
        elif order["do"] == "end":
            self.end()
            self.tell({"ended": "as asked"})
        elif self.line is not None:
            with contextlib.suppress(OSError):  # it has just ended: `hear` tells
                self.line.sendall(line + b"\n")
        else:
            self.tell({"ended": "before it was asked"})

    def start(self) -> None:
        """Fork a child that answers on a socket of its own and has nothing of the grader's."""
        ours, its = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self.become_child(ours, its)
        its.close()
        self.child, self.line, self.said = pid, ours, Lines(ours.fileno())
        self.selector.register(ours.fileno(), selectors.EVENT_READ)

    def become_child(self, ours: socket.socket, its: socket.socket) -> None:
        """Never returns."""
        try:
            os.setsid()
            ours.close()
            self.selector.close()
            os.close(self.orders.fd)
            os.close(self.answers)
            for fd in (1, 2):  # prints without end, or prints like ours, go nowhere
                os.dup2(os.open(os.devnull, os.O_WRONLY), fd)
            from inside import child

            child.serve(its, self.settings)
        finally:
            os._exit(0)

    def hear(self) -> None:
        """Hand on what the child says, or tell that it has ended."""
        lines = self.said.read()
        for line in lines or []:
            os.write(self.answers, line + b"\n") if len(line) < LONGEST_LINE else None
        if lines is None:
            self.tell({"ended": self.end()})

    def end(self) -> str:
        """Kill the child and everything that it started; returns how it ended."""
        if self.line is None:
            return ""
        self.selector.unregister(self.said.fd)
        self.line.close()
        self.line = self.said = None
        _, status = os.waitpid(self.child, os.WNOHANG)
        for kill, pid in ((os.killpg, self.child), (os.kill, self.child)):
            with contextlib.suppress(OSError):
                kill(pid, signal.SIGKILL)
        if self.settings["alone"]:  # whatever else runs under this user here was left by the child
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            status = os.waitpid(self.child, 0)[1]
        while True:  # what it left may have been handed to us
            try:
                if not os.waitpid(-1, os.WNOHANG)[0]:
                    break
            except ChildProcessError:
                break
        code = os.waitstatus_to_exitcode(status)
        return f"by signal {-code}" if code < 0 else f"with exit status {code}"

    def tell(self, message: dict) -> None:
        os.write(self.answers, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
