"""The student half as one cell of the student's notebook: locked, folded, real modules inside.

A notebook carries the modules that its problem needs and no others, packed into one line, and the
given code as it was released, so that the check can run a student's regions in it.
"""

from __future__ import annotations

import ast
import base64
import bz2
import json
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath

from ..selfcheck.packed import sources
from ..selfcheck.program import Frame
from .cells import BuildError
from .compact import compact

CELL_METADATA = {
    "cellView": "form",
    "deletable": False,
    "editable": False,
    "jupyter": {"source_hidden": True},
    "tags": ["selfcheck"],
}
FINDER = "finder.py"
# The modules are real ones: tracebacks and inspect.getsource show their lines.
_CELL = """\
# @title Self-check: run this cell once; nothing here needs changing
# It defines the module `selfcheck`, which the check below uses. selfcheck.source() lists its files,
# selfcheck.source("check") prints one; with comments and types they lie in selfcheck/, beside this.
import base64, bz2, json
modules = json.loads(bz2.decompress(base64.b85decode("{packed}")))
exec(modules["{finder}"])
install("selfcheck", modules)
import selfcheck"""


def modules_for(name: str, texts: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sources that the notebook of a problem ("warmup/w1") needs, by path: of the student half
    (`texts`) all that is imported, beginning with its `__init__` and the problem's own module.

    What the machinery imports inside a function is for kernels alone, so a problem without Triton
    does not carry it.
    """
    texts = sources() if texts is None else texts
    own = f"problems/{name}.py"
    if own not in texts:
        raise BuildError(
            f"{name}: its public side was not found, neither problems/public/{name}.py nor "
            f"autograder/selfcheck/{own}."
        )
    found: dict[str, str] = {}
    todo, kernels = [own], "uses_triton=False" not in texts[own]
    while todo:
        path = todo.pop()
        if path not in found and path in texts:
            found[path] = texts[path]
            todo += [f"{above}/__init__.py" for above in PurePosixPath(path).parents]
            todo += [
                "__init__.py",
                *_imported(path, texts[path], kernels or path.startswith("problems/")),
            ]
    return dict(sorted(found.items()))


def pack_cell(frame: Frame, assignment: str, points: int = 0, answers: tuple[str, ...] = ()) -> str:
    """The source of the student's self-check cell: it defines the package `selfcheck`.

    `points` is what the problem is worth, and `answers` are those to its questions, for the check
    to say.
    """
    found = modules_for(f"{assignment}/{frame.problem}")
    found[FINDER] = sources()[FINDER]
    modules = {path: compact(text) for path, text in found.items()}
    cells = ",\n".join(repr(cell) for cell in frame.cells)
    modules["frame.py"] = (
        f'"""The given code as it was released."""\n\nPOINTS = {points}\nCELLS = (\n{cells},\n)\n'
        f"ANSWERS = {answers!r}\n"
    )
    text = json.dumps(modules, ensure_ascii=False, sort_keys=True)
    packed = base64.b85encode(bz2.compress(text.encode("utf-8"))).decode("ascii")
    return _CELL.format(packed=packed, finder=FINDER)


def unpack(source: str) -> dict[str, str]:
    """The modules in a packed cell, by path; empty for any other source."""
    _, found, rest = source.partition('base64.b85decode("')
    if not found:
        return {}
    return json.loads(bz2.decompress(base64.b85decode(rest.partition('"')[0])))


@cache
def _imported(path: str, source: str, inside: bool) -> tuple[str, ...]:
    """Where what a file imports from its own package may stand: at its top, and, if `inside`, in a
    function.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise BuildError(
            f"autograder/selfcheck/{path}, line {error.lineno}: {error.msg}."
        ) from None
    found: list[str] = []
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            base = PurePosixPath(path).parents[node.level - 1]
            base = base.joinpath(*(node.module or "").split("."))
            found += [f"{base}.py", *(f"{base / alias.name}.py" for alias in node.names)]
    return tuple(found)
