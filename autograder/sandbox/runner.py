"""The grader's handle on a sandboxed template process, which forks a child for each work."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import CourseError
from autograder.sandbox import inside
from autograder.sandbox.box import Box, Limits
from autograder.sandbox.child import Child, Stopped
from autograder.sandbox.levels import Level
from autograder.sandbox.messages import Line
from autograder.sandbox.processes import cpu_below
from autograder.sandbox.scratch import remove_tree
from autograder.selfcheck.packed import sources
from autograder.selfcheck.program import Program

__all__ = ["Child", "Runner", "SandboxError", "Stopped", "new_token"]

START_SECONDS = 120  # importing torch on a cold machine
FORK_SECONDS = 60  # clearing away what the child before left may take a while
END_SECONDS = 10
START = "import sys; sys.path.insert(0, {code!r}); from inside.template import main; main()"


class SandboxError(RuntimeError):
    """The sandbox itself could not be started: nobody's submission is at fault."""


@dataclass
class Runner:
    """One template process in a sandbox; it starts at the first use, and again after it died.

    `interpret` chooses Triton's interpreter; without it kernels are compiled. `ours` says that it
    runs our own programs alone: what one leaves, Triton's cache above all, stays for the next.
    Raises IsolationError if the level does not work here, SandboxError if no template starts,
    CourseError if the machine is at fault, as with a full disk.
    """

    level: Level
    gpu: bool = False
    interpret: bool = True
    triton: bool = True
    ours: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    hidden: Sequence[Path] = ()
    holder: Child | None = None  # whose process there is now
    _ready: bool = False  # the template has said that it is
    _line: Line | None = None
    _box: Box | None = None
    _process: subprocess.Popen | None = None

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def line(self) -> Line:
        """The pipes to the template. Raises EOFError where none runs."""
        if self._line is None:
            raise EOFError("no sandbox runs")
        return self._line

    @property
    def exchange(self) -> Path:
        """The folder that both sides see, once it has been started."""
        assert self._box is not None
        return self._box.scratch.exchange

    @property
    def exceeded(self) -> str:
        """Which limit the sandbox was ended for: "memory", "processes" or "disk", a colon and a
        sentence; empty if none."""
        return self._box.exceeded if self._box is not None else ""

    def cpu_seconds(self) -> float:
        """Processor seconds of all that lives in the sandbox now."""
        process = self._process
        return cpu_below(process.pid) if process is not None and process.poll() is None else 0.0

    def child(self, program: Program) -> Child:
        """A handle on a process with that program; it is forked when it is first asked."""
        return Child(self, program)

    def begin(self) -> None:
        """Start the template, if none is running, and do not wait until it has imported PyTorch."""
        if self.alive:
            return
        self.close()
        try:
            self._launch()
        except OSError as error:
            self.close()
            raise self.fault_of_machine(error) from None

    def start(self) -> None:
        """Start the template, if none is running, and wait until it is ready."""
        self.begin()
        if self._ready:
            return
        try:
            self.line.hear_template("ready", START_SECONDS)
            self._ready = True
        except (TimeoutError, EOFError) as error:
            said = self.why_ended() or self._last_words() or str(error)
            self.close()
            raise SandboxError(f"No sandbox started at level {self.level.name}: {said}") from None

    def fork(self, child: Child) -> None:
        """A fresh process for that child; one that another child still has ends.

        A template that its last child has damaged is replaced.
        """
        text = "" if self.ours else child.program.source
        work = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        for _ in range(2):
            self.start()
            try:
                self.line.say({"do": "start", "work": work}, FORK_SECONDS)
                self.line.hear_template("started", FORK_SECONDS)
            except (TimeoutError, EOFError):
                self.close()
                continue
            self.clear() if self.holder is not None else None
            if self.alive:
                self.holder = child
                return
        raise SandboxError(f"A fresh sandbox at level {self.level.name} forks no process.")

    def end_child(self) -> None:
        """End the process that there is now, and all that it left."""
        self.holder = None
        if not self.alive:
            self.close()
            return
        try:
            self.line.say({"do": "end"}, END_SECONDS)
            self.line.hear_template("ended", END_SECONDS)
        except (TimeoutError, EOFError):
            self.close()
        else:
            self.clear()

    def close(self) -> None:
        """End the template and every process that it left, and delete the scratch folder."""
        process, box = self._process, self._box
        self._process = self._box = self._line = self.holder = None
        self._ready = False
        if box is None:
            return
        box.end(process)
        if process is not None:
            for pipe in filter(None, (process.stdin, process.stdout)):
                pipe.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
        box.close()

    def clear(self) -> None:
        """Empty the exchange folder; a sandbox whose folder cannot be emptied is given up."""
        try:
            self.exchange.chmod(0o700)  # the child may have closed it
            for entry in os.scandir(self.exchange):
                if entry.is_dir(follow_symlinks=False):
                    remove_tree(Path(entry.path))
                else:
                    os.unlink(entry.path)
            if any(os.scandir(self.exchange)):
                self.close()
        except OSError:
            self.close()

    def why_ended(self) -> str:
        """Which limit a sandbox that has just ended was ended for, as `exceeded`."""
        if not self.exceeded and self._process is not None:  # its guard may just be writing why
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
        return self.exceeded

    def fault_of_machine(self, error: Exception) -> CourseError:
        """What to tell the instructor of a sandbox's files that cannot be written."""
        folder = os.environ.get("TMPDIR") or tempfile.tempdir or "/tmp"
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            what = f"The disk that holds {folder} is full."
        else:
            what = f"The files of a sandbox cannot be written in {folder} ({error})."
        return CourseError(f"{what} Make room there, or set TMPDIR to a folder on another disk.")

    def _launch(self) -> None:
        """Make the sandbox and start the process in it. Raises OSError."""
        # numpy's own threads would start with its import, and a template forks: it has one thread.
        env = {"OPENBLAS_NUM_THREADS": "1", **self.env}
        env |= {"TRITON_INTERPRET": "1"} if self.interpret else {}
        env |= {} if self.gpu else {"CUDA_VISIBLE_DEVICES": ""}
        self._box = box = self.level.box(env=env, limits=self.limits, hidden=self.hidden)
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
        with (box.scratch.root / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                **box.popen_options(),
            )
        self._line = Line(self._process)

    def _last_words(self) -> str:
        """The last line of the process's own error output, for a template that did not start."""
        if self._box is None:
            return ""
        try:
            lines = (self._box.scratch.root / "log").read_text(errors="replace").strip()
        except OSError:
            return ""
        return lines[-2000:].splitlines()[-1] if lines else ""


def new_token() -> str:
    """A name for one order's files that nobody can know beforehand."""
    return secrets.token_hex(8)


def copy_inside(folder: Path) -> None:
    """The code that runs inside: the student half, with the course's own problems, and `inside`."""
    files = {f"selfcheck/{path}": text for path, text in sources().items()}
    for path in Path(inside.__file__).parent.glob("*.py"):
        files[f"inside/{path.name}"] = path.read_text(encoding="utf-8")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
