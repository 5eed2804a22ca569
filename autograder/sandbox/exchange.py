"""Tensors across the wall: written whole by the parent, read with suspicion from the child."""

import contextlib
import errno
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors_torch

HEADER_BYTES = 1 << 20


class BadAnswer(Exception):
    """An answer that cannot be used; the message is a sentence for the student."""


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors of any device and layout, so that the file appears complete or not at all.

    Raises BadAnswer if the child has put a folder in the way, OSError if the disk is full.
    """
    # Copies: safetensors takes neither views of one memory nor strided tensors.
    values = {name: t.detach().cpu().clone().contiguous() for name, t in tensors.items()}
    _write(Path(path), safetensors_torch.save(values))


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)  # the child may have another uid
        os.replace(name, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if isinstance(error, IsADirectoryError):
            raise BadAnswer(f"A folder named {path.name} stands where the inputs belong.") from None
        raise


def read_answer(
    path: Path,
    expected: Mapping[str, tuple[torch.dtype, tuple[int, ...]]],
    slack_bytes: int = HEADER_BYTES,
) -> dict[str, torch.Tensor]:
    """The child's tensors, if they are exactly the `expected` names, dtypes and shapes.

    Values are not looked at: NaN is the comparison's business. Raises BadAnswer otherwise.
    """
    sizes = (dtype.itemsize * torch.Size(shape).numel() for dtype, shape in expected.values())
    data = _read_bytes(path, sum(sizes) + slack_bytes)
    try:
        answer = safetensors_torch.load(data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic in safetensors' Rust code is no Exception
        raise BadAnswer("The answer's file is damaged.") from None
    if missing := sorted(expected.keys() - answer.keys()):
        raise BadAnswer(f"The answer lacks {', '.join(missing)}.")
    if extra := answer.keys() - expected.keys():
        raise BadAnswer(f"The answer holds {len(extra)} tensors that were not asked for.")
    for name, (dtype, shape) in expected.items():
        found = answer[name]
        if found.dtype != dtype:
            raise BadAnswer(f"{name} is {_short(found.dtype)}, expected {_short(dtype)}.")
        if tuple(found.shape) != tuple(shape):
            raise BadAnswer(f"{name} has shape {tuple(found.shape)}, expected {tuple(shape)}.")
    return answer


def json_object(data: bytes) -> dict[str, Any]:
    """The child's JSON object. Raises BadAnswer for anything else."""
    try:
        value = json.loads(data)
        json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates
    except (ValueError, RecursionError):
        raise BadAnswer("The process answered with something that is no JSON.") from None
    if not isinstance(value, dict):
        raise BadAnswer("The process answered with something that is no JSON object.")
    return value


def _read_bytes(path: Path, limit: int) -> bytes:
    """Read an untrusted file once: no link is followed, nothing blocks, at most `limit` bytes."""
    name = Path(path).name
    handle = open_answer(path)
    try:
        if os.fstat(handle).st_size > limit:
            raise BadAnswer(f"{name} is larger than the answer can be ({limit} bytes).")
        # The size may have changed since: read no further than the limit, whatever it says.
        chunks, left = [], limit + 1
        while left > 0 and (chunk := os.read(handle, min(left, 1 << 24))):
            chunks.append(chunk)
            left -= len(chunk)
    finally:
        os.close(handle)
    if left <= 0:
        raise BadAnswer(f"{name} is larger than the answer can be ({limit} bytes).")
    return b"".join(chunks)


def open_answer(path: Path) -> int:
    """Open an untrusted file for reading: no link is followed, nothing blocks. Raises BadAnswer."""
    name = Path(path).name
    try:
        # O_NONBLOCK: opening a FIFO would otherwise wait for a writer that never comes.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BadAnswer(f"No answer was written ({name} is missing).") from None
    except OSError as error:
        what = "a symbolic link" if error.errno == errno.ELOOP else "not readable"
        raise BadAnswer(f"{name} is {what}.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadAnswer(f"{name} is not an ordinary file.")
    return handle


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
