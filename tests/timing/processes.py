"""Two timed processes played in this one, and a GPU whose clock the test sets."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import save_file

from autograder.sandbox.inside.timing import Timing


@dataclass
class FakeCard:
    """A GPU that works through its queue at the times the test gives; host and GPU in ms.

    `call_ms` is what the GPU takes for a call, `host_ms` what the processor needs to start it.
    """

    call_ms: float = 1.0
    host_ms: float = 0.05
    peak_bytes: int = 1000
    records: bool = True
    host: float = 0.0
    gpu: float = 0.0
    released: int = 0
    waits: list[float] = field(default_factory=list)

    def busy(self, ms: float) -> None:
        self.waits.append(ms)
        self.gpu = max(self.gpu, self.host) + ms

    def flush(self) -> None:
        self.gpu = max(self.gpu, self.host) + 0.1

    def launch(self) -> None:
        """What a call of the entry point does: the last of its operations waits for the host."""
        self.host += self.host_ms
        self.gpu = max(self.gpu + self.call_ms, self.host)

    def mark(self) -> float:
        return max(self.gpu, self.host)

    def passed(self, mark: float) -> bool:
        return mark <= self.host

    def between(self, start: float, end: float) -> float:
        return end - start

    def wait(self) -> None:
        self.host = max(self.host, self.gpu)

    def capture(self, call):
        """Afterwards a call costs the processor next to nothing."""
        if not self.records:
            raise RuntimeError("operation not permitted when stream is capturing")
        outputs = {name: x.clone() for name, x in call().items()}
        self.host_ms = 0.01

        def replay() -> None:
            for name, x in call().items():
                outputs[name].copy_(x)

        return replay, outputs

    def peak(self, call) -> int:
        call()
        return self.peak_bytes

    def release(self) -> None:
        self.released += 1


@dataclass
class FakeChild:
    """Answers as a child does, with its tensors in this process; `entry` is what is timed."""

    entry: Any
    card: FakeCard
    name: str = "entry"
    ended: bool = False
    runner: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(start=lambda: None))
    files: dict[str, dict[str, torch.Tensor]] = field(default_factory=dict)
    orders: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        def launched(*args, **kwargs):
            self.card.launch()
            return self.entry(*args, **kwargs)

        module = SimpleNamespace(**{self.name: launched})
        folder = Path(tempfile.mkdtemp(prefix="timing-"))
        work = SimpleNamespace(
            module=module, save=self.save, path=lambda kind, token: str(folder / f"{kind}-{token}")
        )
        self.timing = Timing(work, self.card)

    def save(self, token: str, tensors: dict[str, torch.Tensor]) -> None:
        self.files[token] = {name: x.clone() for name, x in tensors.items()}

    def ask(self, order: dict, seconds: float, tensors: dict | None = None) -> dict:
        self.orders.append(order)
        order = json.loads(json.dumps(order))
        if tensors is not None:
            save_file(tensors, self.timing.work.path("inputs", order["token"]))
        if order["do"] == "prepare":
            return self.timing.prepare(order)
        try:
            return self.timing.time(order)
        except RuntimeError as error:
            return {"status": "error", "detail": str(error)}

    def fetch(self, token: str, expected: dict) -> dict:
        found = self.files.pop(token)
        forms = {name: (x.dtype, tuple(x.shape)) for name, x in found.items()}
        assert forms == {name: (dtype, tuple(shape)) for name, (dtype, shape) in expected.items()}
        return found

    def end(self) -> None:
        self.ended = True
