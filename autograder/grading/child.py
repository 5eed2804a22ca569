"""The grader's handle on one submission's process: run its notebook, send cases, fetch answers."""

from __future__ import annotations

import os
import re
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.generate.flatten import flatten
from autograder.grading.turns import shared_turn
from autograder.sandbox import timed, unseen, watch, worker
from autograder.sandbox.exchange import (
    BadAnswer,
    read_answer,
    read_small_json,
    write_json,
    write_tensors,
)
from autograder.sandbox.levels import Level
from autograder.sandbox.session import CellResult, Limits, Session

START_SECONDS = 120  # importing torch on a cold machine
MAX_STARTS = 4  # a submission that keeps killing its process is not started more often
ERROR_TEXT = 600  # characters of a student's own error message that are kept
# In the grader's environment: the part of the GPU's memory that one submission may take, so that
# one that takes all it can get does not leave others without. Unset: all of it.
GPU_SHARE = "GRADER_GPU_SHARE"


class Stopped(Exception):
    """The child did not answer: it crashed, or ran out of time. `status` says which."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass
class Times:
    """Time limits in seconds: one notebook cell, one case, the whole notebook."""

    cell: float
    case: float
    notebook: float


@dataclass
class Child:
    """One submission's kernel. It is started at the first use and again after it died.

    A cell that crashed the process or ran out of time is skipped at the next start, so that a
    stray cell does not cost the rest of the work; `notes` tells what happened.
    """

    nb: NotebookNode
    level: Level
    times: Times
    gpu: bool
    hidden: tuple[Path, ...] = ()
    memory_gib: float = Limits.memory_gib
    notes: list[str] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    starts: int = 0
    _skip: dict[int, CellResult] = field(default_factory=dict)
    _session: Session | None = None
    _deadline: float = 0.0
    _worker: str = field(default_factory=lambda: f"worker_{secrets.token_hex(8)}")

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.times.notebook

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process and run the notebook, if that has not happened yet. Raises Stopped."""
        _ = self.session

    def close(self) -> None:
        """End the process; the next request starts a new one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def exchange(self) -> Path:
        """The exchange folder of the running session."""
        return self.session.exchange

    @property
    def session(self) -> Session:
        """A running session in which the notebook has been run.

        Raises Stopped when the notebook cannot be brought to an end.
        """
        if self._session is not None and self._session.alive:
            return self._session
        while True:
            self.close()
            if self.starts >= MAX_STARTS:
                raise Stopped(*self._why_given_up())
            self.starts += 1
            if self._start():
                return self._session

    def _start(self) -> bool:
        """Start a session and run the notebook; False if a cell ended the session."""
        env = {"SELFCHECK": "off"} | ({} if self.gpu else {"TRITON_INTERPRET": "1"})
        if self.gpu and GPU_SHARE in os.environ:
            env[GPU_SHARE] = os.environ[GPU_SHARE]
        limits = Limits(cell_seconds=self.times.cell, memory_gib=self.memory_gib)
        self._session = Session(self.level, env=env, limits=limits, hidden=self.hidden)
        boot = self._session.request(worker_source(self._worker), START_SECONDS)
        if boot.status != "ok":
            raise RuntimeError(f"The worker did not start: {boot.ename} {boot.evalue}")
        self._session.remember_own()
        for position, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip() or position in self._skip:
                continue
            with shared_turn():
                left = self._time_left()
                result = self._session.run_cell(cell, min(self.times.cell, left))
            if result.status in ("timed out", "crashed"):
                self._skip[position] = result
                self.notes.append(self._cell_note(position, result))
            if result.status == "error":
                self.errors[position] = f"{result.ename}: {result.evalue}"[:ERROR_TEXT]
            if not self._session.alive:
                return False
        self._session.freeze()
        return True

    def _cell_note(self, position: int, result: CellResult) -> str:
        over = clean_text(self._session.exceeded.partition(": ")[2])
        if result.status == "timed out":
            what = f"was stopped after {result.seconds:.0f} s"
        else:
            what = f"was ended for using {over}" if over else "ended the Python process"
        return f"Cell {position + 1} {what}; the notebook was run without it."

    def _why_given_up(self) -> tuple[str, str]:
        last = list(self._skip.values())[-1] if self._skip else None
        if last is not None and last.status == "timed out":
            return "timed out", "The notebook kept running out of time."
        return "crashed", f"The Python process ended {self.starts} times."

    def _time_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Stopped("timed out", f"The notebook used its {self.times.notebook:.0f} s.")
        return left

    def request(self, function: str, token: str, seconds: float) -> dict[str, Any]:
        """Call a worker function and return the status it wrote: the child's own words.

        The child's process runs only while a request waits for it: it cannot work ahead, nor slow
        down others in between. What its cells have started runs no more: answers are its own work.
        Raises Stopped when the process died or did not answer in time; it is then gone.
        """
        session = self.session
        limit = min(seconds, self._time_left())
        worker = f"__import__('sys').modules[{self._worker!r}]"
        code = f"{worker}.{function}({session.inside!r}, {token!r})"
        session.thaw()
        try:
            result = session.request(code, limit)
        finally:
            session.freeze()
        if result.status == "timed out":
            self.close()
            raise Stopped("timed out", f"No answer within {limit:.0f} s.")
        if result.status == "crashed" or not session.alive:
            kind, _, over = session.exceeded.partition(": ")
            self.close()
            if over:
                status = "out of memory" if kind == "memory" else "crashed"
                raise Stopped(status, f"The call was ended for using {clean_text(over)}.")
            raise Stopped("crashed", "The Python process ended during the call.")
        try:
            status = read_small_json(session.exchange / f"status-{token}.json")
        except BadAnswer:
            text = f"{result.ename}: {result.evalue}".strip(": ") or "no status came back"
            return {"status": "error", "detail": text[:ERROR_TEXT]}
        if status.get("status") == "crashed":
            self.close()
            raise Stopped("crashed", clean_text(status.get("detail", "")))
        return status

    def send(self, task: dict[str, Any], tensors: dict) -> str:
        """Put a case into the exchange folder; returns its token."""
        token = secrets.token_hex(8)
        folder = self.exchange
        write_tensors(folder / f"inputs-{token}.safetensors", tensors)
        write_json(folder / f"task-{token}.json", task)
        return token

    def fetch(self, token: str, expected: dict) -> dict:
        """The answer's tensors, checked for names, dtype and shape. Raises BadAnswer."""
        return read_answer(self.exchange / f"answer-{token}.safetensors", expected)

    def forget(self, token: str) -> None:
        """Delete a case's files, so that the folder does not grow."""
        if self._session is None:
            return
        for path in self._session.exchange.glob(f"*-{token}*"):
            path.unlink(missing_ok=True)


def worker_source(name: str) -> str:
    """Code that defines the worker in the child, as a module whose name no student can write down
    beforehand: looking for it in `sys.modules` is a violation of every problem's policy.
    """
    parts = (unseen, watch, worker, timed)
    texts = [Path(part.__file__).read_text(encoding="utf-8") for part in parts]
    own = re.compile(r"^from (autograder|__future__)\S* import (\([^)]*\)|.*)\n", re.MULTILINE)
    source = "\n\n".join([flatten(["calling", "memory"]), *(own.sub("", text) for text in texts)])
    return (
        "import sys, types\n"
        f"_m = types.ModuleType({name!r})\n"
        f"exec(compile({source!r}, {name!r}, 'exec'), _m.__dict__)\n"
        "_m.keep_in_sight(_m.Counted)\n"
        f"sys.modules[{name!r}] = _m\n"
        "del _m, sys, types\n"
    )


def clean_text(value: object, limit: int = ERROR_TEXT) -> str:
    """Text from a child made fit for a report: a string of printable characters, cut to length."""
    text = value if isinstance(value, str) else ""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(c if c.isprintable() else " " for c in text)[:limit].strip()
