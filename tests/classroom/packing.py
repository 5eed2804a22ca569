"""An export as an instructor has it on the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

Export = dict[str, bytes]


def as_folder(export: Export, folder: Path) -> Path:
    """The export, unpacked."""
    for name, data in export.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def as_zip(export: Export, path: Path) -> Path:
    """The export as the platform hands it out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in export.items():
            archive.writestr(name, data)
    return path


def wrapped(export: Export, folder: str = "Downloads 2026/lab") -> Export:
    """The export in further folders."""
    return {f"{folder}/{name}": data for name, data in export.items()}


# How an instructor has it on the disk.
FORMS: dict[str, Callable[[Export, Path], Path]] = {
    "zip": lambda export, at: as_zip(export, at / "download.zip"),
    "unpacked": lambda export, at: as_folder(export, at / "download"),
    "in a wrapper folder": lambda export, at: as_folder(wrapped(export), at / "download"),
    "zip with a wrapper folder": lambda export, at: as_zip(wrapped(export), at / "download.zip"),
    "zip in a folder": lambda export, at: as_zip(export, at / "downloads/one.zip").parent,
}
