"""What a mail program, a terminal, a viewer or git puts in front of every line of a text."""

from __future__ import annotations

import re

TOLD = (
    "What stood in front of every line (a number, a prompt, a `+`, or the `>` of an e-mail) was "
    "taken off."
)
FRONTS = (
    re.compile(r"(?:>>>|\.\.\.)(?: |$)"),
    re.compile(r">[> ]?"),
    re.compile(r"In \[\d*\]: ?|\s*\.\.\.: ?"),
    re.compile(r"\+"),
    re.compile(r"[ \t]{0,6}\d{1,5}[.:|]?(?:[ \t]|$)"),
)
FEWEST = 8  # lines from which on it is no accident
SHARE = 0.9  # of the lines, from the first that has it to the last


def without_fronts(text: str) -> str:
    """The text without what stands in front of nearly every line, and without the lines before and
    behind that lack it; the text itself where nothing does.
    """
    lines = text.split("\n")
    for front in FRONTS:
        at = [i for i, line in enumerate(lines) if front.match(line)]
        if len(at) < FEWEST:
            continue
        inner = lines[at[0] : at[-1] + 1]
        if len(at) >= SHARE * sum(bool(line.strip()) for line in inner):
            found = (front.match(line) for line in inner)
            return "\n".join(
                line[match.end() :] if match else line
                for line, match in zip(inner, found, strict=True)
            )
    return text
