"""The names that a cell of code defines and uses."""

from __future__ import annotations

import ast
import symtable

from autograder.generate.cells import parse_python, plain_python

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def defined_names(source: str) -> set[str]:
    """The functions and classes a cell defines at its top level; empty if it does not parse."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in _tree(source).body if isinstance(node, kinds)}


def bound_names(source: str) -> set[str]:
    """Every name that a cell's top level binds: definitions, imports, assignments."""
    names: set[str] = set()
    for node in _tree(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {n.id for n in _walk(node) if isinstance(n.ctx, ast.Store)}
    return names


def used_names(source: str) -> set[str]:
    """The names that a cell reads and that must come from outside its functions."""
    try:
        tables = [symtable.symtable(plain_python(source), "<cell>", "exec")]
    except NOT_PYTHON:
        return set()
    top, names = tables[0], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is top or symbol.is_global())
        }
    return names


def _walk(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name)]


def _tree(source: str) -> ast.Module:
    try:
        return parse_python(source)
    except NOT_PYTHON:
        return ast.Module(body=[], type_ignores=[])
