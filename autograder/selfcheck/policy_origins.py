"""Where a value in a student's code comes from, as far as reading the code can tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from .policy import ROOTS
from .policy_names import Function, Scope
from .policy_notebook import Notebook

Origin = str | ast.AST  # "torch.softmax", a class or function of the notebook, or UNKNOWN
UNKNOWN = "?"
MOST_STEPS = 2_000_000  # a long notebook takes a tenth
MAKERS = ("__import__", "import_module")


class TooMuch(Exception):
    """Reading this code would take too long."""


def plain_path(path: str) -> str:
    """`torch.nn.functional.sys.modules` is `sys.modules`: modules are attributes of modules."""
    parts = path.split(".")
    last = max((i for i, part in enumerate(parts) if part in ROOTS), default=0)
    return ".".join(parts[last:])


@dataclass
class Origins:
    """Follows names, attributes and aliases. `early` means: as things are while cells are run."""

    notebook: Notebook
    early: bool = False
    steps: int = 0
    known: dict[tuple, set[Origin]] = field(default_factory=dict)
    imports: dict[tuple, list[str]] = field(default_factory=dict)
    members: dict[int, set[str]] = field(default_factory=dict)

    def step(self) -> None:
        """Count one step of reading; raises TooMuch, so that no code can keep the grader busy."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch

    def place(self, name: str, scope: Scope) -> Scope:
        """The scope that a name belongs to, seen from `scope`."""
        found: Scope | None = scope
        while found is not None:
            self.step()
            if name in found.values and name not in found.not_local:
                return found
            found = found.parent
        return self.notebook.scope

    def values(self, name: str, place: Scope) -> list:
        """The values that a name of that scope may have."""
        if place is not self.notebook.scope:
            return place.values[name]
        found = self.notebook.find(name, self.early)
        return [binding.value for binding in found] or self.notebook.unbound(name)

    def paths(self, name: str, place: Scope) -> list[str]:
        """The dotted paths among them: what the name was imported as."""
        key = (name, id(place), self.early)
        if key not in self.imports:
            paths = [value for value in self.values(name, place) if isinstance(value, str)]
            self.imports[key] = list(dict.fromkeys(paths))
        return self.imports[key]

    def of(self, node: ast.AST, scope: Scope) -> set[Origin]:
        """The origins of an expression; a cycle of aliases has none."""
        self.step()
        key = (id(node), self.early)
        if key not in self.known:
            self.known[key] = set()
            self.known[key] = self._find(node, scope) or {UNKNOWN}
        return self.known[key]

    def _find(self, node: ast.AST, scope: Scope) -> set[Origin]:
        if isinstance(node, ast.Name):
            return self._of_name(node.id, scope)
        if isinstance(node, ast.Attribute):
            return {_member(base, node.attr) for base in self.of(node.value, scope)}
        if isinstance(node, ast.Call):
            return self._of_call(node, scope)
        if isinstance(node, ast.Subscript):
            name = self.text(node.slice, scope)
            return {_item(base, name) for base in self.of(node.value, scope)}
        if isinstance(node, ast.IfExp):
            return self.of(node.body, scope) | self.of(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return set().union(*(self.of(value, scope) for value in node.values))
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value, scope)
        return {UNKNOWN}

    def _of_name(self, name: str, scope: Scope) -> set[Origin]:
        place = self.place(name, scope)
        key = (name, id(place), self.early)
        if key not in self.known:
            self.known[key] = set()
            self.known[key] = self._of_values(self.values(name, place), place)
        return self.known[key]

    def _of_values(self, values: list, place: Scope) -> set[Origin]:
        found: set[Origin] = set()
        for value in values:
            if isinstance(value, str):
                found.add(plain_path(value))
            elif isinstance(value, Function | ast.ClassDef):
                found.add(value)
            else:
                found |= {UNKNOWN} if value is None else self.of(value, place)
        return found

    def _of_call(self, node: ast.Call, scope: Scope) -> set[Origin]:
        found: set[Origin] = set()
        for function in self.of(node.func, scope):
            if isinstance(function, ast.ClassDef):
                found.add(function)  # an instance has what its class has
            elif function == "builtins.getattr" and len(node.args) > 1:
                name = self.text(node.args[1], scope)
                found |= {_member(base, name or UNKNOWN) for base in self.of(node.args[0], scope)}
            elif function == "builtins.vars" and node.args:
                found |= {_member(base, "__dict__") for base in self.of(node.args[0], scope)}
            elif function == "IPython.get_ipython":
                found.add("IPython.shell")
            elif isinstance(function, str) and _makes_module(function) and node.args:
                found.add(self.text(node.args[0], scope) or UNKNOWN)
        return found

    def text(self, node: ast.AST, scope: Scope) -> str | None:
        """A string that can be read off the code, put together or not; None for any other."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [self.text(node.left, scope), self.text(node.right, scope)]
        elif isinstance(node, ast.JoinedStr):
            parts = [self.text(getattr(part, "value", part), scope) for part in node.values]
            parts = [
                p.value if isinstance(p, ast.Constant) else t
                for p, t in zip(node.values, parts, strict=True)
            ]
        elif isinstance(node, ast.Name):
            place = self.place(node.id, scope)
            values = self.values(node.id, place)
            alone = values[0] if len(values) == 1 else None
            return self.text(alone, place) if isinstance(alone, ast.Constant) else None
        else:
            return None
        return "".join(parts) if all(isinstance(part, str) for part in parts) else None

    def has(self, cls: ast.ClassDef, name: str, depth: int = 0) -> bool:
        """Whether a class of the notebook, or one of its bases there, defines `name`."""
        if id(cls) not in self.members:
            self.members[id(cls)] = set(_members(cls))
        if name in self.members[id(cls)]:
            return True
        bases = set().union(*(self.of(base, self.notebook.scope) for base in cls.bases))
        own = [base for base in bases if isinstance(base, ast.ClassDef) and base is not cls]
        return depth < 9 and any(self.has(base, name, depth + 1) for base in own)


def _makes_module(function: str) -> bool:
    """Whether this gives the module that its first argument names."""
    return function.split(".")[-1] in MAKERS or function == "sys.modules.get"


def _members(cls: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(cls):
        if isinstance(node, Function):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _member(base: Origin, name: str) -> Origin:
    foreign = isinstance(base, str) and base != UNKNOWN
    return plain_path(f"{base}.{name}") if foreign and name != UNKNOWN else UNKNOWN


def _item(base: Origin, name: str | None) -> Origin:
    """`sys.modules["torch"]` is torch, `torch.__dict__["mm"]` is torch.mm."""
    if name is None or not isinstance(base, str):
        return UNKNOWN
    if base == "sys.modules":
        return name
    return plain_path(f"{base[:-9]}.{name}") if base.endswith(".__dict__") else UNKNOWN
