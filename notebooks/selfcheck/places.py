"""Where in a program something happened: a stack of its lines, told in a student's terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .program import Place, Program

PROGRAMS: dict[str, Program] = {}  # the file of each loaded program


@dataclass(frozen=True)
class Spot:
    """Where something happened: a line of a region (from 1), or given code (line 0).

    `words` begin a sentence: "Line 4 of w1.1"; "The given code after w1.1, `acc = …`,".
    """

    region: str
    line: int
    words: str


def spot(program: Program, lines: Sequence[int]) -> Spot | None:
    """The spot of a call stack, given as lines of the program, outermost first."""
    if not lines:
        return None
    places = [program.place(line) for line in lines]
    deepest = max((i for i, place in enumerate(places) if place.region), default=None)
    if deepest is None:
        return _given(program, lines[-1])
    region, line = places[deepest].region, places[deepest].line
    words = f"Line {line} of {region}"
    if deepest < len(lines) - 1:
        called = function_around(program, lines[-1])
        words += f", in the given `{called[0]}`," if called else ""
    return Spot(region, line, words)


def _given(program: Program, line: int) -> Spot:
    """A spot in the given code, with the region before it in the same function."""
    name_span = function_around(program, line)
    before = ""
    if name_span:
        _, first, last = name_span
        inside = [(end, id) for id, (_, end) in program.spans.items() if first < end < line <= last]
        before = max(inside, default=(0, ""))[1]
    text = program.source.split("\n")[line - 1].split("  #")[0].strip()
    text = text if len(text) <= 60 else text[:59] + "…"
    after = f" after {before}" if before else ""
    read = _set_in_regions(program, line)[:2]
    told = " and ".join(f"`{name}` as {place} sets it" for name, place in read)
    words = f"The given code{after}, `{text}`," + (f" with {told}," if told else "")
    return Spot(before or (read[0][1].region if read else ""), 0, words)


def _set_in_regions(program: Program, line: int) -> list[tuple[str, Place]]:
    """The names that a line of given code reads and regions of its function set, and where last."""
    _, first, last = function_around(program, line) or ("", line, line)
    nodes = [n for n in ast.walk(_tree(program.source)) if first <= getattr(n, "lineno", 0) <= last]
    heads = [n for n in nodes if isinstance(n, ast.stmt) and n.lineno <= line <= _end_of_head(n)]
    lines = range(heads[-1].lineno, _end_of_head(heads[-1]) + 1) if heads else range(0)
    names = sorted((n for n in nodes if isinstance(n, ast.Name)), key=lambda n: n.lineno)
    read = {n.id for n in names if n.lineno in lines and isinstance(n.ctx, ast.Load)}
    places = {n.id: program.place(n.lineno) for n in names if isinstance(n.ctx, ast.Store)}
    return [(name, place) for name, place in places.items() if name in read and place.region]


def _end_of_head(node: ast.stmt) -> int:
    """The last line of a statement, without the statements in it."""
    body = getattr(node, "body", None)
    return body[0].lineno - 1 if body else node.end_lineno or node.lineno


@lru_cache(maxsize=16)
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def function_around(program: Program, line: int) -> tuple[str, int, int] | None:
    """Name, first and last line of the innermost function in which a line stands."""
    around = [f for f in functions(program.source) if f[1] <= line <= f[2]]
    return around[-1] if around else None


@lru_cache(maxsize=16)
def functions(source: str) -> tuple[tuple[str, int, int], ...]:
    """Name, line of the `def` and last line of every function, outer ones before inner ones."""
    found = [n for n in ast.walk(_tree(source)) if isinstance(n, ast.FunctionDef)]
    return tuple((node.name, node.lineno, node.end_lineno or node.lineno) for node in found)


def line_in(program: Program, function_source: str, line: int) -> int | None:
    """The program's line for a line (from 1) of one of its functions' sources, as Triton keeps
    them: from the `def` on, without indentation.
    """
    head = re.match(r"\s*def (\w+)", function_source)
    if not head:
        return None
    lines = program.source.split("\n")
    first = function_source.strip().split("\n")[0].strip()
    for name, start, _ in functions(program.source):
        if name == head[1] and lines[start - 1].strip() == first:
            return start + line - 1
    return None
