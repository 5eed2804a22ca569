"""The rules for graded code: everything that the entry point can reach, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from .policy import (
    INSIDE_WHY,
    KERNEL_ROOTS,
    MODULE_PATHS,
    MODULE_WHY,
    SELFCHECK_PUBLIC,
    UNSEEN_WHY,
    Policy,
)
from .policy_kernels import JIT, Kernels
from .policy_names import Function, Scope
from .policy_notebook import Notebook
from .policy_origins import UNKNOWN
from .policy_patches import Patches, may_be_changed
from .policy_walk import banned_name, banned_path

PRIVATE_ROOTS = ("torch", "numpy", "triton", "sys")  # whose private parts are second doors
METHOD_ROOTS = ("torch", "numpy", "operator")  # where a banned last name means the banned thing
BY_NAME = ("builtins.getattr", "operator.attrgetter", "operator.methodcaller")


class Reach(Kernels):
    """Follows names from the entry point through the notebook's cells."""

    def __init__(self, notebook: Notebook, policy: Policy, patches: Patches) -> None:
        super().__init__(notebook)
        self.policy = policy
        self.patches = patches
        # Inside the value of a global: what is computed there cannot depend on graded inputs.
        self.computes_data = False
        self.results: set[int] = set()  # functions called there
        self.followed: set[tuple[str, bool]] = set()
        self.queue: list[tuple[ast.AST, Scope, bool]] = []

    def follow_from(self, entry: str) -> None:
        """Look at the entry point and all it reaches."""
        self.follow(entry)
        for binding in self.notebook.find(entry, False):
            if isinstance(binding.value, str) and binding.inside is not None:
                self.check_path(binding.inside, binding.value)
        while self.queue:
            node, scope, self.origins.early = self.queue.pop()
            self.in_kernel = False
            defined = isinstance(node, Function | ast.ClassDef)
            self.computes_data = scope is self.notebook.scope and not defined
            self.visit(node, scope)

    def follow(self, name: str) -> None:
        """Put in line what a global name is bound to, and what changes it."""
        early = self.origins.early
        if (name, early) in self.followed:
            return
        self.followed.add((name, early))
        found = self.notebook.find(name, early)
        for binding in found:
            if binding.inside is not None:
                defined = isinstance(binding.inside, Function | ast.ClassDef)
                self.queue.append((binding.inside, self.notebook.scope, early or not defined))
        notes = list(self.patches.changes.get(name, ()))
        if any(may_be_changed(binding.value) for binding in found):
            notes += self.patches.uses.get(name, ())
        for function in {note.within for note in notes}:  # `def put(f): ops.append(f)`
            notes += self.patches.calls.get(function, ())
        self.queue += [(note.code, note.scope, True) for note in notes]

    def see_Name(self, node: ast.Name, scope: Scope) -> bool:
        place = self.origins.place(node.id, scope)
        if place is self.notebook.scope:
            self.follow(node.id)
        if isinstance(node.ctx, ast.Load):
            any(self.check_path(node, path) for path in self.origins.paths(node.id, place))
        return True

    def see_Attribute(self, node: ast.Attribute, scope: Scope) -> bool:
        return self.check_member(node, node.value, node.attr, scope)

    def see_MatchClass(self, node: ast.MatchClass, scope: Scope) -> bool:
        for name in node.kwd_attrs:
            if why := self.bans(node, name):
                self.hit(node, f".{name}", why)
        return False

    def check_member(self, node: ast.AST, owner: ast.expr, name: str, scope: Scope) -> bool:
        """Check `owner.name`, whichever way it is written."""
        for base in self.origins.of(owner, scope):
            if isinstance(base, ast.ClassDef) and self.origins.has(base, name):
                continue
            if isinstance(base, ast.AST) and name == "run":
                self.sees_launch = self.sees_launch or self.is_kernel(base)
            if isinstance(base, str) and base != UNKNOWN:
                if self.check_path(node, f"{base}.{name}"):
                    return True
            elif not self.is_kernel_method(owner, name, scope) and (why := self.bans(node, name)):
                return self.hit(node, f".{name}", why)
        return False

    def bans(self, node: ast.AST, name: str) -> str:
        """Why `name` is banned at this node, or ""."""
        return "" if id(node) in self.results else banned_name(name, self.policy.bans)

    def check_path(self, node: ast.AST, path: str) -> bool:
        """Check a dotted name of a library."""
        root, last = path.split(".")[0], path.split(".")[-1]
        self.sees_jit = self.sees_jit or path == JIT
        shown = path.removeprefix("builtins.").removeprefix("IPython.history.")
        if path in SELFCHECK_PUBLIC:
            return False
        why = banned_path(path, self.policy.bans)
        own = root in METHOD_ROOTS or (root == "triton" and not path.startswith("triton.language"))
        if not why and (own or last.startswith("__")):
            why = self.bans(node, last)
        if not why and root not in self.policy.modules:
            why = MODULE_WHY
        if not why and root in PRIVATE_ROOTS and re.search(r"\._(?!_)", path):
            why = UNSEEN_WHY
        if not why and self.in_kernel and root not in KERNEL_ROOTS:
            why = INSIDE_WHY
        return bool(why) and self.hit(node, shown, why)

    def see_BinOp(self, node: ast.BinOp | ast.AugAssign, scope: Scope) -> bool:
        why = banned_name("@", self.policy.bans) if isinstance(node.op, ast.MatMult) else ""
        if why and not self.computes_data:
            self.hit(node, "@", why)
        return False

    see_AugAssign = see_BinOp

    def see_Call(self, node: ast.Call, scope: Scope) -> bool:
        functions = self.origins.of(node.func, scope)
        if (
            self.computes_data
            and getattr(node.func, "attr", getattr(node.func, "id", "")).islower()
        ):
            self.results.add(id(node.func))
        for way in [p for p in functions if p in BY_NAME]:
            if self.check_by_name(node, way, scope):
                return True
        self.look_for_launch(node.func, scope)
        if "builtins.getattr" not in functions:
            self.see_modules(node.args, scope)
        if "builtins.getattr" not in functions:
            return False
        for argument in node.args:  # the call is checked: only the name `getattr` is left out
            self.visit(argument, scope)
        return True

    def see_modules(self, values: Sequence[ast.AST | None], scope: Scope) -> bool:
        """Refuse a module as a value: what becomes of it cannot be followed."""
        for value in values:
            if isinstance(value, ast.Name | ast.Attribute):
                modules = self.origins.of(value, scope) & MODULE_PATHS
                any(self.hit(value, module, UNSEEN_WHY) for module in modules)
        return False

    def see_List(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> bool:
        return self.see_modules(node.elts, scope)

    see_Tuple = see_Set = see_List

    def see_Dict(self, node: ast.Dict, scope: Scope) -> bool:
        return self.see_modules(node.values, scope)

    def see_Return(self, node: ast.Return, scope: Scope) -> bool:
        return self.see_modules([node.value], scope)

    def check_by_name(self, node: ast.Call, way: str, scope: Scope) -> bool:
        """Check `getattr(x, "softmax")` and its relatives."""
        spot = 1 if way == "builtins.getattr" else 0
        if len(node.args) <= spot:
            return self.hit(node, way.removeprefix("builtins."), UNSEEN_WHY)
        name = self.origins.text(node.args[spot], scope)
        if name is not None and spot:
            return self.check_member(node, node.args[0], name, scope)
        if name is not None and (why := banned_name(name.split(".")[-1], self.policy.bans)):
            return self.hit(node, f"{way}({name!r})", why)
        harmless = spot and all(
            isinstance(base, ast.AST) or base.split(".")[0] == "triton"
            for base in self.origins.of(node.args[0], scope)
        )
        return not harmless and self.hit(node, way.removeprefix("builtins."), UNSEEN_WHY)

    def see_Lambda(self, node: ast.Lambda, scope: Scope) -> bool:
        before, self.computes_data = self.computes_data, False
        self.look_around(node, scope)
        self.look_inside(node, scope)
        self.computes_data = before
        return True
