"""The child: it holds one student's program, runs what it is asked to, and hands back tensors.

Orders and answers are JSON objects, one a line; tensors go through files in the exchange folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import selfcheck
import torch
from inside.share import SHARE
from safetensors.torch import load_file, save_file
from selfcheck.device import current_mode
from selfcheck.faults import fault
from selfcheck.program import Program
from selfcheck.quicker import quicker_types
from selfcheck.replaced import replaced
from selfcheck.running import answer, load_program

# What is imported at a kernel's first launch or compilation: 0.05 s that no child need spend.
AT_FIRST_LAUNCH = (
    "triton.experimental.gluon",
    "triton.tools.tensor_descriptor",
    "numpy.ctypeslib",
)


def prepare(settings: dict) -> None:
    """What every child needs, imported once, in the template. `setup()` chooses nothing here."""
    selfcheck.setup = current_mode
    if settings["triton"]:
        import_module("triton.language")
    if os.environ.get("TRITON_INTERPRET") == "1":
        import_module("triton.runtime.interpreter")
    elif settings["triton"]:
        import_module("selfcheck.offline")
    if settings["triton"]:
        for name in AT_FIRST_LAUNCH:
            with contextlib.suppress(ImportError):
                import_module(name)


class Work:
    """One student's program in this process."""

    def __init__(self, settings: dict) -> None:
        self.folder = settings["exchange"]
        self.program: Program | None = None
        self.module = self.watched = None

    def load(self, order: dict) -> dict:
        """Make the program a module."""
        self.program = Program(order["source"], {k: tuple(v) for k, v in order["spans"].items()})
        self.module = load_program(self.program, Path(tempfile.mkdtemp()))
        return {"status": "loaded"}

    def case(self, order: dict) -> dict:
        """Call the entry point on one case's inputs; the outputs go into a file."""
        token, task = order["token"], order["task"]
        inputs = load_file(self.path("inputs", token), device=task["device"])
        found = answer(task, self.module, inputs, watch_largest=order.get("watch_largest", False))
        memory = {f"memory of {name}": x for name, x in found.memory.items()}
        self.save(token, {**found.outputs, **memory})
        return {
            "status": "answered",
            "stray": list(found.stray),
            "unwritten": found.unwritten,
            "largest": found.largest,
        }

    def watch(self, order: dict) -> dict:
        """Call the entry point on one scene and tell what its regions' variables were."""
        from selfcheck.trace import load_watched, observe, packed

        if self.watched is None:
            self.watched = load_watched(self.program)
        inputs = load_file(self.path("inputs", order["token"]))
        seen = observe(self.program, self.watched, order["task"], inputs, order["names"])
        index, numbers = packed(seen)
        self.save(order["token"], {"numbers": numbers})
        return {"status": "watched", "index": index, "count": len(numbers)}

    def compile(self, order: dict) -> dict:
        """Compile the program's kernels for GPUs that need not be here."""
        from selfcheck.offline import Target, compile_program

        targets = [Target(**one) for one in order["targets"]]
        with replaced(quicker_types()):
            failures = compile_program(
                self.module, self.program, order["task"], order["cases"], targets, order["depth"]
            )
        return {"status": "compiled", "failures": [vars(one) for one in failures]}

    def compile_ahead(self, order: dict) -> dict:
        """Compile all that the cases will launch: Triton's cache keeps it for the next child."""
        from selfcheck import ahead
        from selfcheck.launches import Target

        task, target = order["task"], Target(**order["target"])
        entry = getattr(self.module, task["entry"])
        compilers = ahead.start(entry, task, order["cases"], target, order["jobs"])
        ahead.finish(compilers)
        return {"status": "compiled", "compilers": len(compilers)}

    def path(self, kind: str, token: str) -> str:
        return os.path.join(self.folder, f"{kind}-{token}.safetensors")

    def save(self, token: str, tensors: dict[str, torch.Tensor]) -> None:
        """Write the answer under another name first, so that it is whole when it appears."""
        part = os.path.join(self.folder, f"part-{token}")
        save_file({name: x.cpu().contiguous().clone() for name, x in tensors.items()}, part)
        os.replace(part, self.path("answer", token))


def serve(line: socket.socket, settings: dict) -> None:
    """Answer orders until the other side is closed."""
    torch.set_num_threads(1)  # several may finish in another order each time, and sum otherwise
    if settings["gpu"] and SHARE in os.environ:  # others use the GPU too
        torch.cuda.set_per_process_memory_fraction(float(os.environ[SHARE]))
    work = Work(settings)
    can: dict[str, Callable[[dict], dict[str, Any]]] = {
        "load": work.load,
        "case": work.case,
        "watch": work.watch,
        "compile": work.compile,
        "compile_ahead": work.compile_ahead,
    }
    if settings["gpu"]:
        from inside.timing import Timing

        timing = Timing(work)
        can |= {"prepare": timing.prepare, "time": timing.time}
    with line.makefile("rb") as orders:
        for text in orders:
            order = json.loads(text)
            before = cpu_seconds()
            try:
                status = can[order["do"]](order)
            except BaseException as error:
                found = fault(error, work.program)
                status = {"status": found.status, "detail": found.detail, "region": found.region}
            status["cpu"] = round(cpu_seconds() - before, 3)
            with contextlib.suppress(OSError):
                line.sendall(json.dumps(status).encode() + b"\n")


def cpu_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])
