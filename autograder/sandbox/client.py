"""An nbclient that listens to a kernel without trusting it."""

import json
from typing import Any

from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output

OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")
TRUNCATED = "\n[The rest of this cell's output was left out: it is too long.]\n"


class CappedClient(NotebookClient):
    """An nbclient that keeps at most `limit` bytes of output per cell and only valid outputs."""

    def __init__(self, manager: AsyncKernelManager, limit: int) -> None:
        super().__init__(
            new_notebook(),
            km=manager,
            timeout=None,  # Session keeps the time, also for a kernel that ignores interrupts
            skip_cells_with_tag="",
            iopub_timeout=2,  # for output that is still on its way when the reply is there
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            on_cell_executed=self._keep_reply,
        )
        self.limit = limit
        self.room = 0
        self.quiet = False
        self.reply: dict[str, Any] = {}
        self.complete = True  # whether the kernel said that the cell's output is complete

    def begin(self, cell: NotebookNode, quiet: bool) -> int:
        """Get ready for a cell; `quiet` drops its output. Returns its index."""
        self.room, self.quiet, self.reply, self.complete = self.limit, quiet, {}, False
        self.nb.cells.append(cell)
        return len(self.nb.cells) - 1

    def _keep_reply(self, execute_reply: dict[str, Any], **_: Any) -> None:
        self.reply = execute_reply["content"]

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Pass on what a notebook may hold; drop widgets, malformed messages and floods."""
        kind = msg["msg_type"]
        if kind == "status":
            self.complete = msg["content"]["execution_state"] == "idle"
            return super().process_message(msg, cell, cell_index)
        if self.quiet or (kind != "clear_output" and kind not in OUTPUTS) or self.room < 0:
            return None
        try:
            msg["content"] = clean(msg["content"])
            self.room -= len(json.dumps(msg["content"]))
            if self.room >= 0:
                return super().process_message(msg, cell, cell_index)
            self.note_truncation(cell)
        except CellControlSignal:
            raise
        except Exception:
            self.log.debug("a malformed message was dropped", exc_info=True)
        return None

    def note_truncation(self, cell: NotebookNode) -> None:
        """Tell the reader that output is missing."""
        if not self.quiet:
            cell.outputs.append(new_output("stream", name="stderr", text=TRUNCATED))

    async def connect(self, timeout: float) -> None:
        """Open the channels to the kernel, new ones if there are some.

        A message above the size limit closes its channel for good, hence the second use of this.
        """
        if self.kc is not None:
            self.kc.stop_channels()
        # The manager's context carries the limits on messages.
        self.kc = self.km.client(context=self.km.context)
        self.kc.start_channels(stdin=False, hb=False)
        await self.kc.wait_for_ready(timeout=timeout)


def clean(value: Any) -> Any:
    """Replace characters that no file can hold (lone surrogates) in all strings of a message."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value
