"""The grammar of a region: what a student's text may say, held against an allow-list.

The text is read with `ast` and never compiled. Every kind of node, every name and every attribute
that `grammar_words` does not list is refused, with its line and what to write instead.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from .grammar_nodes import stored
from .grammar_walk import Walk
from .program import Frame, Region
from .regions import FUNCTIONS, Work, is_stub, read_markers

MOST_CHARACTERS, MOST_LINES, MOST_NODES, DEEPEST = 20_000, 600, 6_000, 60
HIGHEST = 2**64
UNSEEN = "\u2028\u2029\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True)
class Refusal:
    """One thing in a region that grading does not take.

    `line` counts from 1 below the START marker; `what` is the thing as it stands, `says` what is
    the matter with it, `instead` a short sentence: what to write in its place.
    """

    region: str
    line: int
    what: str
    instead: str
    says: str = "is not available here"

    @property
    def sentence(self) -> str:
        """Line 3 of w1.1: `torch.where` is not available inside a kernel. Write `tl.where`."""
        return f"Line {self.line} of {self.region}: `{self.what}` {self.says}. {self.instead}"


def refusals(frame: Frame, work: Work) -> list[Refusal]:
    """What the grammar has against a work, region by region; [] if it is accepted.

    Names bound by earlier regions of the same function are known in later ones. A region that
    `is_stub` and says nothing else is not held against the grammar.
    """
    around_of, reserved = _given(frame.source)
    known: dict[int, frozenset[str]] = {}  # line of the function around -> names
    kernels: frozenset[str] = frozenset()  # defined by earlier regions
    found: list[Refusal] = []
    for id, region in frame.regions.items():
        text = work.get(id, region.stub)
        around = around_of[id]
        place = around.lineno if around else 0
        before = known.get(place, frozenset())
        region = replace(region, helpers=region.helpers | kernels)
        found += _region_refusals(text, region, before, reserved)
        statements = _statements(text)
        bound = frozenset().union(*map(stored, statements)) if statements else frozenset()
        if around and (is_stub(text) or not statements):  # it would bind what the rest reads
            bound |= _awaited(around) - reserved
        known[place] = before | bound
        if region.kind == FUNCTIONS:
            kernels |= {s.name for s in statements if isinstance(s, ast.FunctionDef)} - reserved
    return found


def _region_refusals(
    text: str, region: Region, known: frozenset[str], reserved: frozenset[str]
) -> list[Refusal]:
    try:
        body = _read(text, region)
    except _Unreadable as problem:
        return [Refusal(region.id, *problem.args)]
    except SyntaxError as problem:
        return [_cannot_read(text, region.id, problem)]
    except (RecursionError, MemoryError, ValueError):  # ValueError: lone surrogates, NUL
        return [_unreadable(region.id, "this text", "Python cannot read it: retype it by hand.")]
    walk = Walk(region, text.split("\n"), known, reserved, _stub_of(region))
    walk.body(body)
    return [Refusal(region.id, *reason) for reason in walk.reasons]


class _Unreadable(Exception):
    """(line, what, instead, says) of what stops the reading."""


def _unreadable(region: str, what: str, instead: str) -> Refusal:
    return Refusal(region, 1, what, instead, "cannot be read")


def _read(text: str, region: Region) -> list[ast.stmt]:
    """The statements of a region, as they will stand in the program, with the region's lines."""
    _check_size(text)
    _check_characters(text)
    if not _parse(text).body:
        return []  # not written yet: whoever runs the work says so
    # Read by itself first, for errors at the right line; then with the indentation that the
    # program gives it, which must not change what belongs where.
    indent = region.indent
    lines = [indent + line if line else "" for line in text.split("\n")]
    frame = ["if 1:" if indent else "", *lines, f"{indent}# the END marker"]
    tree = _parse("\n".join(frame))
    body = tree.body
    if indent:
        outer = tree.body[0]
        if len(tree.body) != 1 or not isinstance(outer, ast.If) or outer.orelse:
            raise _Unreadable(1, "the indentation", "Indent with spaces alone.", "is uneven")
        body = outer.body
    for count, (node, depth) in enumerate(_nodes(body)):
        if count > MOST_NODES or depth > DEEPEST:
            short = "Split it into shorter lines and fewer levels."
            raise _Unreadable(1, "the region", short, "is too long or too deeply nested")
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= HIGHEST:
            fits = "Numbers have at most 64 bits."  # Python itself cannot show much longer ones
            raise _Unreadable(node.lineno - 1, "this number", fits, "is too large")
    for statement in body:
        ast.increment_lineno(statement, -1)
    return body


def _check_size(text: str) -> None:
    if len(text) > MOST_CHARACTERS or text.count("\n") >= MOST_LINES:
        limits = f"{MOST_LINES} lines and {MOST_CHARACTERS} characters"
        raise _Unreadable(1, "the region", f"A region may have {limits}.", "is too long")


def _check_characters(text: str) -> None:
    """Raise at a character that some readers of Python take for the end of a line, or for nothing,
    or that turns the order of what a person sees: they would read another program than `ast`.
    """
    for index, line in enumerate(text.split("\n"), 1):
        for char in line:
            if char != "\t" and (char < " " or "\x7f" <= char < "\xa0" or char in UNSEEN):
                what = f"U+{ord(char):04X}"
                instead = "Delete this invisible character, or retype the line."
                raise _Unreadable(index, what, instead, "may not stand in code")


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" is for who runs the text
        return ast.parse(text)


def _nodes(body: list[ast.stmt]) -> Iterator[tuple[ast.AST, int]]:
    """Every node and its depth, without recursion."""
    waiting: list[tuple[ast.AST, int]] = [(node, 1) for node in body]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


def _cannot_read(text: str, region: str, problem: SyntaxError) -> Refusal:
    lines = text.split("\n")
    line = min(max(problem.lineno or 1, 1), len(lines))
    what = lines[line - 1].strip()[:60] or "this line"
    if what[0] in "%!":
        return Refusal(region, line, what, "Take it out, or run it in a cell of its own.", NOTEBOOK)
    return Refusal(region, line, what, f"Python says: {problem.msg}.", "is not valid Python")


NOTEBOOK = "is a command to the notebook"


def _statements(text: str) -> list[ast.stmt]:
    """The statements of a text, none if it can't be read."""
    if len(text) > MOST_CHARACTERS:
        return []
    try:
        return _parse(text).body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return []


def _stub_of(region: Region) -> frozenset[str]:
    """The line that a region is handed out with, as `ast.dump` shows it."""
    return frozenset(map(ast.dump, _statements(region.stub) if is_stub(region.stub) else []))


@lru_cache(maxsize=16)
def _given(source: str) -> tuple[dict[str, ast.FunctionDef | None], frozenset[str]]:
    """Of a frame: the innermost function around each region, and the names that nobody may take."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    around: dict[str, ast.FunctionDef | None] = {}
    for id, (start, _) in read_markers(source).spans.items():
        inside = [f for f in functions if f.lineno <= start + 1 <= (f.end_lineno or 0)]
        around[id] = max(inside, key=lambda f: f.lineno, default=None)
    return around, _top_level(tree)


def _top_level(tree: ast.Module) -> frozenset[str]:
    """Names of modules, functions and classes of the given code: nobody may take them."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    return frozenset(names)


def _awaited(function: ast.FunctionDef) -> frozenset[str]:
    """What a function's given code reads: among it, what an unfilled region is to bind."""
    names = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    return frozenset(names - set(dir(builtins)))
