"""Find the student's kernels and their launches."""

from __future__ import annotations

import ast
import re

from .policy import KERNEL_METHODS
from .policy_names import Function, Scope
from .policy_notebook import Notebook
from .policy_origins import UNKNOWN
from .policy_walk import Walk

JIT = "triton.jit"


class Kernels(Walk):
    """Knows what a @triton.jit function is, and whether one is launched."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__(notebook)
        self.in_kernel = False
        self.sees_jit = False
        self.sees_launch = False
        self.unfinished = False  # a region is still as it was handed out

    @property
    def launches(self) -> bool:
        return self.sees_jit and self.sees_launch

    def look_for_launch(self, function: ast.expr, scope: Scope) -> None:
        """Note `kernel[grid](...)`, also where `kernel[grid]` has got a name first."""
        if isinstance(function, ast.Name):
            scope = self.origins.place(function.id, scope)
            values = self.origins.values(function.id, scope)
            function = next((v for v in values if isinstance(v, ast.Subscript)), function)
        if isinstance(function, ast.Subscript):
            bases = self.origins.of(function.value, scope)
            if any(base == UNKNOWN or self.is_kernel(base) for base in bases):
                self.sees_launch = True

    def is_kernel(self, node: object) -> bool:
        """Whether that is a @triton.jit function, by every definition of the names used."""
        if not isinstance(node, Function):
            return False
        before, self.origins.early = self.origins.early, True
        marks = [getattr(d, "func", d) for d in node.decorator_list]
        found = any(self.origins.of(mark, self.notebook.scope) == {JIT} for mark in marks)
        self.origins.early = before
        return found

    def is_kernel_method(self, owner: ast.expr, name: str, scope: Scope) -> bool:
        """Whether this is a kernel's `x.sum()`: on a value of its own, not on a global."""
        if not (self.in_kernel and name in KERNEL_METHODS):
            return False
        while isinstance(owner, ast.Attribute | ast.Subscript | ast.Call):
            owner = owner.func if isinstance(owner, ast.Call) else owner.value
        if not isinstance(owner, ast.Name):
            return True
        place = self.origins.place(owner.id, scope)
        values = self.origins.values(owner.id, place)
        return place is not self.notebook.scope or all(isinstance(v, str) for v in values)

    def see_FunctionDef(self, node: ast.FunctionDef, scope: Scope) -> bool:
        self.look_around(node, scope)
        before = self.in_kernel
        self.in_kernel = before or self.is_kernel(node)
        self.look_inside(node, scope)
        self.in_kernel = before
        return True

    see_AsyncFunctionDef = see_FunctionDef

    def see_Raise(self, node: ast.Raise, scope: Scope) -> bool:
        texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
        if any(re.search(r"p\d+\.\d+: not implemented yet", str(text)) for text in texts):
            self.unfinished = True
        return False
