"""The GPU, as timing needs it: kept busy, flushed, marked with events, its calls recorded."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .sketches import Tensors


class Card:
    """The GPU: what timing needs of it. Tests put a clock of their own in its place."""

    def __init__(self) -> None:
        cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)
        self._flush = torch.empty(max(4 * cache, 256 << 20) // 4, dtype=torch.int32, device="cuda")
        self._cycles = 1e6  # a millisecond's, until measured
        for ms in (10.0, 4.0):  # the first brings the clock up
            start = self.mark()
            self.busy(ms)
            end = self.mark()
            self.wait()
            self._cycles *= ms / max(self.between(start, end), ms / 100)

    def busy(self, ms: float) -> None:
        """Let the GPU do nothing for that long, while what follows queues up behind."""
        torch.cuda._sleep(int(ms * self._cycles))

    def flush(self) -> None:
        """Leave nothing of the inputs in the L2 cache."""
        self._flush.zero_()

    def mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def passed(self, mark: torch.cuda.Event) -> bool:
        """Whether the GPU has come to that mark already."""
        return mark.query()

    def between(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """Milliseconds from one mark to the other."""
        return start.elapsed_time(end)

    def wait(self) -> None:
        torch.cuda.synchronize()

    def peak(self, call: Callable[[], object]) -> int:
        """The bytes that a call adds at its peak: outputs and buffers, not inputs."""
        self.wait()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        self.wait()
        return torch.cuda.max_memory_allocated() - before

    def capture(self, call: Callable[[], Tensors]) -> tuple[Callable[[], None], Tensors]:
        """Record all that a call asks of the GPU: a function that has it done again, and the
        outputs that it writes each time. Raises where the call waits for the GPU meanwhile.
        """
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = call()
        return graph.replay, outputs

    def release(self) -> None:
        """Give memory that is not in use back to others."""
        torch.cuda.empty_cache()
