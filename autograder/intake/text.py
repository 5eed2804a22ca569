"""From a file's bytes to text: encodings, null bytes, and two versions left by git."""

from __future__ import annotations

import json
import re

from ..errors import NotGradable

CONFLICT = re.compile(r"^<{7}", re.MULTILINE)
EMPTY = (
    "The file is empty{zeros}: the download or the synchronisation broke off. Open the notebook "
    "where it is whole, download it again and hand it in."
)


def decode(data: bytes, repairs: list[str]) -> str:
    """The file's text. Raises NotGradable when there is none."""
    zeros = b"\0" in data[:1] or b"\0" in data[-1:]
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise NotGradable(EMPTY.format(zeros=" (nothing but null bytes)" if zeros else ""))
    encoding = json.detect_encoding(data.lstrip(b"\0") if data[:4] == b"\0\0\0\0" else data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, errors="replace")
    if encoding not in ("utf-8", "utf-8-sig"):
        name = "Windows-1252" if encoding == "cp1252" else encoding.upper()
        repairs.append(f"The file's encoding was {name}; it was read as such.")
    if "\0" in text:
        text = text.replace("\0", "")
        repairs.append("Null bytes in the file were left out.")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def versions(text: str) -> list[str]:
    """Both versions of a file that git could not merge; else the text itself."""
    if not CONFLICT.search(text):
        return [text]
    ours, theirs, inside = [], [], (True, True)
    for line in text.split("\n"):
        if line[:7] in SIDES:
            inside = SIDES[line[:7]]
        else:
            ours += [line] * inside[0]
            theirs += [line] * inside[1]
    return ["\n".join(ours), "\n".join(theirs)]


# What git writes at the start of a line -> whether what follows is in (our, their) version.
SIDES = {
    "<<<<<<<": (True, False),
    "|||||||": (False, False),
    "=======": (False, True),
    ">>>>>>>": (True, True),
}
