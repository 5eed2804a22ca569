"""The walk through a region's expressions, node by node; what is refused ends up in `reasons`."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from typing import Any

from .grammar_advice import MODULES, NODES, advice_on_attribute, advice_on_name, advice_on_path
from .grammar_nodes import cut, is_huge, is_number, is_pointer, is_text, is_tile, path_of, title
from .grammar_words import COMBINING, OPTIONS, RESERVED, WORDS
from .program import Region
from .regions import TORCH

MOST_REFUSALS = 20  # of one region
# A line of a text that starts like this could be taken for the head of another function: Triton's
# interpreter looks for the last line that starts with "def ".
LIKE_CODE = re.compile(r"\s*(def|async|class|@)")


class Expressions:
    """One walk through one region, or through one function of a region that holds functions.

    `lines` is its text; `known` are names that may be read beside the region's own, `reserved`
    those that may not be given to a value. `stub`: lines of an unfilled region, as `ast.dump` has
    them. `reasons`: (line, what, what to write instead, what is the matter with it).
    """

    def __init__(
        self,
        region: Region,
        lines: list[str],
        known: frozenset[str],
        reserved: frozenset[str],
        stub: frozenset[str] = frozenset(),
    ) -> None:
        self.region = region
        self.kind = region.kind
        self.words = WORDS[region.kind]
        self.lines = lines
        self.margin = len(region.indent.encode())
        self.reserved = (reserved | RESERVED) - region.names
        self.given = region.names | (known - self.reserved)
        self.stub = stub
        self.bound: frozenset[str] = frozenset()
        self.line = 1
        self.reasons: list[tuple[int, str, str, str]] = []
        where = "in a PyTorch region" if self.kind == TORCH else "inside a kernel"
        self.says = f"is not available {where}"

    def refuse(self, what: str, instead: str, says: str = "") -> None:
        reason = (self.line, cut(what), instead, says or self.says)
        if reason not in self.reasons:
            self.reasons.append(reason)

    @property
    def full(self) -> bool:
        """Whether enough is refused: what is near to an unknown name takes long to find."""
        return len(self.reasons) >= MOST_REFUSALS

    def shown(self, node: Any) -> str:
        """A node as it stands in the region, cut where it is long."""
        if title(node) or not hasattr(node, "col_offset"):
            return title(node) or type(node).__name__
        start, end = (node.col_offset - self.margin, node.end_col_offset - self.margin)
        line = self.lines[node.lineno - 1].encode()
        text = line[start : end if node.end_lineno == node.lineno else None]
        return cut(text.decode(errors="replace"))

    def visits(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit(self, node: ast.AST) -> None:
        """Check a node: first its kind, then what its kind asks for, then all below it."""
        if isinstance(node, ast.expr_context) or self.full:
            return
        self.line = getattr(node, "lineno", self.line)
        name = type(node).__name__
        if isinstance(node, ast.stmt) and self.tolerated(node):
            return
        if name not in self.words.nodes:
            instead = NODES.get(name, "Write it in another way.")
            if self.kind == TORCH and name == "Assert":
                instead = "Take it out."
            self.refuse(self.shown(node), instead)
            return
        check = getattr(self, f"on_{name.lower()}", None)
        if check is not None:
            check(node)
        else:
            self.visits(ast.iter_child_nodes(node))

    def tolerated(self, statement: ast.stmt) -> bool:
        """Whether it is a text by itself, as a remark, or the line of an unfilled region."""
        if isinstance(statement, ast.Expr) and is_text(statement.value):
            self.text(statement.value)
            return True
        simple = isinstance(statement, (ast.Expr, ast.Raise))
        return simple and ast.dump(statement) in self.stub

    def text(self, node: ast.Constant) -> None:
        self.line = node.lineno
        if any(map(LIKE_CODE.match, self.lines[node.lineno : node.end_lineno])):
            self.refuse("a text that holds code", "Put a # before each of its lines.")

    def on_name(self, node: ast.Name) -> None:
        if self.is_value(node.id):
            return
        self.unknown(node.id)

    def is_value(self, name: str) -> bool:
        return name in self.given or (name in self.bound and name not in self.reserved)

    def unknown(self, name: str) -> None:
        if name in self.words.builtins | self.region.helpers:
            self.refuse(name, f"It can only be called: `{name}(…)`.", "is no value")
            return
        if name in self.words.modules:
            self.refuse(name, f"It only stands before a dot: `{name}.…`.", "is no value")
            return
        if name in MODULES:
            self.refuse(name, advice_on_path(self.kind, name))
            return
        known = self.given | self.bound | self.region.helpers | self.words.modules
        says = self.says if hasattr(builtins, name) else "is not known inside the region"
        self.refuse(name, advice_on_name(self.kind, name, known), says)

    def on_attribute(self, node: ast.Attribute) -> None:
        path = path_of(node)
        if path is None or self.is_value(path.partition(".")[0]):
            self.attribute(node)
        elif path in self.words.calls:
            self.refuse(path, f"It can only be called: `{path}(…)`.", "is no value")
        elif path not in self.words.values:
            self.below_a_module(node, path)

    def below_a_module(self, node: ast.Attribute, path: str, called: bool = False) -> None:
        """For `tl.float32.itemsize`, and for what is not there."""
        root = path.partition(".")[0]
        if path.rpartition(".")[0] in self.words.values:
            self.attribute(node, below=False, called=called)
        elif root in MODULES:
            self.refuse(path, advice_on_path(self.kind, path))
        else:
            self.unknown(root)

    def attribute(self, node: ast.Attribute, below: bool = True, called: bool = False) -> None:
        """An attribute of a value: a method where it is called, a fact where it is not."""
        name, words = node.attr, self.words
        if below:
            self.visit(node.value)
        if name not in words.attributes:
            self.refuse(f".{name}", advice_on_attribute(self.kind, name))
        elif called and name not in words.methods:
            self.refuse(f".{name}(…)", f"Write `.{name}`, without brackets.", "is not called")
        elif not called and name not in words.facts:
            self.refuse(f".{name}", f"Call it: `.{name}(…)`.", "is no value")

    def on_call(self, node: ast.Call) -> None:
        callee, path = node.func, path_of(node.func)
        if path in self.words.loops:
            self.refuse(f"{path}(…)", f"Write `for i in {path}(…):`.", "stands alone")
        elif isinstance(callee, ast.Attribute):
            if path is None or self.is_value(path.partition(".")[0]):
                self.attribute(callee, called=True)
            elif path not in self.words.calls:
                self.below_a_module(callee, path, called=True)
        elif path is None:
            self.refuse(self.shown(callee), "Only functions can be called, by their name.")
        elif self.is_value(path):
            self.refuse(f"{path}(…)", "It is a value, not a function.")
        elif path not in self.words.builtins | self.region.helpers:
            self.unknown(path)
        self.arguments(node, path)

    def arguments(self, node: ast.Call, path: str | None) -> None:
        speaking = path in self.words.speaking
        for argument in node.args:
            if is_text(argument) and (speaking or (path == "float" and is_number(argument))):
                self.text(argument)
            elif not self.combines(argument, path):
                self.visit(argument)
        for keyword in node.keywords:
            self.keyword(keyword, path, speaking)
        if path == "print" and self.kind != TORCH and not (node.args and is_text(node.args[0])):
            self.refuse("print(x)", 'Write `tl.device_print("x", x)`, or take it out.')

    def keyword(self, keyword: ast.keyword, path: str | None, speaking: bool) -> None:
        self.line = keyword.lineno
        if keyword.arg is None:
            self.refuse(f"**{self.shown(keyword.value)}", "Write the arguments one by one.")
        elif keyword.arg.startswith("_") or (path == "print" and keyword.arg not in ("sep", "end")):
            self.refuse(f"{keyword.arg}=", "Leave this argument out.")
        elif keyword.arg == "out":
            self.refuse("out=", "Assign what comes back: `x = …`.")
        elif is_text(keyword.value) and (speaking or keyword.value.value in OPTIONS):
            self.text(keyword.value)
        elif not self.combines(keyword.value, path):
            self.visit(keyword.value)

    def combines(self, node: ast.expr, path: str | None) -> bool:
        """Whether it is a given function, handed to an operation that combines with it."""
        if not isinstance(node, ast.Name) or path not in COMBINING:
            return False
        return node.id in self.region.helpers and not self.is_value(node.id)

    def on_constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str) and value in ("cuda", "cpu"):
            self.refuse(self.shown(node), "Take the device of a tensor that is there: `x.device`.")
        elif isinstance(value, str):
            texts = 'Texts stand only in messages, in options such as `"tf32"`, in `float("-inf")`.'
            self.refuse(self.shown(node), texts)
        elif value is Ellipsis:
            self.refuse("...", "Write your code, or the indices, in its place.")
        elif not isinstance(value, (int, float, type(None))):
            self.refuse(self.shown(node), "Only numbers, True, False and None are allowed.")

    def on_subscript(self, node: ast.Subscript) -> None:
        base, index = node.value, node.slice
        scalar = isinstance(index, ast.Name) or (
            isinstance(index, ast.Constant) and isinstance(index.value, int)
        )
        if self.kind != TORCH and isinstance(base, ast.Name) and scalar and is_pointer(base.id):
            self.refuse(self.shown(node), f"Write `tl.load({base.id} + {ast.unparse(index)})`.")
            return
        self.visit(base)
        for part in index.elts if isinstance(index, ast.Tuple) else [index]:
            dots = isinstance(part, ast.Constant) and part.value is Ellipsis
            if not (dots and self.kind == TORCH):
                self.visit(part)

    def on_compare(self, node: ast.Compare) -> None:
        if len(node.ops) > 1 and self.kind != TORCH:
            self.refuse(self.shown(node), "Write `(a <= b) & (b < c)`.")
        same = [op for op in node.ops if isinstance(op, (ast.Is, ast.IsNot))]
        if same and not any(map(_is_none, [node.left, *node.comparators])):
            # Which numbers are one object differs between interpreter and compiler.
            self.refuse("is", "Compare with `==`.", "asks for None alone")
        self.visits(ast.iter_child_nodes(node))

    def on_boolop(self, node: ast.BoolOp) -> None:
        if self.kind != TORCH and any(map(is_tile, node.values)):
            word, sign = ("and", "&") if isinstance(node.op, ast.And) else ("or", "|")
            instead = f"Between masks write `(…) {sign} (…)`."
            self.refuse(word, instead, "does not work element by element")
        self.visits(node.values)

    def on_unaryop(self, node: ast.UnaryOp) -> None:
        if self.kind != TORCH and isinstance(node.op, ast.Not) and is_tile(node.operand):
            self.refuse("not", "Write `~(…)`.", "does not work element by element")
        self.visit(node.operand)

    def on_binop(self, node: ast.BinOp) -> None:
        self.no_huge_number(node, node.op, node.right)
        self.visits([node.left, node.op, node.right])

    def no_huge_number(self, node: ast.AST, operator: ast.operator, right: ast.expr) -> None:
        if isinstance(operator, (ast.Pow, ast.LShift)) and is_huge(right):
            self.refuse(self.shown(node), "Write the number itself.", "is too large")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
