"""Students' code as a report shows it: without comments, which may hold a name."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

AROUND = 3  # lines shown before and after the one that matters
MOST = 16


@dataclass(frozen=True)
class Excerpt:
    """Numbered lines of a region; `at` is the one that matters, 0 if that is not known."""

    lines: tuple[tuple[int, str], ...] = ()
    at: int = 0


def excerpt(text: str, line: int) -> Excerpt:
    """The lines around `line` (from 1), or the first ones; those that say nothing are left out."""
    lines = without_comments(text).split("\n")
    if line:
        first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    else:
        first, last = 1, len(lines)
    told = [(n, lines[n - 1]) for n in range(first, last + 1) if lines[n - 1].strip()]
    return Excerpt(tuple(told[:MOST]), line)


def without_comments(text: str) -> str:
    """Code with its comments taken out, line by line as before; a text that is no Python loses
    what follows a #.
    """
    lines = text.split("\n")
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text + "\n").readline))
    except (tokenize.TokenError, SyntaxError):
        return "\n".join(line.partition("#")[0].rstrip() for line in lines)
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)
