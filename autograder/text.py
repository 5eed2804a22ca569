"""Text from a child or a file, made fit for a report."""

from __future__ import annotations

import re

LONGEST = 600
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def counted(count: int, one: str, many: str = "") -> str:
    """ "1 file", "2 files"; `many` where an s does not make the plural."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def clean_text(value: object, limit: int = LONGEST) -> str:
    """A string of printable characters, cut to length; empty for what is no string."""
    text = COLOURS.sub("", value) if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text)[:limit].strip()
