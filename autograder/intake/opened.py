"""Open what was handed in: a file, and nothing that only looks like one."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import NotGradable
from .archives import HAND_IN, LARGEST


def opened(path: Path, largest: int = LARGEST) -> BinaryIO:
    """The open file. No link is followed: it could lead to somebody else's work.

    Raises NotGradable for what is no file, cannot be opened or is larger than `largest` bytes.
    """
    try:
        # O_NONBLOCK: opening a pipe would otherwise wait for a writer that never comes.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = "it is a link" if _is_link(path) else getattr(error, "strerror", None) or error
        raise NotGradable(f"The file cannot be opened ({reason}). {HAND_IN}") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise NotGradable(f"It is a folder or a pipe, not a file. {HAND_IN}")
    if found.st_size > largest:
        os.close(handle)
        raise NotGradable(
            f"The file has {found.st_size / 1e6:.0f} MB; no more than {largest / 1e6:.0f} are "
            "read. Clear all outputs, save, and hand it in again."
        )
    return os.fdopen(handle, "rb")


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):
        return False


def file_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """A file's content. Raises NotGradable as `opened` does, and where it cannot be read."""
    with opened(path, largest) as file:
        try:
            return file.read(largest)
        except OSError as error:
            raise NotGradable(f"The file cannot be read ({error.strerror}). {HAND_IN}") from None
