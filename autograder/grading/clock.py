"""The grader's own clock around a block of calls in another process."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from autograder.grading.child import Child, clean_text
from autograder.grading.pool import Pool, Starts
from autograder.sandbox.exchange import create_line, hear_line, open_answer, say_line, write_json
from autograder.selfcheck.problem import Tensors

WARMUP = 3  # calls before each block, which also bring the GPU's clock up
SPIN_SECONDS = 2  # then half a millisecond between two looks is exact enough


class NotTimed(Exception):
    """A process gave no time. `status` is the verdict's; the message says why."""

    def __init__(self, detail: str, status: str = "error") -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True)
class Block:
    """One timed block: milliseconds per call by the grader's clock and by the process's own."""

    ms: float
    reported_ms: float
    token: str
    places: list[Starts]
    seal: list[int]


@dataclass
class Stopwatch:
    """Times blocks of one process's calls, `calls` each, on inputs from the pool."""

    child: Child
    pool: Pool
    task: dict[str, Any]
    calls: int
    rng: random.Random
    blocks: list[Block] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def best_ms(self) -> float:
        """The fastest block: every block's work is verified, and a disturbance only adds time."""
        return min(block.ms for block in self.blocks)

    def prepare(self) -> None:
        """Give the process the inputs' memory and let it warm up. Raises NotTimed, Stopped."""
        task = self.task | self.pool.as_task(self.rng, WARMUP)
        token = self.child.send(task, self.pool.memory)
        status = self.child.request("prepare_timing", token, self.child.times.case)
        self.child.forget(token)
        expect(status, "ready")
        peak = status.get("peak_bytes")
        self.peak_bytes = peak if isinstance(peak, int) else 0

    def run(self, places: list[Starts] | None = None, keep: bool = False) -> Block:
        """Time one block, on inputs at these places or at new ones; with `keep`, for `fetch`.

        The clock runs from before the places can be read until the seal over all outputs is there:
        whatever the process does to its own clocks, all the work lies in between.
        """
        folder, token = self.child.exchange, secrets.token_hex(8)
        places = places or self.pool.places(self.rng, self.calls)
        write_json(folder / f"task-{token}.json", {"calls": self.calls, "keep": keep})
        with ExitStack() as closing:
            go = create_line(folder / f"go-{token}")
            closing.callback(os.close, go)
            helper = closing.enter_context(ThreadPoolExecutor(1))
            answer = helper.submit(self.child.request, "timed_block", token, self.child.times.case)
            wait(lambda: os.path.exists(folder / f"sealed-{token}"), answer)
            sealed = open_answer(folder / f"sealed-{token}")
            closing.callback(os.close, sealed)
            start = time.perf_counter()
            say_line(go, {"places": places})
            message = wait(lambda: hear_line(sealed), answer)
            taken = (time.perf_counter() - start) * 1e3
            status = answer.result()
        expect(status, "timed")
        reported = status.get("ms")
        known = isinstance(reported, (int, float)) and 0 <= reported < 1e7
        block = Block(
            ms=taken / self.calls,
            reported_ms=float(reported) if known else 0.0,
            token=token,
            places=places,
            seal=message.get("seal"),
        )
        self.blocks.append(block)
        return block

    def fetch(self, block: Block, forms: dict, device: str) -> Tensors:
        """A block's outputs, those of all calls stacked; `forms` gives dtype and shape of one."""
        expect(self.child.request("hand_over", block.token, self.child.times.case), "handed over")
        stacked = {n: (dtype, (len(block.places), *shape)) for n, (dtype, shape) in forms.items()}
        answer = self.child.fetch(block.token, stacked)
        self.child.forget(block.token)
        return {name: x.to(device) for name, x in answer.items()}


def wait(look: Callable[[], Any], answer: Future) -> Any:
    """What `look` finds, as soon as it finds something.

    Raises what ended the request instead, or NotTimed if it just ended.
    """
    start = time.perf_counter()
    while not (found := look()):
        if answer.done() and not (found := look()):
            expect(answer.result(), "")
        if time.perf_counter() - start > SPIN_SECONDS:
            time.sleep(0.0005)
    return found


def expect(status: dict[str, Any], wanted: str) -> None:
    """Raise NotTimed unless the process reports this. It may only choose among failures."""
    found = status.get("status")
    if found == wanted:
        return
    kind = found if found in ("error", "out of memory", "wrong answer") else "error"
    raise NotTimed(f"The timed calls did not run: {clean_text(status.get('detail'))}", kind)
