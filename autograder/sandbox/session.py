"""One kernel in one sandbox, driven synchronously by the grader."""

import asyncio
import contextlib
import subprocess
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.sandbox.box import Limits
from autograder.sandbox.freeze import freeze, thaw
from autograder.sandbox.kernel import INTERRUPT_SECONDS, Kernel
from autograder.sandbox.levels import Level
from autograder.sandbox.processes import below

START_SECONDS = 60
SLACK_SECONDS = 8  # after which the grader's own event loop counts as flooded by messages
LONGEST_TEXT = 4000


class SandboxError(RuntimeError):
    """The sandbox itself could not be started: nobody's submission is at fault."""


@dataclass(frozen=True)
class CellResult:
    """How a cell ended. `ename` and `evalue` are the child's words: show them, never trust them."""

    status: Literal["ok", "error", "timed out", "crashed"]
    ename: str = ""
    evalue: str = ""
    seconds: float = 0.0


class Session:
    """A kernel that lives until `close`, a crash, or a time limit that it ignored.

    Raises IsolationError if the level does not work here and SandboxError if no kernel starts.
    It has its own thread and event loop, so it works in scripts and inside a running loop alike.
    """

    def __init__(
        self,
        level: Level,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        scratch_parent: Path | None = None,
        hidden: Sequence[Path] = (),
    ) -> None:
        self.level = level
        self.limits = limits or Limits()
        self._closed = False
        self._frozen: set[int] = set()
        self._own: set[int] | None = None
        self._box = level.box(
            env=dict(env or {}), limits=self.limits, scratch_parent=scratch_parent, hidden=hidden
        )
        self.exchange = self._box.scratch.exchange
        self.inside = f"{self._box.root_inside}/exchange"
        self._kernel = Kernel(self._box)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._call(self._kernel.start(START_SECONDS), START_SECONDS)
        except BaseException as error:
            said = self._kernel.last_words()
            self.close()
            if isinstance(error, Exception):
                raise SandboxError(f"No kernel started in {level.name}: {error} {said}") from error
            raise

    @property
    def alive(self) -> bool:
        """Whether the kernel still runs."""
        return not self._closed and self._kernel.alive

    @property
    def exceeded(self) -> str:
        """Which limit the session was ended for: "memory", "processes" or "disk", a colon and a
        sentence; empty if none. Ask before `close`."""
        return self._box.exceeded

    def run_cell(self, cell: NotebookNode, timeout: float | None = None) -> CellResult:
        """Run a notebook cell and put its outputs on it; `timeout` in seconds."""
        return self._run(cell, timeout, quiet=False)

    def request(self, code: str, timeout: float | None = None) -> CellResult:
        """Run code outside the notebook's history, without its output."""
        return self._run(new_code_cell(code), timeout, quiet=True)

    def freeze(self) -> None:
        """Stop every process of the sandbox until `thaw`: nothing in it runs unasked."""
        if self.alive:
            self._frozen |= freeze(self._kernel.process.pid)

    def thaw(self) -> None:
        """Let the sandbox's processes go on, or only its own after `remember_own`."""
        awake = self._frozen if self._own is None else self._frozen & self._own
        thaw(awake)
        self._frozen = self._frozen - awake

    def remember_own(self) -> None:
        """Call before student code runs: whatever is started later stays frozen once it is so."""
        self._own = {process.pid for process in below(self._kernel.process.pid)}

    def close(self) -> None:
        """End the kernel and every process that it left, and delete the scratch folder."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        try:
            self._call(self._kernel.stop(), SLACK_SECONDS)
        except Exception:
            pass  # the processes are gone and the loop ends below; there is nothing to save
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(SLACK_SECONDS)
            if not self._thread.is_alive():
                self._loop.close()
            self._box.close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the caller's thread -------------------------------------------------------------------

    def _run(self, cell: NotebookNode, timeout: float | None, quiet: bool) -> CellResult:
        started = time.monotonic()
        seconds = self.limits.cell_seconds if timeout is None else timeout
        status, ename, evalue = "crashed", "", "the kernel is not running"
        if self.alive:
            try:
                run = self._kernel.run(cell, seconds, quiet)
                status, ename, evalue = self._call(run, seconds + INTERRUPT_SECONDS)
            except TimeoutError:
                status, ename, evalue = "timed out", "", f"more than {seconds:g} s"
            except Exception as error:  # the kernel stopped answering in the middle of it
                self._kill()
                status, ename, evalue = "crashed", "", f"the kernel does not answer ({error})"
        taken = time.monotonic() - started
        return CellResult(status, ename[:LONGEST_TEXT], evalue[:LONGEST_TEXT], taken)

    def _call(self, work: Coroutine, seconds: float) -> Any:
        """Run `work` on the session's loop; past `seconds` and some slack, kill the kernel."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds + SLACK_SECONDS)
        except TimeoutError:
            self._kill()
            future.cancel()
            raise

    def _kill(self) -> None:
        """Kill without the event loop's help: it may be busy with what the kernel sends."""
        process = self._kernel.process
        self._box.end(process)
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(INTERRUPT_SECONDS)
