"""Arbitrary Python run in a sandbox: it is made a program, which a child loads when first asked.

Students' regions cannot hold such Python; these tests ask what would be if they could.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch

from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.levels import LEVELS, Level
from autograder.sandbox.processes import only_chain
from autograder.sandbox.runner import Child, Runner, Stopped, new_token
from autograder.selfcheck.memory import GUARD
from autograder.selfcheck.program import Program

TASK = {
    "entry": "entry",
    "method": "",
    "args": ["x"],
    "kwargs": [],
    "grads": [],
    "outputs": ["O"],
    "params": {},
    "layout": "contiguous",
    "device": "cpu",
}
X = torch.arange(6.0)
EXPECTED = {"O": (torch.float32, (6,))}
GOOD = "def entry(x):\n    return x + 1\n"
PRELUDE = """
import ctypes, json, os, signal, socket, subprocess, sys, time
EXCHANGE = {exchange!r}
found = []  # what is in it at the end of the program comes back
def lines():
    "The file descriptors of the line to the template."
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if fd > 2 and os.readlink(f"/proc/self/fd/{{fd}}").startswith("socket:"):
                yield fd
        except OSError:
            pass
"""
FOUND = "\njson.dump(found, open(EXCHANGE + '/found', 'w'))\n"


@dataclass(frozen=True)
class Outcome:
    """How it went: the child's status, that of `Stopped`, or "bad answer"; and what it `found`."""

    status: str
    detail: str = ""
    found: Any = None


def run(runner: Runner, code: str, seconds: float = 30, entry: str = GOOD) -> Outcome:
    """Load `code` in a fresh child and ask it for an answer. No other exception may come out."""
    runner.start()
    exchange = f"{runner._box.root_inside}/exchange"
    source = PRELUDE.format(exchange=exchange) + code + FOUND + entry
    with runner.child(Program(source, {})) as child:
        try:
            said = ask(child, seconds)
        except Stopped as stopped:
            return Outcome(stopped.status, stopped.detail)
        except BadAnswer as bad:
            return Outcome("bad answer", str(bad))
        try:
            found = json.loads((runner.exchange / "found").read_text())
        except (OSError, ValueError):
            found = None
        return Outcome(str(said.get("status")), str(said.get("detail", "")), found)


def ask(child: Child, seconds: float = 30) -> dict[str, Any]:
    """One case; an answer is fetched and must be x + 1."""
    token = new_token()
    said = child.ask({"do": "case", "token": token, "task": TASK}, seconds, {"x": X})
    if said.get("status") == "answered":
        memory = {"memory of x": (torch.float32, (6 + 2 * GUARD,))}
        assert torch.equal(child.fetch(token, EXPECTED | memory)["O"], X + 1)
    return said


def assert_whole(runner: Runner) -> None:
    """Nothing is left of the child before, and the next one answers as if it were the first."""
    if runner.alive:
        assert only_chain(runner._process.pid, 3), "a process is left"
        assert list(runner.exchange.iterdir()) == []
    seen = run(runner, LOOK_AROUND)
    assert (seen.status, seen.found) == ("answered", [[], 0]), seen


LOOK_AROUND = """
folders = {os.environ["HOME"], os.environ["TMPDIR"], EXCHANGE} | (
    {"/dev/shm"} if EXCHANGE.startswith("/scratch") else set())
left = [(f, n) for f in folders for n in os.listdir(f) if not n.startswith(("tmp", "inputs-"))]
# A mounted Python environment may itself lie below /tmp: the folders on the way to it are not left.
mounted = (sys.prefix + "/", sys.base_prefix + "/")
own = [n for f, n in left if not any(way.startswith(os.path.join(f, n, "")) for way in mounted)]
found = [own, os.getpriority(os.PRIO_PROCESS, 0)]
"""


def by_name(name: str) -> Level:
    return next(level for level in LEVELS if level.name == name)
