"""The texts a student could read out of a file: raw, as JSON strings, and out of base64."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .pack import unpack

_TOKEN = re.compile(r"\w+|[^\w\s]")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{16,}={0,2}\s*)+")


def squeeze(text: str) -> str:
    """The tokens of `text` in lower case, spaces around each: only words and signs still count."""
    return f" {' '.join(_TOKEN.findall(text.lower()))} "


def views(path: Path) -> list[str]:
    """The squeezed texts of a file: its name, its bytes, its JSON strings, its base64 blobs."""
    raw = path.read_bytes().decode("utf-8", errors="replace")
    texts = [path.name, raw]
    if path.suffix in {".ipynb", ".json"}:
        texts.append("\n".join(_strings(json.loads(raw))))
    texts += code_cells(path)
    blobs = (blob for text in texts for blob in _BASE64.findall(text))
    decoded = [text for text in map(_decode, blobs) if text]
    return [squeeze(text) for text in [*texts, "\n".join(decoded)]]


def place_in(path: Path, squeezed: str) -> str:
    """Which line of a text or which cell of a notebook says it openly: "line 7", or ""."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix != ".ipynb":
        lines = enumerate(text.splitlines(), 1)
        return next((f"line {n}" for n, line in lines if squeezed in squeeze(line)), "")
    for index, cell in enumerate(json.loads(text)["cells"]):
        if squeezed in squeeze("".join(cell["source"])):
            return f'cell {index} (id "{cell.get("id", "none")}")'
    return ""


def code_cells(path: Path) -> list[str]:
    """All that a notebook's code cells hold (source, metadata, outputs, packed modules), or a
    script's text.
    """
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix == ".py":
        return [text]
    if path.suffix != ".ipynb":
        return []
    cells = json.loads(text)["cells"]
    texts = ["\n".join(_strings(cell)) for cell in cells if cell["cell_type"] == "code"]
    return texts + [module for text in texts for module in unpack(text).values()]


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys too; a list of strings also as the text it stands for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _strings(item)


def _decode(blob: str) -> str:
    text = "".join(blob.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", errors="ignore")
    except (binascii.Error, ValueError):
        return ""
