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
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"PK00PK": "a zip file in parts",
    b"PK\x07\x08": "a zip file in parts",
    b"MZ": "a program, or an archive that unpacks itself",
    b"\x7fELF": "a program",
    b"SQLite format 3": "a database",
    b"RIFF": "a picture or a film",
    b"bplist00": "a placeholder or an archive of Apple's",
    b"# v2 git bundle": "a git bundle",
    b"# v3 git bundle": "a git bundle",
}
TEXTS = (
    (re.compile(r"\s*(<!doctype html|<html)", re.IGNORECASE), "a web page"),
    (re.compile(r"From: <Saved by"), "a web page"),
    (re.compile(r"diff --git |From [0-9a-f]{40} "), "a diff made by git"),
    (re.compile(r"\s*cells:\s"), "a YAML file"),
    (re.compile(r"\s*<\?xml"), "an XML file"),
    (re.compile(r"version https://git-lfs"), "a pointer to a file in Git LFS"),
    (re.compile(r"\s*https?://\S+\s*$|\s*\[InternetShortcut\]"), "a link"),
    (re.compile(r"\s*(%[^\n]*\n\s*)*\\documentclass"), "a LaTeX file"),
    (re.compile(r"(?:[A-Z][\w-]*: [^\n]*\n(?:[ \t][^\n]*\n)*){3}"), "an e-mail"),
)
JSON = {
    "doc_id": "a link to Google Drive",
    "content": "a server's answer about a file or a folder",
    "nbformat": "a notebook file without its cells",
}


def binary_kind(data: bytes) -> str:
    """What a file is by its first bytes, or ""."""
    if data[4:8] == b"ftyp":
        return "a picture or a film"
    return next((kind for start, kind in BINARY.items() if data.startswith(start)), "")


def known_kind(text: str) -> str:
    """What a text is by its beginning, or ""."""
    kind = next((kind for form, kind in TEXTS if form.match(text)), "")
    if not kind and text.lstrip().startswith(("{", "[", '"{', '"[')):
        return "a damaged file (it begins like a notebook, but cannot be read)"
    return kind


def text_kind(text: str) -> str:
    """What a text is that is no notebook."""
    return known_kind(text) or "a text"


def json_kind(data: Any) -> str:
    """What JSON is that holds no notebook."""
    keys = data if isinstance(data, dict) else ()
    return next((kind for key, kind in JSON.items() if key in keys), "a JSON file without cells")


def what_it_is(kind: str) -> str:
    """The reason to tell a student."""
    return f"What was handed in is {kind}, not a notebook. {HAND_IN}"
