"""The names that a cell of code defines and uses."""

from __future__ import annotations

import ast

from autograder.generate.cells import parse_python

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
    """Every name that is read anywhere in a cell."""
    return {n.id for n in _walk(_tree(source)) if isinstance(n.ctx, ast.Load)}


def _walk(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name)]


def _tree(source: str) -> ast.Module:
    try:
        return parse_python(source)
    except NOT_PYTHON:
        return ast.Module(body=[], type_ignores=[])
