"""Load a program and call its entry point: one function for the self-check and the grader."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from .bands import guarded, told_around, unwritten
from .bounds import watched
from .calling import WrongReturn, invoke
from .memory import GUARD, place_all, same_bits
from .places import PROGRAMS
from .program import Program

Tensors = dict[str, torch.Tensor]
_numbers = itertools.count(1)


def load_program(program: Program, folder: Path) -> ModuleType:
    """Run a program as a module of its own, from a new file in `folder`: Triton reads the source
    of kernels from files. Nothing it prints is shown. Raises what the program raises.
    """
    name = f"program_{os.getpid()}_{next(_numbers)}"
    path = folder / f"{name}.py"
    path.write_text(program.source, encoding="utf-8")
    spec = spec_from_file_location(name, path)
    assert spec is not None  # a file's name in .py has one
    module = module_from_spec(spec)
    PROGRAMS[str(path)] = program
    sys.modules[name] = module
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(program.source, str(path), "exec"), module.__dict__)  # writes no byte code
    return module


@dataclass(frozen=True)
class Answer:
    """What came back from one call.

    `memory` holds the whole guarded buffer around each input as it was after the call, `stray`
    says what was written beside tensors, `unwritten` how many elements of an output were never
    written, and `largest` how many elements the largest tensor had that PyTorch made (0: not
    watched).
    """

    outputs: Tensors
    memory: Tensors
    stray: tuple[str, ...]
    unwritten: dict[str, int]
    largest: int


def answer(
    task: Mapping[str, Any], module: ModuleType, inputs: Tensors, watch_largest: bool = False
) -> Answer:
    """Call the entry point as the task says, on copies of the inputs in guarded memory.

    What `watch_largest` asks for is noted in this call, whose answer counts: another one could be
    told from it by what uninitialised memory holds. Raises what the call raises, WrongReturn where
    it returns something else than asked.
    """
    placed = place_all(inputs, task["layout"])
    before = {name: buffer.clone() for name, (_, buffer) in placed.items()}
    values = {**task["params"], **{name: view for name, (view, _) in placed.items()}}
    with _quiet(), watched():
        with guarded() as bands, bands.largest if watch_largest else contextlib.nullcontext():
            outputs = call(task, module, values)
            if task["device"] == "cuda":
                torch.cuda.synchronize()
        for name, x in outputs.items():
            if x.device.type != task["device"]:
                raise WrongReturn(f"{name} is on {x.device}, expected on {task['device']}")
        memory = {name: buffer for name, (_, buffer) in placed.items()}
        stray = (*bands.told(outputs), *_beside_inputs(inputs, before, memory))
        return Answer(
            outputs=outputs,
            memory=memory,
            stray=stray,
            unwritten=unwritten(outputs),
            largest=bands.largest.elements,
        )


def call(task: Mapping[str, Any], module: ModuleType, values: Mapping[str, Any]) -> Tensors:
    """Nothing but the call of the entry point with the named values; does not wait for a GPU."""
    entry = getattr(module, task["entry"])
    args, kwargs, grads = task["args"], task["kwargs"], task["grads"]
    return invoke(entry, task["method"], args, kwargs, task["outputs"], values, grads)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings: numpy's on overflow and NaN tell nothing that the comparison does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _beside_inputs(inputs: Tensors, before: Tensors, after: Tensors) -> list[str]:
    """Sentences for what was written beside the inputs, in the guards around them."""
    sentences = []
    for name, x in inputs.items():
        if same_bits(before[name], after[name]):
            continue
        whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}.get(x.element_size(), torch.int8)
        written = after[name].view(whole) != before[name].view(whole)
        sentences += told_around(written[:GUARD], written[-GUARD:], tuple(x.shape), name)
    return sentences
