"""The timed half of the worker: runs blocks of calls while the grader's clock runs outside.

Nothing that this process says about time decides anything. The grader's clock starts when it tells
where in the inputs' memory each call finds its inputs, and stops when it holds a seal: a checksum
over every bit of every output of the block, which the outputs handed over later must match. So the
work has to happen in between, whatever student code has done to this module or to torch.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable

import torch

from autograder.sandbox.worker import (
    call_entry,
    call_unsynchronised,
    failure,
    find_entry,
    load,
    read_task,
    save,
    write_status,
)

BLOCKS: dict = {}  # what timing keeps between its requests: the task and the inputs' memory
ODD, STEP = 0x2545F4914F6CDD1D, 0x1E3779B97F4A7C15  # odd constants below 2**63 that mix bits well
SEAL_WORDS = 64
PATIENCE = 60  # seconds to wait for the grader's word to begin


def prepare_timing(folder: str, token: str) -> None:
    """Load the inputs' memory, warm up, note the memory that one call adds at its peak."""
    task = read_task(folder, token)
    try:
        BLOCKS.clear()
        memory = load(folder, token, task["device"])
        strides = {n: torch.empty(s, device="meta").stride() for n, s in task["shapes"].items()}
        BLOCKS.update(task=task, strides=strides)
        BLOCKS["memory"] = {name: x.clone() for name, x in memory.items()}
        del memory
        for starts in task["warm"]:
            call_entry(task, inputs_at(starts))
        status = {"status": "ready", "peak_bytes": _peak_bytes(task)}
    except BaseException as error:
        status = failure(error)
    write_status(folder, token, status)


def inputs_at(starts: dict) -> dict:
    """Every value of a call whose inputs begin at these places; nothing is copied."""
    task, memory, strides = BLOCKS["task"], BLOCKS["memory"], BLOCKS["strides"]
    views = {n: memory[n].as_strided(task["shapes"][n], strides[n], at) for n, at in starts.items()}
    return {**task["params"], **views}


def _peak_bytes(task: dict) -> int:
    if task["device"] != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call_entry(task, inputs_at(task["warm"][0]))
    return torch.cuda.max_memory_allocated() - before


def timed_block(folder: str, token: str) -> None:
    """Call the entry point once for each of the places that the grader names, as fast as it goes.

    Says the seal at the end of the timed part, and keeps the outputs if asked to.
    """
    order = read_task(folder, token)
    try:
        milliseconds = _run_block(folder, token, order)
        status = {"status": "timed", "ms": milliseconds}
    except BaseException as error:
        status = failure(error)
    write_status(folder, token, status)


def _run_block(folder: str, token: str, order: dict) -> float:
    """One block; returns the milliseconds per call that this process's own clock saw."""
    task = BLOCKS["task"]
    entry = find_entry(task["entry"])
    for starts in task["warm"]:
        output = call_entry(task, inputs_at(starts))
    # The sealing is rehearsed: torch then has all its kernels and the memory at hand.
    outputs = [{n: x.clone() for n, x in output.items()} for _ in range(order["calls"])]
    seal(stack(outputs))
    del outputs, output
    gc.collect()
    gc.disable()
    go, sealed = open_lines(folder, token)
    try:
        places = hear(go)["places"]
        stop = stopwatch(task["device"])
        outputs = [call_unsynchronised(task, entry, inputs_at(starts)) for starts in places]
        milliseconds = stop()
        stacked = stack(outputs)
        say(sealed, {"seal": seal(stacked)})
    finally:
        gc.enable()
        os.close(go)
        os.close(sealed)
    if order["keep"]:
        BLOCKS[token] = stacked
    return milliseconds / len(places)


def hand_over(folder: str, token: str) -> None:
    """Write the outputs of the block of that token."""
    try:
        save(folder, token, BLOCKS.pop(token))
        status = {"status": "handed over"}
    except BaseException as error:
        status = failure(error)
    write_status(folder, token, status)


def stack(outputs: list[dict]) -> dict:
    """The outputs of all calls, one tensor per name."""
    return {name: torch.stack([one[name] for one in outputs]) for name in outputs[0]}


def seal(stacked: dict) -> list[int]:
    """64 numbers that depend on every bit of the outputs; each of them is (calls, ...).

    First the bit patterns of all calls are added up, word by word: the sums are known only to who
    has all outputs, and none can be put right afterwards by changes as small as the comparison
    allows. Then sums far apart are mixed, so that little is sent.
    """
    rows = [stacked[name].contiguous().flatten(1) for name in sorted(stacked)]
    sums = torch.cat([_words(row).sum(0, dtype=torch.int64) for row in rows])
    sums = torch.nn.functional.pad(sums, (0, -len(sums) % SEAL_WORDS))
    sums += torch.arange(len(sums), device=sums.device) * STEP
    for distance in (1, 4093):
        sums ^= sums >> 29
        sums *= ODD
        sums += sums.roll(distance)
    return (sums ^ (sums >> 32)).view(-1, SEAL_WORDS).sum(0).tolist()


def _words(row: torch.Tensor) -> torch.Tensor:
    """The same memory as whole numbers, the longest that fit: (calls, words)."""
    size = row.shape[1] * row.element_size()
    kinds = {8: torch.int64, 4: torch.int32, 2: torch.int16, 1: torch.uint8}
    return row.view(next(kind for width, kind in kinds.items() if size % width == 0))


def stopwatch(device: str) -> Callable[[], float]:
    """Start measuring; the returned function waits for all streams and gives milliseconds."""
    if device != "cuda":
        start = time.perf_counter()
        return lambda: (time.perf_counter() - start) * 1e3
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()

    def stop() -> float:
        last.record()
        torch.cuda.synchronize()
        return first.elapsed_time(last)

    return stop


def open_lines(folder: str, token: str) -> tuple[int, int]:
    """Open the grader's line and make one of our own, which tells the grader that we are ready."""
    go = os.open(os.path.join(folder, f"go-{token}"), os.O_RDONLY)
    return go, os.open(os.path.join(folder, f"sealed-{token}"), os.O_WRONLY | os.O_CREAT, 0o644)


def hear(handle: int) -> dict:
    """The grader's message, as soon as it is complete."""
    end = time.monotonic() + PATIENCE
    while not (data := os.pread(handle, 1 << 20, 0)).endswith(b"\n"):
        if time.monotonic() > end:
            raise TimeoutError("the grader gave no sign to begin")
    return json.loads(data)


def say(handle: int, message: dict) -> None:
    """Our message to the grader: one line of JSON."""
    os.pwrite(handle, json.dumps(message).encode() + b"\n", 0)
