"""The program: the given code with a student's regions in it.

The *frame* is the given code of a released notebook: the code cells that define something, with an
unfilled region wherever the student's work goes. With the work in it, it is the *program*: nothing
else of a notebook is run by the check or by the grader.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .regions import FUNCTIONS, KERNEL, MARKER, STUB, TORCH, Markers, Work, canonical, read_markers


@dataclass(frozen=True)
class Region:
    """A region as the frame hands it out.

    `kind` says where it stands: in a kernel, in PyTorch code, or at the top level, where it holds
    whole kernels. `names` are the values it may use, `helpers` the given functions it may call.
    `fixed` are those of the names that stand outside the function around and that its given code
    reads: set in a region, they would be the function's own, and have no value where it reads them.
    `function` is the name of the function around it, "" at the top level.
    """

    id: str
    kind: str
    stub: str
    indent: str
    function: str
    names: frozenset[str]
    helpers: frozenset[str]
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """A line of the program: of a region ("w1.1", line 3 below its marker), or of the given code
    (region "", line of the program).
    """

    region: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line} of {self.region}" if self.region else "the given code"


@dataclass(frozen=True)
class Program:
    """The frame with a student's work in it, as one Python source."""

    source: str
    spans: Mapping[str, tuple[int, int]]  # region -> (line of its START marker, of its END), from 1

    def place(self, line: int) -> Place:
        """Where a line of the program (from 1) stands."""
        for region, (start, end) in self.spans.items():
            if start < line < end:
                return Place(region, line - start)
        return Place("", line)


@dataclass(frozen=True)
class Frame:
    """The given code of one problem: the sources of its code cells, in order."""

    problem: str
    cells: tuple[str, ...]

    @cached_property
    def source(self) -> str:
        return "\n\n\n".join(self.cells) + "\n"

    @cached_property
    def regions(self) -> dict[str, Region]:
        """Every region, in order, by id."""
        tree = ast.parse(self.source)
        lines = self.source.split("\n")
        markers = read_markers(self.source)
        spans = sorted(markers.spans.items(), key=lambda item: item[1])
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        made = {}
        for id, (start, end) in spans:
            around = [f for f in functions if f.lineno <= start + 1 <= (f.end_lineno or 0)]
            made[id] = _region(id, (start, end), tree, around, lines, markers)
        return made

    def cell_of(self, region: str) -> str:
        """The source of the released cell in which a region stands."""
        return next(cell for cell in self.cells if region in read_markers(cell).spans)

    def program(self, work: Work) -> Program:
        """The frame with the work in it; a region that the work lacks stays unfilled."""
        lines: list[str] = []
        spans: dict[str, tuple[int, int]] = {}
        opened: tuple[str, int] | None = None
        for line in self.source.split("\n"):
            match = MARKER.match(line)
            if match and match["verb"] == "STARTS":
                lines.append(line)
                opened = (match["id"], len(lines))
                text = work.get(match["id"], self.regions[match["id"]].stub)
                lines += [match["indent"] + part if part else "" for part in text.split("\n")]
            elif match and opened is not None:
                lines.append(line)
                spans[opened[0]] = (opened[1], len(lines))
                opened = None
            elif opened is None:
                lines.append(line)
        return Program("\n".join(lines), spans)


def graded_work(frame: Frame, work: Work) -> dict[str, str]:
    """The work as the grader takes it: a region without any code counts as it was handed out."""
    return {
        id: text if any(map(_is_code, text.split("\n"))) else frame.regions[id].stub
        for id, text in work.items()
    }


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#") and not STUB.search(line)


def _region(
    id: str,
    span: tuple[int, int],
    tree: ast.Module,
    around: list[ast.FunctionDef],
    lines: list[str],
    markers: Markers,
) -> Region:
    """A region of the frame; `around` are the functions in which it stands, outermost first."""
    kind = FUNCTIONS if not around else KERNEL if any(map(is_jitted, around)) else TORCH
    given = [s for name, s in markers.spans.items()]
    names: set[str] = set()
    for function in around:
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names |= {a.arg for a in (*every, arguments.vararg, arguments.kwarg) if a is not None}
        names |= {n.id for n in _stored(function) if _is_given(n, given)}
    helpers = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and (kind == TORCH or is_jitted(node))
    } - {function.name for function in around}
    assigned = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    constants = {n.id for node in assigned for n in _stored(node)}
    read = {
        n.id for f in around for n in ast.walk(f) if isinstance(n, ast.Name) and _is_given(n, given)
    }
    indent = lines[span[0]][: len(lines[span[0]]) - len(lines[span[0]].lstrip())]
    return Region(
        id=id,
        kind=kind,
        stub=canonical("\n".join(lines[span[0] + 1 : span[1]])),
        indent=indent,
        function=around[-1].name if around else "",
        names=frozenset(names | constants),
        helpers=frozenset(helpers),
        fixed=frozenset((constants - names) & read),
    )


def _stored(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _is_given(name: ast.Name, spans: Iterable[tuple[int, int]]) -> bool:
    return not any(start < name.lineno - 1 < end for start, end in spans)


def is_jitted(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether one of the decorators is triton's jit, called or not, under any module name."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
        if name == "jit":
            return True
    return False


def frame_of(problem: str, sources: Iterable[str]) -> Frame:
    """The frame made of a released notebook's code cells, those before its check cell.

    A cell belongs to it if all it does is import, define and assign; what also runs something,
    prints or launches a kernel, is an example for the reader.
    """
    return Frame(problem, tuple(source for source in sources if only_defines(source)))


def only_defines(source: str) -> bool:
    """Whether a cell's top level holds nothing but imports, definitions and assignments."""
    defining = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
    # Raise: the stub of a region that holds whole functions
    kinds = (*defining, ast.AnnAssign, ast.Raise)
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic, say
        return False
    return bool(body) and all(isinstance(node, kinds) for node in body)
