"""A region's text, put right where an editor or a mail program made it no Python."""

from __future__ import annotations

import ast
import html
import re

from ..selfcheck.regions import canonical

LARGEST = 20_000  # characters of one region
# What is not Python's but looks like it, and what cannot be seen at all.
TYPOGRAPHY = (
    {ord(c): '"' for c in "“”„‟«»″"}
    | {ord(c): "'" for c in "‘’‚‛′"}
    | {ord(c): "-" for c in "‐‑–—−"}
    | {ord(c): " " for c in "\u00a0\u1680\u202f\u205f\u3000"}
    | {c: " " for c in range(0x2000, 0x200B)}
    | {ord(c): None for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
)
ESCAPED = "Escapes of a web page (&lt; and others) in {id} were replaced by what they stand for."
QUOTES = "Typographic quotes, dashes or spaces in {id} were replaced by plain ones."
TABS = "Tabs mixed with spaces in {id} were read as {width} columns."
ODD_MARGIN = re.compile(r"^ *[^\S\n ]+\S", re.MULTILINE)
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def plain(text: str) -> str:
    """Text with plain quotes, dashes and spaces."""
    return text if text.isascii() else text.translate(TYPOGRAPHY)


def parses(text: str) -> bool:
    """Whether a region's text, as it stands under its marker, is Python; it is never compiled."""
    lines = text.split("\n")
    first = next((n for n in lines if n.strip() and not n.lstrip().startswith("#")), None)
    if first is None or len(text) > 2 * LARGEST:
        return first is None
    try:
        ast.parse(("if 1:\n" if first[:1] in (" ", "\t") else "") + text + "\n")
    except NOT_PYTHON:
        return False
    return True


def mended(id: str, text: str, repairs: list[str]) -> str:
    """The canonical text of a region. What is told to the student is added to `repairs`."""
    simple = plain(text)
    for source in (text, simple) if simple != text else (text,):
        told = [QUOTES.format(id=id)] * (source is not text)
        # Where indentation is not of spaces alone, only the parser can say what is how deep.
        if not ODD_MARGIN.search(source) and parses(canonical(source)):
            repairs += told
            return canonical(source)
        if "\t" in source and parses(source):
            repairs += told
            return canonical(source.expandtabs(8))
        for width in (4, 8, 2) if "\t" in source else ():
            if parses(source.expandtabs(width)):
                repairs += [*told, TABS.format(id=id, width=width)]
                return canonical(source.expandtabs(width))
    if "&" in text and parses(unescaped := plain(html.unescape(text))):
        repairs.append(ESCAPED.format(id=id))
        return canonical(unescaped)
    return canonical(text)


def has_code(text: str) -> bool:
    """Whether anything but comments stands in it."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))
