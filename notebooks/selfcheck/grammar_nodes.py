"""Small questions about nodes of Python's grammar."""

from __future__ import annotations

import ast
from typing import TypeGuard

from .grammar_words import NUMBERS

MOST_EXPONENT = 64
_SHOWN = 60  # characters
_SIGNS = {"MatMult": "@", "In": "in", "NotIn": "not in", "FunctionDef": "def", "ClassDef": "class"}


def path_of(node: ast.expr) -> str | None:
    """`tl.math.exp` for the node of that name; None for anything but names with dots."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(names)])


def title(node: ast.AST) -> str:
    """What a kind of node is called where its text would say too much; "" for the others."""
    sign = _SIGNS.get(type(node).__name__, "")
    name = getattr(node, "name", "")
    return f"{sign} {name}" if name and sign else sign


def cut(text: str) -> str:
    """The first line of a text, cut where it is long."""
    first = text.strip().split("\n")[0]
    return first if len(first) <= _SHOWN else first[: _SHOWN - 1] + "…"


def stored(node: ast.AST) -> frozenset[str]:
    """Every name that is given a value somewhere in a node."""
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return frozenset(n.id for n in names if isinstance(n.ctx, ast.Store))


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_number(node: ast.AST) -> bool:
    """Whether it is a text that float() reads, such as "-inf"."""
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, str) and value.strip().lower() in NUMBERS


def is_pointer(name: str) -> bool:
    return name.endswith(("ptr", "ptrs", "_base"))


def is_tile(node: ast.AST) -> bool:
    """Whether an operand has more than one element as it seems: it is indexed by [:, None]."""
    slices = (part for n in ast.walk(node) if isinstance(n, ast.Subscript) for part in _parts(n))
    return any(isinstance(part, ast.Slice) for part in slices)


def _parts(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def is_huge(exponent: ast.expr) -> bool:
    """Whether a power or shift by it makes a number that nobody can hold."""
    if any(isinstance(n, (ast.Pow, ast.LShift)) for n in ast.walk(exponent)):
        return True
    return any(_size(n) > MOST_EXPONENT for n in ast.walk(exponent) if isinstance(n, ast.expr))


def _size(node: ast.expr) -> float:
    """How large a number or a product of numbers is; anything else counts as 1."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _size(node.left) * _size(node.right)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return min(node.value, MOST_EXPONENT + 1)
    return 1
