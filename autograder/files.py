"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .errors import CourseError


def write_whole(path: Path, data: bytes) -> None:
    """Write so that a reader, and a run after a crash, sees the old file or the new one.

    Raises CourseError naming the file when it cannot be written; the old one then still stands.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a full disk may show itself only here
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise CourseError(
            f"{path}: cannot be written ({error.strerror}). Free space or give access there, then "
            "run the same command again."
        ) from error
