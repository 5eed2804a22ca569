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

if "GRADER_GPU_SHARE" in os.environ:  # others use the GPU too
    torch.cuda.set_per_process_memory_fraction(float(os.environ["GRADER_GPU_SHARE"]))


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
    status = "crashed" if context_is_lost() else "error"  # the process must be replaced then
    return {"status": status, "detail": short_error(error)}


def context_is_lost() -> bool:
    """Whether the GPU does nothing more for this process, as after an illegal memory access."""
    if not (torch.cuda.is_available() and torch.cuda.is_initialized()):
        return False
    try:
        torch.cuda.synchronize()
        return False
    except BaseException:
        return True
