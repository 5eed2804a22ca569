"""A module's code without its prose: what a notebook has to carry."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

Cut = tuple[tuple[int, int], tuple[int, int], str]  # from and to (line, column), what stands there

WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def compact(source: str) -> str:
    """The source without comments and docstrings. Every statement stays on its line, so that a
    traceback names the lines of the file as it is published.
    """
    lines = source.split("\n")
    for (top, left), (bottom, right), new in sorted([*_comments(source), *_docstrings(source)])[
        ::-1
    ]:
        rest = lines[bottom - 1][right:]
        lines[top - 1 : bottom] = [lines[top - 1][:left] + new + rest, *[""] * (bottom - top)]
    return "\n".join(line.rstrip() for line in lines)


def _comments(source: str) -> Iterator[Cut]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start, token.end, ""


def _docstrings(source: str) -> Iterator[Cut]:
    """Docstrings, to be replaced by empty ones: a body may have nothing else."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node, clean=False):
            found = node.body[0]
            start = found.lineno, _column(lines, found.lineno, found.col_offset)
            last = found.end_lineno or found.lineno
            end = last, _column(lines, last, found.end_col_offset or 0)
            yield start, end, '""'


def _column(lines: list[str], line: int, offset: int) -> int:
    """The column in characters of an offset in UTF-8 bytes."""
    return len(lines[line - 1].encode("utf-8")[:offset].decode("utf-8"))
