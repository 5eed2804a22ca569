"""Timing on a GPU: warm-up, cold L2 cache, CUDA events, interleaved, median with spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Measured:
    """Median time of a call, its quartiles (all in milliseconds), and peak memory in GB."""

    name: str
    median_ms: float
    low_ms: float
    high_ms: float
    peak_gb: float


def measure_together(
    functions: Mapping[str, Callable[[], object]], warmup: int, calls: int
) -> list[Measured]:
    """Time the functions on the current GPU, one call of each in turn, so that all of them see
    the same clocks and the same neighbours. The L2 cache is flushed before every call.
    """
    peaks = {}
    for name, function in functions.items():
        for _ in range(warmup):
            function()
        peaks[name] = _peak_gb(function)
    flush = torch.empty(_flush_bytes() // 4, dtype=torch.int32, device="cuda")
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(calls):
        for name, function in functions.items():
            _keep_gpu_busy()
            flush.zero_()
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            function()
            end.record()
            end.synchronize()
            times[name].append(start.elapsed_time(end))
    return [_summary(name, times[name], peaks[name]) for name in functions]


def _summary(name: str, times: list[float], peak_gb: float) -> Measured:
    low, median, high = torch.tensor(times).quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
    return Measured(name, median, low, high, peak_gb)


def _peak_gb(function: Callable[[], object]) -> float:
    """Memory that one call adds at its peak, in GB (1e9 bytes): outputs and buffers, not inputs."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    function()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 1e9


def _flush_bytes() -> int:
    """Four times the L2 cache, at least 256 MiB: writing that leaves no inputs in the cache."""
    cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)
    return max(4 * cache, 256 << 20)


def _keep_gpu_busy() -> None:
    """Let the GPU wait a quarter of a millisecond or more, while Python prepares the timed call.

    Otherwise a call's first launch would be waited for by an idle GPU, and the wait measured.
    """
    if hasattr(torch.cuda, "_sleep"):  # in every torch so far, but not promised
        torch.cuda._sleep(500_000)  # clock cycles
