"""Turns on the GPU: many submissions may run cases at a time, but a timed one runs alone."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

_mine = threading.local()  # whether this thread is inside a turn already


def card_name() -> str:
    """What identifies this process's GPU, whatever CUDA_VISIBLE_DEVICES calls it."""
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    found = getattr(properties, "uuid", None) or os.environ.get("CUDA_VISIBLE_DEVICES", "all")
    return "".join(c if c.isalnum() else "-" for c in str(found))


def lock_file(name: str, card: str) -> Path:
    """One file per user and GPU; it is empty and stays."""
    return Path(tempfile.gettempdir()) / f"grader-gpu-{os.getuid()}-{card}-{name}.lock"


@contextmanager
def held(path: Path, kind: int) -> Iterator[None]:
    """Hold a lock on a file; the end of the process releases it too."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


@contextmanager
def shared_turn() -> Iterator[None]:
    """Use the GPU beside others. Waits while somebody is timing or waits to time.

    Inside a turn of the same thread it is that turn: waiting there could never end.
    """
    if getattr(_mine, "inside", False) or not torch.cuda.is_available():
        yield
        return
    card = card_name()
    with held(lock_file("door", card), fcntl.LOCK_SH):
        room = held(lock_file("room", card), fcntl.LOCK_SH)
        room.__enter__()
    try:
        with _inside():
            yield
    finally:
        room.__exit__(None, None, None)


@contextmanager
def sole_turn() -> Iterator[None]:
    """Have the GPU alone: new cases wait at the door until the ones inside are done."""
    if not torch.cuda.is_available():
        yield
        return
    card = card_name()
    door, room = lock_file("door", card), lock_file("room", card)
    with held(door, fcntl.LOCK_EX), held(room, fcntl.LOCK_EX), _inside():
        yield


@contextmanager
def _inside() -> Iterator[None]:
    _mine.inside = True
    try:
        yield
    finally:
        _mine.inside = False
