"""The template process: torch and triton imported, nothing of anybody's. It forks a child per work.

The grader talks to it through its standard input and output, one JSON object a line:

    {"do": "start", "work": …}  fork a child; end the one before    -> T{"started": true}
    {"do": "end"}               end the child and what it left      -> T{"ended": "as asked"}
    anything else               handed on to the child              -> C, and the child's answer

A child that ends by itself is told at once: T{"ended": "by signal 11"}. The template never touches
CUDA, so that every child starts with a context of its own, and it never reads what it hands on.
What a child says without having been asked goes nowhere. A template that finds itself changed, or
something that it cannot remove, ends: the grader then starts another.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import selectors
import signal
import socket
import sys

from inside.leftovers import Leftovers, close_to_others

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
LONGEST_ORDER, LONGEST_ANSWER = 1 << 26, 1 << 20  # bytes of one message
LAST_READS = 16  # of a child that has ended: what it started may talk on


def main() -> None:
    settings = json.loads(sys.argv[1])
    limit_self(settings)
    leftovers = Leftovers(settings["alone"])
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever prints here prints into the log
    from inside import child  # imports torch, and triton if the settings say so

    child.prepare(settings)
    import_for_gradients()
    gc.freeze()  # a collection in a child would otherwise copy every page
    close_to_others(True)
    Template(orders, answers, settings, leftovers).serve()


def import_for_gradients() -> None:
    """What `torch.autograd.grad` imports at its first call: 0.8 s that no child need spend."""
    with contextlib.suppress(ImportError):
        importlib.import_module("torch.fx.experimental.symbolic_shapes")


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

    def __init__(self, fd: int, longest: int) -> None:
        self.fd, self.longest, self._rest = fd, longest, b""

    def read(self) -> list[bytes] | None:
        """The lines that are complete now; None at the end, or where a line is too long."""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines if data and len(self._rest) <= self.longest else None


class Template:
    """Forks one child at a time and passes messages between it and the grader."""

    def __init__(self, orders: int, answers: int, settings: dict, leftovers: Leftovers) -> None:
        self.orders, self.answers = Lines(orders, LONGEST_ORDER), answers
        self.settings, self.leftovers = settings, leftovers
        self.work = ""
        self.child = self.end_seen = 0  # its process id, and what tells of its end
        self.line: socket.socket | None = None
        self.said: Lines | None = None
        self.asked = 0  # answers that the grader waits for
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
                        return self.leftovers.end_processes()
                    for line in lines:
                        self.follow(line)
                elif self.line is not None and key.fd == self.end_seen:
                    self.child_ended()
                elif self.said is not None and key.fd == self.said.fd:
                    self.hear(self.said)

    def follow(self, line: bytes) -> None:
        """Do what the grader asks for."""
        order = json.loads(line)
        if order["do"] == "start":
            self.end()
            self.start(order["work"])
            self.tell({"started": True})
        elif order["do"] == "end":
            self.end()
            self.tell({"ended": "as asked"})
        elif self.line is not None:
            self.asked += 1
            with contextlib.suppress(OSError):  # it has just ended: `hear` tells
                self.line.sendall(line + b"\n")
        else:
            self.tell({"ended": "before it was asked"})

    def start(self, work: str) -> None:
        """Fork a child that answers on a socket of its own and has nothing of the grader's.

        What an earlier child of the same work left in the folders stays: Triton's cache, say.
        """
        if work != self.work and not self.leftovers.remove_files():
            os._exit(1)
        if not self.leftovers.is_unchanged():
            os._exit(1)
        ours, its = socket.socketpair()
        close_to_others(False)  # the child's memory is a copy of this: its guard must see into it
        pid = os.fork()
        if pid == 0:
            self.become_child(its)
        close_to_others(True)
        its.close()
        self.work, self.child, self.line, self.asked = work, pid, ours, 0
        self.said = Lines(ours.fileno(), LONGEST_ANSWER)
        self.end_seen = os.pidfd_open(pid)  # a process of its own may keep the socket open
        for fd in (ours.fileno(), self.end_seen):
            self.selector.register(fd, selectors.EVENT_READ)

    def become_child(self, its: socket.socket) -> None:
        """Never returns."""
        try:
            os.setsid()
            line = socket.socket(fileno=os.dup(its.detach()))
            for fd in (1, 2):  # prints without end, or prints like ours, go nowhere
                os.dup2(os.open(os.devnull, os.O_WRONLY), fd)
            for fd in map(int, os.listdir("/proc/self/fd")):
                if fd > 2 and fd != line.fileno():
                    with contextlib.suppress(OSError):
                        os.close(fd)
            from inside import child

            child.serve(line, self.settings)
        finally:
            os._exit(0)

    def hear(self, said: Lines) -> None:
        """Hand on what the child says, or tell that it has closed its side."""
        lines = said.read()
        for line in lines or []:
            if self.asked:
                self.asked -= 1
                os.write(self.answers, b"C" + line + b"\n")
        if lines is None:
            self.tell({"ended": self.end()})

    def child_ended(self) -> None:
        """Hand on its last words, then tell."""
        for _ in range(LAST_READS):
            if self.said is None or not select.select([self.said.fd], [], [], 0)[0]:
                break
            self.hear(self.said)
        if self.line is not None:
            self.tell({"ended": self.end()})

    def end(self) -> str:
        """Kill the child and everything that it started; returns how it ended."""
        if self.line is None or self.said is None:
            return ""
        for fd in (self.said.fd, self.end_seen):
            self.selector.unregister(fd)
        self.line.close()
        os.close(self.end_seen)
        self.line = self.said = None
        pid, status = os.waitpid(self.child, os.WNOHANG)
        if not pid:
            with contextlib.suppress(OSError):
                os.killpg(self.child, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.kill(self.child, signal.SIGKILL)
            status = os.waitpid(self.child, 0)[1]
        self.leftovers.end_processes()
        code = os.waitstatus_to_exitcode(status)
        return f"by signal {-code}" if code < 0 else f"with exit status {code}"

    def tell(self, message: dict) -> None:
        os.write(self.answers, b"T" + json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
