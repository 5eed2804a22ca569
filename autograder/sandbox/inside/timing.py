"""Timing in the child: events of the GPU around every call, on inputs that no call had before.

All of this is the grader's own code: a region runs inside a kernel and reaches no clock. What it
could still do is reuse an earlier answer, or have its call counted before it is done. So every call
gets inputs of its own, the cache is flushed before it, its outputs are summed up (and some of them
copied) before the next call begins, and their memory is then overwritten with NaN.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from safetensors.torch import load_file
from selfcheck.calling import invoke
from selfcheck.problem import find_problem

from .card import Card
from .cuts import Starts, cut
from .sketches import Tensors, poison, random_signs, sketch, stacked, to_host

SHORTEST, LONGEST = 0.3, 40.0  # ms that the GPU is kept busy while Python prepares a call
MANY = 3  # times the host's share of a call: other jobs may slow the host down
BASELINE_MS = 60.0  # what the calls of one baseline may take in all


class Timing:
    """One program's timed calls in this process."""

    def __init__(self, work: Any, card: Any = None) -> None:
        self.work, self.card = work, card
        self.task: dict[str, Any] = {}
        self.shapes: dict[str, list[int]] = {}
        self.memory: Tensors = {}
        self.busy_ms = SHORTEST
        self.recorded: tuple[Tensors, Callable[[], None], Tensors] | None = None
        self.sketches: list[Tensors] = []
        self.kept: list[Tensors] = []

    def prepare(self, order: dict) -> dict:
        """With a token: take the memory that inputs are cut from, and compile, which others on the
        GPU do not notice. Without: make the first calls, and see how long one takes.
        """
        if "token" in order:
            self.task, self.shapes = order["task"], order["shapes"]
            path, device = self.work.path("inputs", order["token"]), self.task["device"]
            self.memory = load_file(path, device=device)
            self.sketches, self.kept, self.recorded = [], [], None
            with compiling():
                self.call(self.inputs(order["warm"][0]))
            return {"status": "compiled"}
        self.card = self.card or Card()
        first = self.inputs(order["warm"][0])
        self.call(first)
        peak = self.card.peak(lambda: self.call(first))
        return {"status": "ready", "peak_bytes": peak, **self.look(order["warm"])}

    def look(self, places: Sequence[Starts]) -> dict:
        """How long a call takes, the processor and the GPU, and whether the one can be hidden
        behind the other.
        """
        host = []
        for starts in places[1:]:
            call = self.bound(self.inputs(starts))
            self.card.busy(LONGEST)
            start = time.perf_counter()
            call()
            host.append((time.perf_counter() - start) * 1e3)
            self.card.wait()
        self.busy_ms = min(max(MANY * min(host), SHORTEST), LONGEST)
        calls = [self.timed(self.bound(self.inputs(starts)))[:3] for starts in places[1:]]
        self.card.wait()
        return {
            "host_ms": min(host),
            "call_ms": min(self.card.between(start, end) for start, end, _ in calls),
            "busy_ms": self.busy_ms,
            "hidden": not all(dry for *_, dry in calls),
        }

    def record(self, order: dict) -> dict:
        """Have the GPU's part of a call recorded, to be timed without Python's."""
        given = {name: x.clone() for name, x in self.inputs(order["warm"][0]).items()}
        replay, outputs = self.card.capture(lambda: self.call(given))
        self.recorded = given, replay, outputs
        return {"status": "recorded", **self.look(order["warm"])}

    def time(self, order: dict) -> dict:
        """Do what the order names: a block of timed calls, or what goes with it."""
        return {
            "record": self.record,
            "block": self.block,
            "baseline": self.baseline,
            "rates": self.rates,
            "collect": self.collect,
        }[order["what"]](order)

    def block(self, order: dict) -> dict:
        """Time one call for each of the places in `calls`; `keep` numbers those kept whole."""
        signs = random_signs(order["group"], order["seed"], self.task["device"])
        for starts in order["warm"]:
            self.bound(self.inputs(starts))()
        calls, kept = [], []
        for number, starts in enumerate(order["calls"]):
            start, end, dry, outputs = self.timed(self.bound(self.inputs(starts)))
            self.sketches.append({name: sketch(x, signs) for name, x in outputs.items()})
            if number in order["keep"]:
                kept.append({name: x.clone() for name, x in outputs.items()})
            for x in outputs.values():
                poison(x)
            calls.append((start, end, dry))
        self.card.wait()
        last = len(self.sketches) - len(calls)
        self.sketches[last:] = [to_host(one) for one in self.sketches[last:]]
        self.kept += [to_host(one) for one in kept]
        if sum(dry for *_, dry in calls) > len(calls) / 2:
            self.busy_ms = min(2 * self.busy_ms, LONGEST)
        return self.told(calls)

    def baseline(self, order: dict) -> dict:
        """Time one of the problem's public baselines on inputs like the others."""
        prepare = find_problem(order["problem"]).timing.baselines[order["name"]]
        try:
            call = prepare(self.inputs(order["starts"]), order["params"])
            call()
            calls = [self.timed(call)[:3]]
            self.card.wait()
            once = max(self.card.between(*calls[0][:2]), 1e-3)
            for _ in range(min(order["calls"], int(BASELINE_MS / once))):
                calls.append(self.timed(call)[:3])
            self.card.wait()
        finally:  # a table of all scores is large, and others need the memory
            call = None
            self.card.release()
        return self.told(calls)

    def rates(self, order: dict) -> dict:
        """What the card can do at best: the time of one copy, and of one product of matrices."""
        device = self.task["device"]
        source, target = (
            torch.empty(order["bytes"], dtype=torch.uint8, device=device) for _ in range(2)
        )
        dtype = getattr(torch, order["dtype"])
        a, b = (torch.randn(order["side"], order["side"], device=device).to(dtype) for _ in "ab")
        found = {}
        for name, call in (("copy", lambda: target.copy_(source)), ("product", lambda: a @ b)):
            call()
            calls = [self.timed(call)[:2] for _ in range(order["calls"])]
            self.card.wait()
            found[f"{name}_ms"] = min(self.card.between(*one) for one in calls)
        return {"status": "timed", **found}

    def collect(self, order: dict) -> dict:
        """Hand over the sketches of all timed calls and the outputs that were kept."""
        answer = {f"sketch of {name}": x for name, x in stacked(self.sketches).items()}
        self.work.save(order["token"], answer | stacked(self.kept))
        self.sketches, self.kept = [], []
        self.card.release()
        return {"status": "collected"}

    def inputs(self, starts: Starts) -> Tensors:
        """The inputs that begin at these places of their memory."""
        return cut(self.memory, self.shapes, starts)

    def call(self, inputs: Tensors) -> Tensors:
        """One call of the entry point."""
        task = self.task
        return invoke(
            getattr(self.work.module, task["entry"]),
            task["method"],
            task["args"],
            task["kwargs"],
            task["outputs"],
            {**task["params"], **inputs},
            task["grads"],
        )

    def bound(self, inputs: Tensors) -> Callable[[], Tensors]:
        """A call on these inputs, to be timed: of the entry point, or of what was recorded of it,
        whose inputs then lie where they lay at the recording.
        """
        if self.recorded is None:
            return lambda: self.call(inputs)
        given, replay, outputs = self.recorded
        for name, x in inputs.items():
            given[name].copy_(x)

        def call() -> Tensors:
            replay()
            return outputs

        return call

    def timed(self, call: Callable[[], Any]) -> tuple[Any, Any, bool, Any]:
        """The marks around one call, whether the GPU came to it too early, and what it returned.

        While Python queues the call, the GPU is kept busy. Has it passed the first mark before all
        of the call stands in the queue, then it may have waited for Python inside the call.
        """
        self.card.busy(self.busy_ms)
        self.card.flush()
        start = self.card.mark()
        outputs = call()
        end = self.card.mark()
        return start, end, self.card.passed(start), outputs

    def told(self, calls: Sequence[tuple]) -> dict:
        """A block's answer: milliseconds per call, and in which of them host time may show."""
        return {
            "status": "timed",
            "ms": [self.card.between(start, end) for start, end, _ in calls],
            "dry": [dry for *_, dry in calls],
        }


@contextmanager
def compiling() -> Iterator[None]:
    """Meanwhile a launch of a Triton kernel compiles it and does no more."""
    jit = sys.modules.get("triton.runtime.jit")
    if jit is None:
        yield
        return
    real = jit.JITFunction.run

    def run(self, *args, grid, warmup, **options):
        return real(self, *args, grid=grid, warmup=True, **options)

    jit.JITFunction.run = run
    try:
        yield
    finally:
        jit.JITFunction.run = real
