"""The walk through a region's statements, and through functions where a region holds them."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace

from .grammar_advice import NODES
from .grammar_expressions import Expressions
from .grammar_nodes import is_text, path_of, stored
from .regions import FUNCTIONS, TORCH


class Walk(Expressions):
    """The walk through all of a region."""

    def body(self, statements: list[ast.stmt]) -> None:
        if self.kind == FUNCTIONS:
            self.functions(statements)
            return
        self.bound = frozenset().union(*map(stored, statements))
        self.visits(statements)

    def functions(self, statements: list[ast.stmt]) -> None:
        """A region at the top level: functions under @triton.jit, and texts."""
        names = {s.name for s in statements if isinstance(s, ast.FunctionDef)}
        helpers = self.region.helpers | (names - self.reserved)
        for statement in statements:
            self.line = statement.lineno
            if isinstance(statement, ast.FunctionDef):
                inner = Walk(self.region, self.lines, self.given, self.reserved)
                inner.reasons = self.reasons
                inner.function(statement, frozenset(helpers))
            elif not self.tolerated(statement):
                self.refuse(
                    self.shown(statement), "Here stand functions under `@triton.jit` alone."
                )

    def function(self, node: ast.FunctionDef, helpers: frozenset[str]) -> None:
        arguments = node.args
        parameters = frozenset(a.arg for a in arguments.args)
        self.region = replace(self.region, helpers=helpers)
        self.bound = parameters.union(*map(stored, node.body))
        self.heading(node)
        for argument in arguments.args:
            self.parameter(argument)
        for default in arguments.defaults:
            number = default
            if isinstance(default, ast.UnaryOp) and isinstance(default.op, ast.USub):
                number = default.operand
            if isinstance(number, ast.Constant) and not is_text(number):
                self.visit(number)
            else:
                self.refuse(self.shown(default), "A default is a number, True, False or None.")
        self.visits(node.body)

    def heading(self, node: ast.FunctionDef) -> None:
        """The decorator, the name, and that the parameters are plain."""
        self.line = node.lineno
        what, arguments = f"def {node.name}", node.args
        if [ast.unparse(d) for d in node.decorator_list] != ["triton.jit"]:
            self.refuse(what, "Write `@triton.jit` above it, and nothing else.")
        taken = self.reserved | self.region.names | frozenset(dir(builtins))
        if node.name in taken or node.name.startswith("__"):
            self.refuse(what, "Take another name.", "would hide what is called so")
        others = (arguments.posonlyargs, arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        if any(others) or node.returns or getattr(node, "type_params", None):
            self.refuse(what, "Write plain parameters: `name`, or `name: tl.constexpr`.")

    def parameter(self, argument: ast.arg) -> None:
        self.line = argument.lineno
        self.bindable(argument.arg)
        if argument.annotation and ast.unparse(argument.annotation) != "tl.constexpr":
            self.refuse(self.shown(argument.annotation), "The only annotation is `tl.constexpr`.")

    def on_assign(self, node: ast.Assign) -> None:
        if len(node.targets) > 1 and self.kind != TORCH:
            self.refuse("a = b = …", "Write one assignment per line.")
        for target in node.targets:
            self.target(target)
        self.visit(node.value)

    def on_augassign(self, node: ast.AugAssign) -> None:
        self.target(node.target)
        self.no_huge_number(node, node.op, node.value)
        self.visits([node.op, node.value])

    def on_annassign(self, node: ast.AnnAssign) -> None:
        if ast.unparse(node.annotation) != "tl.constexpr" or node.value is None:
            self.refuse(self.shown(node.annotation), NODES["AnnAssign"])
        self.target(node.target)
        self.visits([node.value])

    def target(self, node: ast.expr) -> None:
        self.line = node.lineno
        if isinstance(node, ast.Name):
            self.bindable(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for element in node.elts:
                self.target(element)
        elif isinstance(node, ast.Subscript) and self.kind == TORCH:
            self.visit(node)
        elif isinstance(node, ast.Subscript):
            store = "Write `tl.store(pointers, values, mask)`, or `tl.where` to change a tile."
            self.refuse(f"{self.shown(node)} = …", store)
        else:
            self.refuse(f"{self.shown(node)} = …", "Assign to a plain name.")

    def on_for(self, node: ast.For) -> None:
        self.target(node.target)
        loops, over = self.words.loops, node.iter
        if not loops:
            self.visit(over)
        elif isinstance(over, ast.Call) and path_of(over.func) in loops:
            self.arguments(over, path_of(over.func))
        else:
            self.refuse(
                f"for … in {self.shown(over)}", "Run over `range(…)` or `tl.static_range(…)`."
            )
        self.visits(node.body)
        self.no_else(node)

    def on_while(self, node: ast.While) -> None:
        self.visits([node.test, *node.body])
        self.no_else(node)

    def no_else(self, node: ast.For | ast.While) -> None:
        if node.orelse:
            self.line = node.orelse[0].lineno
            self.refuse("else of a loop", "Write those lines after the loop.")

    def on_assert(self, node: ast.Assert) -> None:
        self.visit(node.test)
        if node.msg is not None and is_text(node.msg):
            self.text(node.msg)
        else:
            self.visits([node.msg])

    def bindable(self, name: str) -> None:
        if name in self.region.fixed:
            says = "would hide a value that the given code reads"
            self.refuse(f"{name} = …", "Take another name.", says)
        elif name in self.region.names or name == "_":
            return
        elif name in self.region.helpers | self.reserved:
            self.refuse(f"{name} = …", "Take another name.", "would hide what is called so")
        elif name.startswith("_"):
            self.refuse(f"{name} = …", "Begin the name with a letter.")
