"""What the cells of a notebook bind at their top level, and which of it is in force at the end."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field

from .policy import HISTORY
from .policy_names import Function, Scope, Value, bound_names, own_nodes


@dataclass(frozen=True)
class Binding:
    """One binding of a name by a cell. A `sure` one replaces those before it."""

    value: Value
    inside: ast.AST | None
    sure: bool


@dataclass
class Notebook:
    """What the cells bind at their top level, in order."""

    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    last_sure: dict[str, int] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    scope: Scope = field(default_factory=Scope)
    trusted: bool = False  # every cell is known to have been run

    def add_cell(self, tree: ast.Module) -> None:
        """Take in a cell."""
        sure = self.trusted or all(is_plain(statement) for statement in tree.body)
        for statement in tree.body:
            plain = not hasattr(statement, "body") and not hasattr(statement, "cases")
            direct = plain or isinstance(statement, Function | ast.ClassDef)
            for name, value, inside in bound_names([statement]):
                self._bind(name, Binding(value, inside, sure and direct))
            for node in ast.walk(statement):
                if isinstance(node, Function):
                    self._globals_of(node)
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                    self.stars.append(node.module or "?")

    def _globals_of(self, function: ast.AST) -> None:
        """A function that declares a name global may bind it whenever it is called."""
        for node in own_nodes(function.body):
            if isinstance(node, ast.Global):
                for name in node.names:
                    self._bind(name, Binding(None, function, False))

    def _bind(self, name: str, binding: Binding) -> None:
        found = self.bindings.setdefault(name, [])
        if binding.sure:
            self.last_sure[name] = len(found)
        found.append(binding)

    def find(self, name: str, early: bool) -> list[Binding]:
        """The bindings that may be in force: all of them while cells are run (`early`), else the
        last sure one and those after it.
        """
        found = self.bindings.get(name, [])
        if (early and not self.trusted) or name not in self.last_sure:
            return found
        return found[self.last_sure[name] :]

    def unbound(self, name: str) -> list[str]:
        """What a name means that no cell binds."""
        paths = [f"{module}.{name}" for module in self.stars]
        if name == "get_ipython":
            paths.append("IPython.get_ipython")
        elif hasattr(builtins, name) or name == "__builtins__":
            paths.append(f"builtins.{name}")
        elif re.fullmatch(HISTORY, name):
            paths.append(f"IPython.history.{name}")
        return paths


def is_plain(statement: ast.stmt) -> bool:
    """Whether a statement can neither fail nor wait: a definition, a usual import, a constant."""
    if isinstance(statement, Function):
        parts = [*statement.decorator_list, *statement.args.defaults, *statement.args.kw_defaults]
        notes = [a.annotation for a in ast.walk(statement.args) if isinstance(a, ast.arg)]
        return all(_is_simple(part) for part in [*parts, *notes, statement.returns])
    if isinstance(statement, ast.ClassDef):
        outside = [*statement.decorator_list, *statement.bases, *statement.keywords]
        body = all(is_plain(s) for s in statement.body)
        return body and all(_is_simple(part) for part in outside)
    if isinstance(statement, ast.Import):
        return all(alias.name in _PRESENT for alias in statement.names)
    if isinstance(statement, ast.Assign):
        names = all(isinstance(target, ast.Name) for target in statement.targets)
        return names and all(_is_simple(n) for n in ast.walk(statement.value))
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)


_PRESENT = ("torch", "triton", "math", "triton.language", "torch.nn.functional")
_SIMPLE = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Load, ast.UnaryOp, ast.USub)
_NAMES = ("triton.jit", "tl.constexpr", "torch.autograd.Function", "staticmethod", "classmethod")
_NAMES += ("torch.Tensor", "int", "float", "bool", "str", "tuple", "object")


def _is_simple(part: ast.AST | None) -> bool:
    if part is None or isinstance(part, _SIMPLE):
        return True
    return isinstance(part, ast.Name | ast.Attribute) and ast.unparse(part) in _NAMES
