"""Walk over syntax trees with scopes in hand; the rules are in policy_patches and policy_reach."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .policy import Ban
from .policy_names import Comprehension, Function, Scope, inner_scope, outer_parts
from .policy_notebook import Notebook
from .policy_origins import Origins


@dataclass(frozen=True)
class Hit:
    """One place where code breaks the policy."""

    cell: str
    line: int
    what: str
    why: str

    @property
    def place(self) -> str:
        return f"{self.cell}, line {self.line}: {self.what}"

    @property
    def sentence(self) -> str:
        """ "cell 5, line 12: torch.softmax – this problem asks you to …"."""
        return f"{self.place} – {self.why}"


class Walk:
    """Visits nodes with the scope they stand in. `see_<Node>` methods return True when they have
    looked into the node themselves.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.origins = Origins(notebook)
        self.hits: set[Hit] = set()
        self.scopes: dict[tuple[int, bool], Scope] = {}

    def visit(self, node: ast.AST | None, scope: Scope) -> None:
        """Look at a node and at all that is below it."""
        if node is None:
            return
        self.origins.step()
        see = getattr(self, f"see_{type(node).__name__}", None)
        if see is not None and see(node, scope):
            return
        if isinstance(node, Function | ast.Lambda | ast.ClassDef | Comprehension):
            self.look_around(node, scope)
            self.look_inside(node, scope)
            return
        for child in ast.iter_child_nodes(node):
            self.visit(child, scope)

    def look_around(self, node: ast.AST, scope: Scope) -> None:
        """Look at what a definition evaluates at once. Annotations are only notes."""
        if not isinstance(node, Comprehension):
            for part in outer_parts(node):
                self.visit_early(part, scope)

    def look_inside(self, node: ast.AST, scope: Scope) -> None:
        """Look into a node that opens a scope."""
        inside = self.scope_of(node, scope)
        if isinstance(node, Comprehension):
            self.visit(node.generators[0].iter, scope)
            first, *rest = node.generators
            ends = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in [*first.ifs, *rest, *ends]:
                self.visit(part, inside)
            return
        for part in node.body if isinstance(node.body, list) else [node.body]:
            if isinstance(node, ast.ClassDef) and not isinstance(part, Function):
                self.visit_early(part, inside)
            else:
                self.visit(part, inside)

    def visit_early(self, node: ast.AST, scope: Scope) -> None:
        """Look at what is evaluated while the cell runs, when older definitions may be in force."""
        before, self.origins.early = self.origins.early, True
        self.visit(node, scope)
        self.origins.early = before

    def scope_of(self, node: ast.AST, outer: Scope) -> Scope:
        """The scope that a node opens: always the same one."""
        key = (id(node), self.origins.early)
        if key not in self.scopes:
            self.scopes[key] = inner_scope(node, outer)
        return self.scopes[key]

    def hit(self, node: ast.AST, what: str, why: str) -> bool:
        """Note a hit; True, so that callers can stop looking further inside."""
        self.hits.add(Hit(node.policy_cell, node.lineno, what, why))
        return True


def banned_path(path: str, bans: tuple[Ban, ...]) -> str:
    """Why a dotted name is banned by its path, or ""."""
    for ban in bans:
        for bad in ban.paths:
            begins = bad.endswith("*") and path.startswith(bad[:-1])
            if begins or path == bad or path.startswith(bad + "."):
                return ban.why
    return ""


def banned_name(name: str, bans: tuple[Ban, ...]) -> str:
    """Why a last name is banned, or ""."""
    return next((ban.why for ban in bans if name in ban.names), "")
