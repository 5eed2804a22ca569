"""Answers to a notebook's questions: the author's, packed away until the check has passed.

A Markdown cell that begins with `<!-- answers -->` holds them, a numbered line each. Students get
no such cell: its lines go into the packed one, and the check shows them once every case passes.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from .cells import BuildError, where

BEGIN = "<!-- answers -->"
_NUMBER = re.compile(r"\d+\. ")


def take_answers(nb: NotebookNode, file: str) -> tuple[str, ...]:
    """Take the cells with answers out of `nb`; returns their lines. Raises BuildError for a line
    without a number.
    """
    answers: list[str] = []
    kept = []
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "markdown" or not cell.source.startswith(BEGIN):
            kept.append(cell)
            continue
        lines = [line for line in cell.source.split("\n")[1:] if line.strip()]
        for line in lines:
            if not _NUMBER.match(line):
                raise BuildError(
                    f"{where(file, index, cell)}: an answer is one line that begins with its "
                    f"question's number, `1. …`. This one does not: {line[:40]!r}."
                )
        answers += lines
    nb.cells = kept
    return tuple(answers)
