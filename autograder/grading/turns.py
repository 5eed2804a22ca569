"""Turns on the GPU: many submissions may run cases at a time, but a timed one runs alone."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch


def _lock_file(name: str) -> Path:
    """One file per user and GPU; it is empty and stays."""
    card = os.environ.get("CUDA_VISIBLE_DEVICES", "all").replace(",", "-")
    return Path(tempfile.gettempdir()) / f"grader-gpu-{os.getuid()}-{card}-{name}.lock"


@contextmanager
def _held(name: str, kind: int) -> Iterator[None]:
    handle = os.open(_lock_file(name), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)  # which releases the lock, as the process's end would


@contextmanager
def shared_turn() -> Iterator[None]:
    """Use the GPU beside others. Waits while somebody is timing or waits to time."""
    if not torch.cuda.is_available():
        yield
        return
    with _held("door", fcntl.LOCK_SH):
        room = _held("room", fcntl.LOCK_SH)
        room.__enter__()
    try:
        yield
    finally:
        room.__exit__(None, None, None)


@contextmanager
def sole_turn() -> Iterator[None]:
    """Have the GPU alone: new cases wait at the door until the ones inside are done."""
    if not torch.cuda.is_available():
        yield
        return
    with _held("door", fcntl.LOCK_EX), _held("room", fcntl.LOCK_EX):
        yield
