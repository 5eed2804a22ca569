"""Python's scopes, for the policy scan: which names a piece of code binds, and to what.

Works on syntax trees and runs nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Value = str | ast.AST | None  # an import's dotted path, a definition or expression, or unknown
Bound = tuple[str, Value, ast.AST | None]  # name, value, expression to look into


@dataclass
class Scope:
    """The names of a function, class, lambda or comprehension. The notebook's has no parent."""

    parent: Scope | None = None
    values: dict[str, list[Value]] = field(default_factory=dict)
    not_local: set[str] = field(default_factory=set)  # declared global or nonlocal
    is_class: bool = False
    owner: ast.ClassDef | None = None

    def add(self, bound: Iterator[Bound]) -> None:
        for name, value, _ in bound:
            self.values.setdefault(name, []).append(value)


def own_nodes(body: list[ast.AST]) -> Iterator[ast.AST]:
    """The nodes that belong to the scope of `body`, not to one inside it."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Comprehension):
            walrus = [n for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
            stack += [node.generators[0].iter, *walrus]
        elif isinstance(node, Function | ast.Lambda | ast.ClassDef):
            stack += outer_parts(node)
        else:
            stack += ast.iter_child_nodes(node)


def outer_parts(node: ast.AST) -> list[ast.AST]:
    """What a definition evaluates at once, outside its own scope."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
    return [*getattr(node, "decorator_list", []), *defaults]


def bound_names(body: list[ast.AST]) -> Iterator[Bound]:
    """Everything that the scope of `body` binds."""
    done: set[int] = set()
    for node in own_nodes(body):
        found = list(_bound_by(node))
        for target, value, inside in found:
            if isinstance(target, ast.Name):
                done.add(id(target))
                yield target.id, value, inside
            elif isinstance(target, str):
                yield target, value, inside
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in done:
            yield node.id, None, None


def _bound_by(node: ast.AST) -> Iterator[tuple[ast.AST | str, Value, ast.AST | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pairs(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value, node.value
    elif isinstance(node, ast.AugAssign):
        yield node.target, None, node.value
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from _unknown(node.target, node.iter)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from _unknown(node.optional_vars, node.context_expr)
    elif isinstance(node, Function | ast.ClassDef):
        yield node.name, node, node
    elif isinstance(node, ast.Import):
        for a in node.names:
            top = a.name.split(".")[0]
            yield a.asname or top, a.name if a.asname else top, node
    elif isinstance(node, ast.ImportFrom):
        for a in node.names:
            yield a.asname or a.name, f"{node.module or '?'}.{a.name}", node
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name, None, None
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest, None, None


def _pairs(target: ast.AST, value: ast.expr) -> Iterator[tuple[ast.AST, Value, ast.AST]]:
    """Pair the names of `a, b = x, y` where that is plain to see."""
    if isinstance(target, ast.Name):
        yield target, value, value
    elif isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        parts = [*target.elts, *(value.elts if same else [])]
        if same and not any(isinstance(part, ast.Starred) for part in parts):
            for one, its in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, its)
        else:
            yield from _unknown(target, value)


def _unknown(target: ast.AST, value: ast.AST) -> Iterator[tuple[ast.AST, None, ast.AST]]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, None, value


def inner_scope(node: ast.AST, outer: Scope) -> Scope:
    """The scope that a function, lambda, comprehension or class opens inside `outer`."""
    if isinstance(node, ast.ClassDef):
        scope = Scope(_seen_from(outer), is_class=True, owner=node)
        scope.add(bound_names(node.body))
        return scope
    scope = Scope(_seen_from(outer))
    if isinstance(node, Comprehension):
        for generator in node.generators:
            scope.add((n, None, None) for n, _, _ in bound_names([generator.target]))
        return scope
    body = node.body if isinstance(node.body, list) else [node.body]
    for inside in own_nodes(body):
        if isinstance(inside, ast.Global | ast.Nonlocal):
            scope.not_local |= set(inside.names)
    scope.add(bound_names(body))
    plain = [*node.args.posonlyargs, *node.args.args]
    for arg in [*plain, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]:
        if arg is not None:
            first = bool(plain) and arg is plain[0] and _is_method(node, outer)
            scope.values.setdefault(arg.arg, []).append(outer.owner if first else None)
    return scope


def _seen_from(scope: Scope) -> Scope | None:
    """Functions inside a class do not see the names of its body."""
    while scope is not None and scope.is_class:
        scope = scope.parent
    return scope


def _is_method(node: ast.AST, outer: Scope) -> bool:
    marks = {getattr(d, "id", "") for d in getattr(node, "decorator_list", [])}
    return outer.is_class and "staticmethod" not in marks
