"""The student half as one cell of the student's notebook: locked, collapsed, readable."""

from __future__ import annotations

import ast
from pathlib import Path

from .cells import BuildError
from .flatten import PACKAGE, flatten
from .modules import import_target, read_part

__all__ = ["CELL_METADATA", "TITLE", "flatten", "pack_cell", "selfcheck_modules"]

TITLE = (
    "# @title Self-check: run this cell once; nothing here needs changing (open it if you are "
    "curious)"
)
CELL_METADATA = {
    "cellView": "form",
    "deletable": False,
    "editable": False,
    "jupyter": {"source_hidden": True},
    "tags": ["selfcheck"],
}
QUOTES = "'''"
# The module is in sys.modules before it runs (dataclasses look there), and its lines are in
# linecache, so that tracebacks and inspect.getsource can show them.
_CELL = """\
{title}


def load_selfcheck(source):
    import linecache
    import sys
    import types

    module = types.ModuleType("selfcheck")
    module.__file__ = "<selfcheck>"
    linecache.cache["<selfcheck>"] = (len(source), None, source.splitlines(True), "<selfcheck>")
    sys.modules["selfcheck"] = module
    exec(compile(source, "<selfcheck>", "exec"), module.__dict__)


load_selfcheck(r'''
{source}''')
"""


def selfcheck_modules(package: Path = PACKAGE) -> list[str]:
    """The files in the order in which the package's `__init__.py` imports from them."""
    init = read_part("__init__", package)
    names: list[str] = []
    for node in init.tree.body:
        if not isinstance(node, ast.ImportFrom) or node.module == "__future__":
            continue
        if node.module is None and [alias.name for alias in node.names] == ["problems"]:
            continue  # registers every problem; a student's cell holds one
        name = import_target(node, init)
        if name is not None and name.split(".")[0] != "problems" and name not in names:
            names.append(name)
    return names


def pack_cell(problem: str, package: Path = PACKAGE) -> str:
    """The source of the student's self-check cell: it defines the module `selfcheck`."""
    source = flatten([*selfcheck_modules(package), f"problems.{problem}"], package)
    if QUOTES in source:
        number = source[: source.index(QUOTES)].count("\n")
        raise BuildError(
            f"{package}: {QUOTES} would end the packed cell's string too early: "
            f'`{source.splitlines()[number].strip()}`. Write """ there.'
        )
    return _CELL.format(title=TITLE, source=source).rstrip("\n")
