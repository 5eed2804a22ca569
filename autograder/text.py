"""Text from a child or a file, made fit for a report."""

from __future__ import annotations

import re

LONGEST = 600
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def clean_text(value: object, limit: int = LONGEST) -> str:
    """A string of printable characters, cut to length; empty for what is no string."""
    text = COLOURS.sub("", value) if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text)[:limit].strip()
