"""What a file is that is no notebook, in words that help its owner."""

from __future__ import annotations

import re
from typing import Any

from .archives import HAND_IN

# First bytes -> what the file is.
BINARY = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x80\x04": "a Python object",
    b"{\\rtf": "an RTF document",
}
TEXTS = (
    (re.compile(r"\s*(<!doctype html|<html)", re.IGNORECASE), "a web page"),
    (re.compile(r"\s*<\?xml"), "an XML file"),
    (re.compile(r"version https://git-lfs"), "a pointer to a file in Git LFS"),
    (re.compile(r"\s*https?://\S+\s*$"), "a link"),
)
JSON = {
    "commands": "a Databricks file",
    "paragraphs": "a Zeppelin file",
    "content": "an answer of a Jupyter server that holds no notebook",
    "nbformat": "a notebook file without its cells",
}


def binary_kind(data: bytes) -> str:
    """What a file is by its first bytes, or ""."""
    return next((kind for start, kind in BINARY.items() if data.startswith(start)), "")


def text_kind(text: str) -> str:
    """What a text is that is no notebook."""
    kind = next((kind for form, kind in TEXTS if form.match(text)), "")
    if kind:
        return kind
    if text.lstrip().startswith(("{", "[", '"{', '"[')):
        return "a damaged file (it begins like a notebook, but cannot be read)"
    return "a text"


def json_kind(data: Any) -> str:
    """What JSON is that holds no notebook."""
    keys = data if isinstance(data, dict) else ()
    return next((kind for key, kind in JSON.items() if key in keys), "a JSON file without cells")


def what_it_is(kind: str) -> str:
    """The reason to tell a student."""
    return f"What was handed in is {kind}, not a notebook. {HAND_IN}"
