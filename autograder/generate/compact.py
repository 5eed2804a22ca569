"""A module's code without prose and type hints: what a notebook has to carry."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache

Cut = tuple[tuple[int, int], tuple[int, int], str]  # from and to (line, column), what stands there

WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def compact(source: str) -> str:
    """The source without comments, docstrings, and what functions say of types. Every statement
    stays on its line, so that a traceback names the lines of the file as it is published.
    """
    lines = source.split("\n")
    cuts = [*_comments(source), *_docstrings(source), *_type_hints(source)]
    for (top, left), (bottom, right), new in sorted(cuts, reverse=True):
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
            yield start, _end(lines, found), '""'


def _type_hints(source: str) -> Iterator[Cut]:
    """The annotations of functions. Those in classes stay: a dataclass is made of them."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            start = node.lineno, _column(lines, node.lineno, node.col_offset) + len(node.arg)
            yield start, _end(lines, node.annotation), ""
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            hint = node.returns
            at = _column(lines, hint.lineno, hint.col_offset)
            arrow = len(lines[hint.lineno - 1][:at].rstrip(" ->"))
            yield (hint.lineno, arrow), _end(lines, hint), ""


def _end(lines: list[str], node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Where a node ends."""
    line = node.end_lineno or node.lineno
    return line, _column(lines, line, node.end_col_offset or 0)


def _column(lines: list[str], line: int, offset: int) -> int:
    """The column in characters of an offset in UTF-8 bytes."""
    return len(lines[line - 1].encode("utf-8")[:offset].decode("utf-8"))
