"""A standard ipykernel in a `Box`: started, run cell by cell, and ended."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import zmq
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from autograder.sandbox import boot
from autograder.sandbox.box import Box
from autograder.sandbox.client import CappedClient, clean
from autograder.sandbox.provisioner import SandboxProvisioner

INTERRUPT_SECONDS = 2  # how long an interrupted cell may take to stop before the kernel is killed
QUEUED_MESSAGES = 16  # per channel; with the limit on a message's size this bounds our memory


class _OneSpec(KernelSpecManager):
    """Knows one kernel spec, given in memory."""

    spec: KernelSpec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return self.spec


def kernel_manager(box: Box) -> AsyncKernelManager:
    """A manager whose kernel starts inside `box` and talks through unix sockets in its scratch."""
    settings = {"rlimits": box.rlimits(), "die_with_parent": box.level != "bubblewrap"}
    arguments = ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
    specs = _OneSpec()
    specs.spec = KernelSpec(
        argv=[sys.executable, "-c", _boot_text(), json.dumps(settings), *arguments],
        display_name="sandbox",
        language="python",
        interrupt_mode="message",  # a signal would hit bwrap, not the kernel behind it
        metadata={"kernel_provisioner": {"provisioner_name": "sandbox-provisioner"}},
    )
    manager = AsyncKernelManager(
        kernel_name="sandbox",
        kernel_spec_manager=specs,
        transport="ipc",
        ip=str(box.scratch.run / "k"),
        connection_file=str(box.scratch.root / "kernel.json"),
    )
    manager.context.setsockopt(zmq.MAXMSGSIZE, (box.limits.output_mib + 4) << 20)
    manager.context.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
    manager.context.setsockopt(zmq.LINGER, 0)
    # Given directly rather than looked up: entry points need an installed package and cost time.
    provisioner = SandboxProvisioner(kernel_id="", kernel_spec=specs.spec, parent=manager)
    provisioner.box = box
    manager.provisioner = provisioner
    return manager


def _boot_text() -> str:
    return Path(boot.__file__).read_text(encoding="utf-8")


class Kernel:
    """The kernel of one session; every coroutine here runs on the session's event loop."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.process: subprocess.Popen | None = None
        self._log = box.scratch.root / "log"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def start(self, timeout: float) -> None:
        """Start the kernel and wait until it answers. Raises RuntimeError if it does not."""
        self._manager = kernel_manager(self.box)
        self._client = CappedClient(self._manager, self.box.limits.output_mib << 20)
        with self._log.open("wb") as log:
            await self._manager.start_kernel(stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.process = self._manager.provisioner.process
        await self._client.connect(timeout)

    async def run(self, cell: NotebookNode, seconds: float, quiet: bool) -> tuple[str, str, str]:
        """Run a cell, interrupt it after `seconds`, kill a kernel that does not care.

        Returns status, ename and evalue as in `CellResult`; `quiet` drops the output.
        """
        client = self._client
        index = client.begin(cell, quiet)
        run = client.async_execute_cell(cell, index, store_history=not quiet)
        task = asyncio.ensure_future(run)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        late = not done
        if late:
            await self._manager.interrupt_kernel()
            done, _ = await asyncio.wait({task}, timeout=INTERRUPT_SECONDS)
        if not done:
            await self.kill()
            task.cancel()
            await asyncio.wait({task}, timeout=INTERRUPT_SECONDS)
        result = await self._outcome(task)
        if client.reply and not client.complete and self.alive:
            client.note_truncation(cell)
            await self._reconnect()
        if quiet:
            client.nb.cells.pop()
        return ("timed out", "", f"more than {seconds:g} s") if late else result

    async def kill(self) -> None:
        """Kill the kernel and what it started."""
        provisioner = self._manager.provisioner
        await provisioner.kill()
        await asyncio.wait_for(provisioner.wait(), INTERRUPT_SECONDS)

    async def stop(self) -> None:
        """Close the channels to a kernel that has been killed."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:  # nbclient leaves pollers behind when a cell is cut short
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._client.kc is not None:
            self._client.kc.stop_channels()
        await self._manager.provisioner.wait()
        await self._manager.cleanup_resources()

    def last_words(self) -> str:
        """The last line of the process's own error output, for a kernel that did not start."""
        try:
            lines = self._log.read_text(errors="replace")[-2000:].strip().splitlines()
        except OSError:
            return ""
        return f"({lines[-1]})" if lines else ""

    async def _reconnect(self) -> None:
        try:
            await asyncio.wait_for(self._client.connect(INTERRUPT_SECONDS), 2 * INTERRUPT_SECONDS)
        except (TimeoutError, RuntimeError):
            await self.kill()  # it floods the channels or does not answer: nothing more to get

    async def _outcome(self, task: asyncio.Future) -> tuple[str, str, str]:
        if not task.done() or task.cancelled():
            return "crashed", "", ""
        error = task.exception()
        if isinstance(error, DeadKernelError):
            reason = self._exit_reason()
            await self.kill()  # what the dead kernel left behind
            return "crashed", "", reason
        reply = self._client.reply
        if error is None and (not reply or reply.get("status") == "ok"):
            return "ok", "", ""
        if error is None and isinstance(reply.get("status"), str):
            return "error", clean(str(reply.get("ename", ""))), clean(str(reply.get("evalue", "")))
        await self.kill()
        return "crashed", "", "the kernel sent something that is no Jupyter message"

    def _exit_reason(self) -> str:
        if reason := self.box.exceeded:
            return reason
        code = self.process.poll() if self.process else None
        number = -code if code and code < 0 else (code or 0) - 128  # the guard adds 128 to a signal
        if number > 0:
            return f"the process was killed by signal {number}"
        return f"the process ended with exit status {code}"
