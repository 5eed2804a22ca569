"""The rules for every cell: no changing of other code. Also notes who changes which global."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .policy import (
    HIDDEN_MAGICS,
    MODULES,
    PATCH_WHY,
    PATCHED,
    PATCHES,
    SETTINGS,
    SHELL_SETTINGS,
)
from .policy_handles import LOOKS, READS, Handles
from .policy_names import Scope
from .policy_notebook import Notebook
from .policy_walk import banned_name

SETTERS = ("builtins.setattr", "builtins.delattr")


@dataclass(frozen=True)
class Note:
    """Code, its scope, and the outermost function that it stands in."""

    code: ast.AST
    scope: Scope
    within: str


class Patches(Handles):
    """Looks at all code of all cells, whether or not the entry point reaches it."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__(notebook)
        self.origins.early = True
        # For a global name: code that changes it, calls that may (with it, or of its methods), and
        # calls of it, decorations included.
        self.changes: dict[str, list[Note]] = {}
        self.uses: dict[str, list[Note]] = {}
        self.calls: dict[str, list[Note]] = {}
        self.within = ""

    def look_at(self, trees: list[ast.Module]) -> None:
        for tree in trees:
            self.visit(tree, self.notebook.scope)

    def see_Name(self, node: ast.Name, scope: Scope) -> bool:
        why = banned_name(node.id, (PATCHES,))
        return self.hit(node, node.id, why) if why else super().see_Name(node, scope)

    def see_Attribute(self, node: ast.Attribute, scope: Scope) -> bool:
        if node.attr in SHELL_SETTINGS:
            return True
        if not isinstance(node.ctx, ast.Load) and self._patches(node, node.value, scope):
            return True
        if node.attr in READS and self.is_table(node.value, scope):
            return True
        if why := banned_name(node.attr, (PATCHES,)):
            return self.hit(node, f".{node.attr}", why)
        return self.is_banned(node, scope)

    def see_Subscript(self, node: ast.Subscript, scope: Scope) -> bool:
        if isinstance(node.ctx, ast.Load):
            if not self.is_table(node.value, scope):
                return self.is_banned(node, scope)
            if self.origins.text(node.slice, scope) is None:
                return self.hit(node, ast.unparse(node.value), PATCH_WHY)
            return self.is_banned(node, scope) or True
        inside = {p for p in self.origins.of(node.value, scope) if isinstance(p, str)}
        if "sys.modules" in inside:
            return self.hit(node, ast.unparse(node), PATCH_WHY)
        return self._patches(node, node.value, scope)

    def see_Assign(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign, scope: Scope) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in [part for t in targets for part in ast.walk(t)]:
            if isinstance(target, ast.Attribute | ast.Subscript) and node.value is not None:
                self._note(self.changes, target, node.value, scope)
                self.hands_on([node.value], scope)
        return False

    see_AugAssign = see_AnnAssign = see_Assign

    def see_FunctionDef(self, node: ast.FunctionDef, scope: Scope) -> bool:
        for mark in node.decorator_list:
            self._note(self.calls, getattr(mark, "func", mark), node, scope)
        self.hands_on([*node.args.defaults, *node.args.kw_defaults], scope)
        before, self.within = self.within, self.within or node.name
        self.look_around(node, scope)
        self.look_inside(node, scope)
        self.within = before
        return True

    def see_Call(self, node: ast.Call, scope: Scope) -> bool:
        called = {p for p in self.origins.of(node.func, scope) if isinstance(p, str)}
        if called & set(SETTERS) and node.args:
            self._note(self.changes, node.args[0], node, scope)
            if self._patches(node, node.args[0], scope):
                return True
        if called & {"IPython.shell.run_line_magic", "IPython.shell.run_cell_magic"}:
            return self._see_magic(node, scope)
        if self.asks_by_unknown_name(node, called, scope) or self.is_banned(node, scope):
            return True
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not called & LOOKS and self.hands_on(values, scope):
            return True
        if isinstance(node.func, ast.Attribute):
            self._note(self.uses, node.func.value, node, scope)
        elif isinstance(node.func, ast.Name):
            self._note(self.calls, node.func, node, scope)
        for argument in node.args:
            if isinstance(argument, ast.Name):
                self._note(self.uses, argument, node, scope)
        return False

    def _see_magic(self, node: ast.Call, scope: Scope) -> bool:
        texts = [self.origins.text(argument, scope) for argument in node.args]
        name, line = (*texts, None, None)[:2]
        stands_in = name in ("writefile", "file") and Path(line or "").stem in MODULES
        if name is None or name in HIDDEN_MAGICS or stands_in:
            return self.hit(node, f"%{name or 'magic'}", PATCH_WHY)
        return False

    def _patches(self, node: ast.AST, owner: ast.expr, scope: Scope) -> bool:
        """Whether storing into `owner` changes a library."""
        for path in self.origins.of(owner, scope):
            whole = path if isinstance(path, str) else ""
            setting = any(word in f"{whole}." for word in SETTINGS)
            if whole.split(".")[0] in PATCHED and not setting:
                text = ast.unparse(node)
                return self.hit(node, text if len(text) < 50 else whole, PATCH_WHY)
        return False

    def _note(self, notes: dict, target: ast.AST, code: ast.AST, scope: Scope) -> None:
        """Note code that touches a global, under the global's name."""
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        name = target.id if isinstance(target, ast.Name) else ""
        if name and self.origins.place(name, scope) is self.notebook.scope:
            notes.setdefault(name, []).append(Note(code, scope, self.within))


def may_be_changed(value: object) -> bool:
    """Whether calls can change a global with this value: a list, a dictionary, an object."""
    if isinstance(value, ast.Call):
        return not re.match(r"(selfcheck\.)?setup\b", ast.unparse(value.func))
    kinds = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    return isinstance(value, kinds)
