"""Runs inside the sandbox, beside student code: calls the entry point and hands back what came out.

Nothing here judges. Whatever student code does to this module can only spoil its own answers: the
grader reads tensors from files and compares them where student code cannot reach.
It is sent to the kernel as source, together with the parts of the student half it uses.
"""

from __future__ import annotations

import json
import os
import sys
import warnings

import torch
from safetensors.torch import load_file, save_file

from autograder.sandbox.watch import watching
from autograder.selfcheck.calling import WrongReturn, invoke, missing_region, short_error
from autograder.selfcheck.memory import place

TIMED: dict = {}  # what a timing run keeps between its requests


def run_case(folder: str, token: str) -> None:
    """Run the case in `task-<token>.json`; leave `status-<token>.json`, and the answer if any."""
    task = read_task(folder, token)
    try:
        answer, seen = call_once(task, load(folder, token, task["device"]))
        save(folder, token, answer)
        status = {"status": "answered", **seen}
    except BaseException as error:
        status = failure(error)
    write_status(folder, token, status)


def read_task(folder: str, token: str) -> dict:
    with open(os.path.join(folder, f"task-{token}.json"), encoding="utf-8") as file:
        return json.load(file)


def load(folder: str, token: str, device: str) -> dict:
    """The case's inputs, on the device."""
    return load_file(os.path.join(folder, f"inputs-{token}.safetensors"), device=device)


def save(folder: str, token: str, tensors: dict) -> None:
    """Write the answer under another name first, so that it is whole when it appears."""
    part = os.path.join(folder, f"part-{token}")
    save_file({name: x.cpu().contiguous().clone() for name, x in tensors.items()}, part)
    os.replace(part, os.path.join(folder, f"answer-{token}.safetensors"))


def write_status(folder: str, token: str, status: dict) -> None:
    with open(os.path.join(folder, f"status-{token}.json"), "w", encoding="utf-8") as file:
        json.dump(status, file)


def find_entry(name: str):
    """The student's entry point, from the notebook's namespace."""
    space = vars(sys.modules["__main__"])
    if name not in space:
        raise NameError(f"the notebook does not define {name}")
    return space[name]


def call_once(task: dict, inputs: dict) -> tuple[dict, dict]:
    """Call the entry point on guarded inputs, uninitialised memory filled with NaN.

    Returns the outputs, with the whole memory around each input as "memory of <name>", and what
    was seen of the call if the task asks for it.
    """
    placed = {name: place(x, task["layout"]) for name, x in inputs.items()}
    values = {**task["params"], **{name: view for name, (view, _) in placed.items()}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.use_deterministic_algorithms(True, warn_only=True)  # fills torch.empty with NaN
        try:
            with watching(task) as seen:
                outputs = call_entry(task, values)
        finally:
            torch.use_deterministic_algorithms(False)
    for name, x in outputs.items():
        if x.device.type != task["device"]:
            raise WrongReturn(f"{name} is on {x.device}, expected on {task['device']}")
    memory = {f"memory of {name}": buffer for name, (_, buffer) in placed.items()}
    return {**outputs, **memory}, seen


def call_entry(task: dict, values: dict) -> dict:
    outputs = call_unsynchronised(task, find_entry(task["entry"]), values)
    if task["device"] == "cuda":
        torch.cuda.synchronize()
    return outputs


def call_unsynchronised(task: dict, entry, values: dict) -> dict:
    args, kwargs, grads = task["args"], task["kwargs"], task["grads"]
    return invoke(entry, task["method"], args, kwargs, task["outputs"], values, grads)


def failure(error: BaseException) -> dict:
    """The status of a call that raised, in the child's own words."""
    region = missing_region(error)
    if region:
        return {"status": "not implemented", "detail": f"not implemented yet: region {region}"}
    if isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)):
        return {"status": "out of memory", "detail": short_error(error)}
    if isinstance(error, WrongReturn):
        return {"status": "wrong answer", "detail": str(error)}
    if "CUDA error" in str(error):  # the process's GPU context is lost: it must be replaced
        return {"status": "crashed", "detail": short_error(error)}
    return {"status": "error", "detail": short_error(error)}


def prepare_timing(folder: str, token: str) -> None:
    """Load one set of inputs per timed call, warm up on sets of their own, note the peak memory."""
    task = read_task(folder, token)
    try:
        flat = load(folder, token, task["device"])
        sets = [{n: flat[f"{n} {i}"] for n in task["inputs"]} for i in range(task["sets"])]
        warm, left = sets[: task["warmup"]], sets[task["warmup"] :]
        for values in warm:
            call_entry(task, {**task["params"], **values})
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call_entry(task, {**task["params"], **warm[0]})
        peak = torch.cuda.max_memory_allocated() - before
        TIMED.update(task=task, left=left, outputs=[])
        status = {"status": "ready", "peak_bytes": peak}
    except BaseException as error:
        status = failure(error)
    write_status(folder, token, status)


def timed_calls(folder: str, token: str) -> None:
    """Call the entry point once on each of the next sets, each call between two CUDA events."""
    task = TIMED["task"]
    entry, count, events = find_entry(task["entry"]), task["calls"], []
    for values in TIMED["left"][:count]:
        pair = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        pair[0].record()
        TIMED["outputs"].append(call_unsynchronised(task, entry, {**task["params"], **values}))
        pair[1].record()
        events.append(pair)
    torch.cuda.synchronize()
    TIMED["left"] = TIMED["left"][count:]
    write_status(folder, token, {"status": "timed", "ms": [a.elapsed_time(b) for a, b in events]})


def collect_timing(folder: str, token: str) -> None:
    """Hand over every output of the timed calls."""
    flat = {f"{n} {i}": x for i, out in enumerate(TIMED["outputs"]) for n, x in out.items()}
    TIMED.clear()
    save(folder, token, flat)
    write_status(folder, token, {"status": "collected"})
