"""One kernel in one sandbox, driven synchronously by the grader."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.sandbox.box import Limits
from autograder.sandbox.kernel import CappedClient, kernel_manager
from autograder.sandbox.levels import Level

START_SECONDS = 60
INTERRUPT_SECONDS = 2  # how long an interrupted cell may take to stop before the kernel is killed
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
        self._box = level.box(
            env=dict(env or {}), limits=self.limits, scratch_parent=scratch_parent, hidden=hidden
        )
        self.exchange = self._box.scratch.exchange
        self.inside = f"{self._box.root_inside}/exchange"
        self._log = self._box.scratch.root / "log"
        self._process: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._call(self._start(), START_SECONDS)
        except BaseException as error:
            said = self._last_words()
            self.close()
            if isinstance(error, Exception):
                raise SandboxError(f"No kernel started in {level.name}: {error} {said}") from error
            raise

    @property
    def alive(self) -> bool:
        """Whether the kernel still runs."""
        return not self._closed and self._process is not None and self._process.poll() is None

    def run_cell(self, cell: NotebookNode, timeout: float | None = None) -> CellResult:
        """Run a notebook cell and put its outputs on it; `timeout` in seconds."""
        return self._run(cell, timeout, quiet=False)

    def request(self, code: str, timeout: float | None = None) -> CellResult:
        """Run code outside the notebook's history, without its output."""
        return self._run(new_code_cell(code), timeout, quiet=True)

    def close(self) -> None:
        """End the kernel and every process that it left, and delete the scratch folder."""
        if self._closed:
            return
        self._closed = True
        self._kill_group()
        try:
            self._call(self._stop(), SLACK_SECONDS)
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
                run = self._execute(cell, seconds, quiet)
                status, ename, evalue = self._call(run, seconds + INTERRUPT_SECONDS)
            except TimeoutError:
                status, ename, evalue = "timed out", "", f"more than {seconds:g} s"
            except Exception as error:  # the kernel stopped answering in the middle of it
                self._kill_group()
                status, ename, evalue = "crashed", "", f"the kernel does not answer ({error})"
        seconds = time.monotonic() - started
        return CellResult(status, ename[:LONGEST_TEXT], evalue[:LONGEST_TEXT], seconds)

    def _call(self, work: Coroutine, seconds: float) -> Any:
        """Run `work` on the session's loop; past `seconds` and some slack, kill the kernel."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds + SLACK_SECONDS)
        except TimeoutError:
            self._kill_group()
            future.cancel()
            raise

    def _kill_group(self) -> None:
        """Kill without the event loop's help: it may be busy with what the kernel sends."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()  # bwrap and a kernel's group go with it; `sweep` finds the rest
        if not self._closed:
            self._box.sweep()

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace")[-2000:].strip().splitlines()
        except OSError:
            return ""
        return f"({lines[-1]})" if lines else ""

    # --- the session's loop --------------------------------------------------------------------

    async def _start(self) -> None:
        self._manager = kernel_manager(self._box)
        self._client = CappedClient(self._manager, self.limits.output_mib << 20)
        with self._log.open("wb") as log:
            await self._manager.start_kernel(
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._process = self._manager.provisioner.process
        await self._client.connect(START_SECONDS)

    async def _stop(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:  # nbclient leaves pollers behind when a cell is cut short
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._client.kc is not None:
            self._client.kc.stop_channels()
        await self._manager.provisioner.wait()
        await self._manager.cleanup_resources()

    async def _kill(self) -> None:
        provisioner = self._manager.provisioner
        await provisioner.kill()
        await asyncio.wait_for(provisioner.wait(), INTERRUPT_SECONDS)

    async def _execute(
        self, cell: NotebookNode, seconds: float, quiet: bool
    ) -> tuple[str, str, str]:
        index = self._client.begin(cell, quiet)
        run = self._client.async_execute_cell(cell, index, store_history=not quiet)
        task = asyncio.ensure_future(run)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        late = not done
        if late:
            await self._manager.interrupt_kernel()
            done, _ = await asyncio.wait({task}, timeout=INTERRUPT_SECONDS)
        if not done:
            await self._kill()
            task.cancel()
            await asyncio.wait({task}, timeout=INTERRUPT_SECONDS)
        result = await self._outcome(task)
        if not self._client.complete and self.alive:
            self._client.note_truncation(cell)
            await self._client.connect(SLACK_SECONDS / 2)
        if quiet:
            self._client.nb.cells.pop()
        return ("timed out", "", f"more than {seconds:g} s") if late else result

    async def _outcome(self, task: asyncio.Future) -> tuple[str, str, str]:
        if not task.done() or task.cancelled():
            return "crashed", "", ""
        error = task.exception()
        if isinstance(error, DeadKernelError):
            reason = self._exit_reason()
            await self._kill()  # what the dead kernel left behind
            return "crashed", "", reason
        reply = self._client.reply
        if error is None and (not reply or reply.get("status") == "ok"):
            return "ok", "", ""
        if error is None and isinstance(reply.get("status"), str):
            return "error", str(reply.get("ename", "")), str(reply.get("evalue", ""))
        await self._kill()
        return "crashed", "", "the kernel sent something that is no Jupyter message"

    def _exit_reason(self) -> str:
        code = self._process.poll()
        number = -code if code and code < 0 else (code or 0) - 128  # bwrap reports 128 + signal
        if number > 0:
            return f"the process was killed by signal {number}"
        return f"the process ended with exit status {code}"
