"""From a file's bytes to text: encodings, null bytes, and two versions left by git."""

from __future__ import annotations

import json
import re
from binascii import a2b_qp

from ..errors import NotGradable

SIGN = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?![<|=>])[^\n]*(?:\n|\Z)")
# What git writes at the start of a line -> whether what follows is in (our, their) version.
SIDES = {"<": (True, False), "|": (False, False), "=": (False, True), ">": (True, True)}
# As nbdime puts it between whole cells: in a text cell of its own, dressed up.
ALONE = re.compile(
    r"(?:</?\w[^<>\n]*>|[`*\s])*(<{7}|\|{7}|={7}|>{7})(?:</|(?![<|=>]))[^\n]{0,200}\Z"
)
MAIL_LINE = 76  # characters of a line in quoted-printable
EMPTY = (
    "The file is empty{zeros}: the download or the synchronisation broke off. Open the notebook "
    "where it is whole, download it again and hand it in."
)


def decode(data: bytes, repairs: list[str]) -> str:
    """The file's text, its lines ended by newlines. Raises NotGradable when there is none."""
    zeros = b"\0" in data[:1] or b"\0" in data[-1:]
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise NotGradable(EMPTY.format(zeros=" (nothing but null bytes)" if zeros else ""))
    begins = data.lstrip(b"\0")[:4] if data[:4] == b"\0" * 4 else data[:4]
    encoding: str = json.detect_encoding(begins)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text, encoding = _nearly(data)
    if encoding not in ("utf-8", "utf-8-sig"):
        name = "Windows-1252" if encoding == "cp1252" else encoding.upper()
        repairs.append(f"The file's encoding was {name}; it was read as such.")
    if "\0" in text:
        text = text.replace("\0", "")
        repairs.append("Null bytes in the file were left out.")
    text = plain_ends(text.removeprefix("\ufeff"))
    if "=3D" in text and text.count("=\n") > 3 and max(map(len, text.split("\n"))) <= MAIL_LINE:
        repairs.append("The file's lines were packed for an e-mail; they were unpacked.")
        text = a2b_qp(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    return text


def _nearly(data: bytes) -> tuple[str, str]:
    """The text of bytes that break their encoding's rules, and what they were read as."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if bad <= 2 and not text.isascii() and sum(c > "\x7f" for c in text[:100_000]) > 2 * bad:
        return text, "utf-8"  # one broken character does not make it another encoding
    return data.decode("cp1252", errors="replace"), "cp1252"


def plain_ends(text: str) -> str:
    """The text with its lines ended by newlines alone."""
    if "\r" not in text:
        return text
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def sign_alone(source: str) -> str:
    """The first character of the mark of a merge conflict that is all a cell says, or ""."""
    found = ALONE.match(source) if len(source) < 400 else None
    return found[1][0] if found else ""


def versions(text: str) -> list[str]:
    """Both versions of a text that git could not merge; else the text itself."""
    if "<<<<<<<" not in text:
        return [text]
    sides: tuple[list[str], list[str]] = ([], [])
    inside, at = (True, True), 0
    for sign in SIGN.finditer(text):
        kind, start = sign[1][0], sign.start()
        if start and text[start - 1] != "\n":
            continue
        if inside == (True, True) and kind != "<":
            continue  # a heading underlined with seven "=", say
        for side, lines in zip(inside, sides, strict=True):
            lines += [text[at : sign.start()]] * side
        inside, at = SIDES[kind], sign.end()
    for side, lines in zip(inside, sides, strict=True):
        lines += [text[at:]] * side
    return ["".join(lines) for lines in sides] if at else [text]
