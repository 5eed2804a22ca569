"""The grader's handle on a sandboxed template process, and on the child it forks for one work."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import autograder.selfcheck
from autograder.sandbox import inside
from autograder.sandbox.box import Box, Limits
from autograder.sandbox.exchange import BadAnswer, json_object, read_answer, write_tensors
from autograder.sandbox.levels import Level
from autograder.sandbox.scratch import remove_tree
from autograder.selfcheck.regions import Program
from autograder.text import clean_text

START_SECONDS = 120  # importing torch on a cold machine
END_SECONDS = 5
LONGEST_ANSWER = 1 << 20  # bytes of one message
START = "import sys; sys.path.insert(0, {code!r}); from inside.template import main; main()"


class SandboxError(RuntimeError):
    """The sandbox itself could not be started: nobody's submission is at fault."""


class Stopped(Exception):
    """The child did not answer: it crashed, or ran out of time. `status` says which."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass
class Runner:
    """One template process in a sandbox; it starts at the first use, and again after it died.

    `interpret` chooses Triton's interpreter; without it kernels are compiled. Raises IsolationError
    if the level does not work here, SandboxError if no template starts.
    """

    level: Level
    gpu: bool = False
    interpret: bool = True
    triton: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    hidden: Sequence[Path] = ()
    _box: Box | None = None
    _process: subprocess.Popen | None = None
    _rest: bytes = b""

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exchange(self) -> Path:
        """The folder that both sides see."""
        return self._box.scratch.exchange

    @property
    def exceeded(self) -> str:
        """Which limit the sandbox was ended for: "memory", "processes" or "disk", a colon and a
        sentence; empty if none."""
        return self._box.exceeded if self._box is not None else ""

    def child(self, program: Program) -> Child:
        """A fresh child with that program in it."""
        return Child(self, program)

    def start(self) -> None:
        """Start the template, if none is running."""
        if self.alive:
            return
        self.close()
        env = {"SELFCHECK": "off", **self.env}
        env |= {"TRITON_INTERPRET": "1"} if self.interpret else {}
        env |= {} if self.gpu else {"CUDA_VISIBLE_DEVICES": ""}
        self._box = self.level.box(env=env, limits=self.limits, hidden=self.hidden)
        box = self._box
        copy_inside(box.scratch.code)
        settings = {
            "rlimits": box.rlimits(),
            "die_with_parent": box.level != "bubblewrap",
            "alone": box.level != "plain",
            "gpu": self.gpu,
            "triton": self.triton,
            "exchange": f"{box.root_inside}/exchange",
        }
        code = START.format(code=f"{box.root_inside}/code")
        command = box.command([sys.executable, "-c", code, json.dumps(settings)])
        log = (box.scratch.root / "log").open("wb")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        with log:
            self._process = subprocess.Popen(command, **pipes, **box.popen_options())
        try:
            ready = self.hear(START_SECONDS)
        except (TimeoutError, EOFError, BadAnswer) as error:
            said = self._last_words() or self.exceeded or str(error)
            self.close()
            raise SandboxError(f"No sandbox started at level {self.level.name}: {said}") from None
        if ready != {"ready": True}:
            raise SandboxError(f"The sandbox began with something else: {ready}")

    def close(self) -> None:
        """End the template and every process that it left, and delete the scratch folder."""
        process, box = self._process, self._box
        self._process, self._box, self._rest = None, None, b""
        if box is None:
            return
        box.end(process)
        if process is not None:
            process.stdin.close()
            process.stdout.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
        box.close()

    def say(self, order: dict[str, Any]) -> None:
        """Send one message. Raises EOFError where nobody is there to read it."""
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise EOFError("the sandbox has ended") from None

    def hear(self, seconds: float) -> dict[str, Any]:
        """The next message. Raises TimeoutError, EOFError at the end, BadAnswer for a bad one."""
        deadline, fd = time.monotonic() + seconds, self._process.stdout.fileno()
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise TimeoutError(f"no answer within {seconds:g} s")
            data = os.read(fd, 1 << 16)
            if not data:
                raise EOFError("the sandbox has ended")
            self._rest += data
            if len(self._rest) > LONGEST_ANSWER:
                raise BadAnswer("A message is too long.")
        line, _, self._rest = self._rest.partition(b"\n")
        return json_object(line)

    def clear(self) -> None:
        """Empty the exchange folder; a sandbox whose folder cannot be emptied is given up."""
        try:
            for entry in os.scandir(self.exchange):
                if entry.is_dir(follow_symlinks=False):
                    remove_tree(Path(entry.path))
                else:
                    os.unlink(entry.path)
            if any(os.scandir(self.exchange)):
                self.close()
        except OSError:
            self.close()

    def _last_words(self) -> str:
        """The last line of the process's own error output, for a template that did not start."""
        try:
            lines = (self._box.scratch.root / "log").read_text(errors="replace").strip()
        except OSError:
            return ""
        return lines[-2000:].splitlines()[-1] if lines else ""


@dataclass
class Child:
    """A process of one student's: forked at the first order, gone after `end` or `Stopped`."""

    runner: Runner
    program: Program
    running: bool = False

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(
        self,
        order: dict[str, Any],
        seconds: float,
        tensors: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send an order, with its tensors if it has some; the child's own words come back.

        Raises Stopped when the process died or did not answer in time, BadAnswer when it said
        something else; the next order then gets a fresh one. A program that does not load answers
        for the order.
        """
        if not self.running:
            loaded = self._start(seconds)
            if loaded.get("status") != "loaded":
                self.end()
                return loaded
        if tensors is not None:
            write_tensors(self._file("inputs", order["token"]), tensors)
        return self._exchange(order, seconds)

    def fetch(self, token: str, expected: dict) -> dict:
        """The answer's tensors, checked for names, dtype and shape. Raises BadAnswer."""
        found = read_answer(self._file("answer", token), expected)
        for kind in ("inputs", "answer"):
            with contextlib.suppress(OSError):
                self._file(kind, token).unlink()
        return found

    def end(self) -> None:
        """End the process, if there is one, and all that it left."""
        if not self.running:
            return
        self.running = False
        if not self.runner.alive:
            return
        try:
            self.runner.say({"do": "end"})
            while "ended" not in self.runner.hear(END_SECONDS):
                pass
            self.runner.clear()
        except (TimeoutError, EOFError, BadAnswer):
            self.runner.close()

    def _start(self, seconds: float) -> dict[str, Any]:
        self.runner.start()
        self.running = True
        self._exchange({"do": "start"}, START_SECONDS)
        spans = {region: list(span) for region, span in self.program.spans.items()}
        return self._exchange(
            {"do": "load", "source": self.program.source, "spans": spans}, seconds
        )

    def _exchange(self, order: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            self.runner.say(order)
            status = self.runner.hear(seconds)
        except TimeoutError:
            self.end()
            raise Stopped("timed out", f"No answer within {seconds:.0f} s.") from None
        except EOFError:
            raise self._died("") from None
        except BadAnswer:
            self.end()
            raise
        if "ended" in status:
            raise self._died(clean_text(status["ended"]))
        return status

    def _died(self, how: str) -> Stopped:
        """What to tell of a child that ended by itself."""
        over = self.runner.exceeded
        if not over and not how:  # the whole sandbox is gone: its guard may just be writing why
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.runner._process.wait(END_SECONDS)
            over = self.runner.exceeded
        self.running = False
        if over or not how:
            self.runner.close()
        else:
            self.runner.clear()
        if over:
            kind, _, limit = over.partition(": ")
            status = "out of memory" if kind == "memory" else "crashed"
            return Stopped(status, f"The call was ended for using {clean_text(limit)}.")
        return Stopped("crashed", f"The process ended {how} during the call.".replace("  ", " "))

    def _file(self, kind: str, token: str) -> Path:
        return self.runner.exchange / f"{kind}-{token}.safetensors"


def new_token() -> str:
    """A name for one order's files that nobody can know beforehand."""
    return secrets.token_hex(8)


def copy_inside(folder: Path) -> None:
    """The code that runs inside: the student half, and the folder `inside`."""
    for package in (autograder.selfcheck, inside):
        source = Path(package.__file__).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / source.name, ignore=ignored, dirs_exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
