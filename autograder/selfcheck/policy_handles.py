"""Handles on other code: the table of modules, the globals, the shell. They may be asked, not kept.

Whoever holds one can change anything, and what becomes of it cannot be followed by reading.
"""

from __future__ import annotations

import ast

from .policy import PATCH_WHY, PATCHES, SHELL_METHODS, words
from .policy_names import Scope
from .policy_walk import Walk, banned_name, banned_path

READS = ("get", "keys", "__contains__")
TABLES = ("sys.modules", "builtins.globals", "builtins.locals")  # what may be read by plain names
SHELL = "IPython.shell"
HANDLES = (SHELL, "sys", "gc")
# Functions that only look at what they are given.
LOOKING = words("str repr print type isinstance hasattr bool dir help getattr")
LOOKS = {f"builtins.{name}" for name in LOOKING}


class Handles(Walk):
    """Refuses what is banned in every cell, and handles that are passed on."""

    def check(self, node: ast.AST, path: str) -> bool:
        if path.startswith("IPython.shell.") and path.split(".")[2] in SHELL_METHODS:
            return path.startswith("IPython.shell.kernel.") and self.hit(node, path, PATCH_WHY)
        why = banned_path(path, (PATCHES,)) if path != SHELL else ""
        return bool(why) and self.hit(node, path.removeprefix("builtins."), why)

    def see_Name(self, node: ast.Name, scope: Scope) -> bool:
        if isinstance(node.ctx, ast.Load):
            place = self.origins.place(node.id, scope)
            any(self.check(node, path) for path in self.origins.paths(node.id, place))
        return True

    def is_banned(self, node: ast.expr, scope: Scope) -> bool:
        paths = [p for p in self.origins.of(node, scope) if isinstance(p, str)]
        return any(self.check(node, path) for path in paths)

    def is_table(self, node: ast.AST, scope: Scope) -> bool:
        """Whether this is `sys.modules`, or a call of `globals` or `locals`."""
        found = self.origins.of(getattr(node, "func", node), scope)
        return bool(found & set(TABLES[1:] if isinstance(node, ast.Call) else TABLES[:1]))

    def see_Compare(self, node: ast.Compare, scope: Scope) -> bool:
        for part in (node.left, *node.comparators):
            if not self.is_table(part, scope):
                self.visit(part, scope)
        return True

    def see_List(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> bool:
        return self.hands_on(node.elts, scope)

    see_Tuple = see_Set = see_List

    def see_Dict(self, node: ast.Dict, scope: Scope) -> bool:
        return self.hands_on(node.values, scope)

    def see_Return(self, node: ast.Return, scope: Scope) -> bool:
        return self.hands_on([node.value], scope)

    see_Yield = see_Return

    def see_Lambda(self, node: ast.Lambda, scope: Scope) -> bool:
        return self.hands_on([node.body], scope)

    def hands_on(self, values: list, scope: Scope) -> bool:
        """Refuse a handle among these values, which go where they cannot be followed."""
        found = [v for v in values if v is not None and self.is_handle(v, scope)]
        return any([self.hit(value, ast.unparse(value), PATCH_WHY) for value in found])

    def is_handle(self, node: ast.AST, scope: Scope) -> bool:
        found = [p for p in self.origins.of(node, scope) if isinstance(p, str)]
        return any(path in HANDLES or path.endswith(".InteractiveShell") for path in found)

    def asks_by_unknown_name(self, node: ast.Call, called: set[str], scope: Scope) -> bool:
        """`sys.modules.get(name)`, `getattr(sys, name)` with a name that is not plain to see."""
        if "sys.modules.get" in called and node.args:
            asked, name = True, node.args[0]
        elif "builtins.getattr" in called and len(node.args) > 1:
            owners = {str(p).split(".")[0] for p in self.origins.of(node.args[0], scope)}
            asked, name = bool(owners & {"sys", "gc", "builtins", "IPython"}), node.args[1]
        else:
            return False
        text = self.origins.text(name, scope)
        if text is not None and "builtins.getattr" in called:
            return bool(banned_name(text, (PATCHES,))) and self.hit(node, f".{text}", PATCH_WHY)
        return asked and text is None and self.hit(node, ast.unparse(node), PATCH_WHY)
