"""From what somebody is called elsewhere to a folder's name, and back."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120  # bytes of an id, of the 255 that a file system allows
# Besides letters, accents and digits of any script, what stands in names. Brackets and the like are
# patterns to nbgrader and to a shell.
PLAIN = " '’,.@_+-·"
INVISIBLE = ("Cc", "Cs", "Co", "Cn")
TURNS = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def refusal(text: str) -> str:
    """Why a text can be nobody's name or id; "" where it can."""
    if not text.strip():
        return "there is no name"
    if text[0] in ".-":
        return f"no name begins with {text[0]}"
    if any(c in "/\\" for c in text):
        return "no name holds a slash"
    if any(unicodedata.category(c) in INVISIBLE or c in TURNS for c in text):
        return "it holds a character that cannot be seen"
    if len(safe_id(text).encode()) > LONGEST:
        return "it is too long"
    return ""


def safe_id(text: str) -> str:
    """The text as a folder's name: what has a meaning elsewhere is written as ~ and two digits a
    byte. Different texts give different names; `told_id` takes them back.
    """
    text = unicodedata.normalize("NFC", text)
    body = "".join(c if _plain(c) else _escaped(c) for c in text)
    return body[:-1] + _escaped(body[-1]) if body.endswith((" ", ".")) else body


def told_id(name: str) -> str:
    """The text from which `safe_id` made a name."""
    groups = re.compile(r"(?:~[0-9a-f]{2})+")
    return groups.sub(
        lambda m: bytes.fromhex(m[0].replace("~", "")).decode("utf-8", "replace"), name
    )


def readable(name: str, key: str) -> str:
    """An id that a person can read and that the key makes unique: Ada-Lovelace-4711."""
    letters = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in name)
    words = re.sub("-+", "-", letters).strip("-")[:40]
    return safe_id(f"{words}-{key}" if words else key)


def alike(name: str) -> str:
    """What two names have in common that a file system may take for one."""
    return unicodedata.normalize("NFC", name).casefold()


def _plain(c: str) -> bool:
    return c in PLAIN or unicodedata.category(c)[0] in "LMN"


def _escaped(c: str) -> str:
    return "".join(f"~{byte:02x}" for byte in c.encode())
