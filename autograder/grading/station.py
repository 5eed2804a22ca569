"""A machine that grades for others: orders come in as plain data, findings go out as plain data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch

from autograder.errors import CourseError
from autograder.grading.examine import Examiner
from autograder.grading.finding import Finding
from autograder.grading.order import Order, order_from
from autograder.sandbox.runner import SandboxError

_examiners: dict[str, Examiner] = {}  # by the limits of a course


def carry_out(plain: dict[str, Any], hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run an order: {"finding": …}, or {"fault": a sentence} where the grader or the machine is at
    fault. Raises nothing: one submission never stops a class.
    """
    try:
        order = order_from(plain)
        return {"finding": found(order, hidden).model_dump(mode="json", exclude_defaults=True)}
    except CourseError as error:
        return {"fault": str(error)}
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"}


def found(order: Order, hidden: tuple[str, ...] = ()) -> Finding:
    """The finding of an order, made here. Raises CourseError and whatever nobody foresaw."""
    examiner = examiner_for(order, hidden)
    try:
        return examiner.find(order)
    except SandboxError:  # a sandbox that did not start in time on a busy machine: once more
        return examiner.find(order)


def examiner_for(order: Order, hidden: tuple[str, ...] = ()) -> Examiner:
    """This process's examiner for such orders; it lives until `close`."""
    key = json.dumps(order.sandbox, sort_keys=True)
    if key not in _examiners:
        _examiners[key] = Examiner(order.limits, hidden=tuple(map(Path, hidden)))
    return _examiners[key]


def close() -> None:
    """End this process's sandboxes."""
    while _examiners:
        _examiners.popitem()[1].close()


def default_jobs() -> int:
    """How many submissions run at a time: one per core, and on a GPU one per 8 GB of its memory."""
    cores = os.cpu_count() or 1
    if not torch.cuda.is_available():
        return cores
    memory = torch.cuda.get_device_properties(0).total_memory
    return max(1, min(cores, 8, memory // 8_000_000_000))
