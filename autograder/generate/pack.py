"""The student half as one cell of the student's notebook: locked, folded, real modules inside.

A notebook carries the modules that its problem needs and no others, packed into one line, and the
given code as it was released, so that the check can run a student's regions in it.
"""

from __future__ import annotations

import ast
import base64
import json
import lzma
from pathlib import Path

from ..selfcheck.regions import Frame
from .cells import BuildError

PACKAGE = Path(__file__).resolve().parents[1] / "selfcheck"
CELL_METADATA = {
    "cellView": "form",
    "deletable": False,
    "editable": False,
    "jupyter": {"source_hidden": True},
    "tags": ["selfcheck"],
}
# The modules are real ones: tracebacks and inspect.getsource show their lines.
_CELL = '''\
# @title Self-check: run this cell once; nothing here needs changing
# It defines the module `selfcheck`, which the check below uses. selfcheck.source() lists its files,
# selfcheck.source("check") prints one; they also lie beside the notebooks, in selfcheck/.
import base64, importlib.abc, importlib.util, json, lzma, sys


class Packed(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds the modules of one package in a dictionary of sources."""

    def __init__(self, modules):
        self.modules = modules

    def path(self, name):
        inside = name.partition(".")[2].replace(".", "/")
        paths = (f"{{inside}}.py", f"{{inside}}/__init__.py") if inside else ("__init__.py",)
        return next((path for path in paths if path in self.modules), None)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "selfcheck" and self.path(name):
            return importlib.util.spec_from_loader(name, self)

    def is_package(self, name):
        return self.path(name).endswith("__init__.py")

    def get_filename(self, name):
        return f"selfcheck/{{self.path(name)}}"

    def get_source(self, name):
        return self.modules[self.path(name)]


for name in [name for name in sys.modules if name.partition(".")[0] == "selfcheck"]:
    del sys.modules[name]
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Packed"]
sys.meta_path.insert(0, Packed(json.loads(lzma.decompress(base64.b85decode("{packed}")))))
import selfcheck'''


def modules_for(problem_id: str, package: Path = PACKAGE) -> dict[str, str]:
    """The sources that a problem's notebook needs, by path: all that is imported from the package,
    beginning with its `__init__` and the problem's own module.
    """
    found: dict[str, str] = {}
    own = next(package.glob(f"problems/*/{problem_id}.py"), package / f"problems/{problem_id}.py")
    path = own.relative_to(package)
    todo = ["__init__.py", "problems/__init__.py", f"{path.parent}/__init__.py", str(path)]
    while todo:
        path = todo.pop(0)
        if path in found:
            continue
        found[path] = _read(package / path)
        todo += _imported(path, found[path], package)
    return dict(sorted(found.items()))


def pack_cell(frame: Frame, package: Path = PACKAGE) -> str:
    """The source of the student's self-check cell: it defines the package `selfcheck`."""
    modules = modules_for(frame.problem, package)
    cells = ",\n".join(repr(cell) for cell in frame.cells)
    modules["frame.py"] = f'"""The given code as it was released."""\n\nCELLS = (\n{cells},\n)\n'
    text = json.dumps(modules, ensure_ascii=False, sort_keys=True)
    packed = base64.b85encode(lzma.compress(text.encode("utf-8"), preset=9)).decode("ascii")
    return _CELL.format(packed=packed)


def unpack(source: str) -> dict[str, str]:
    """The modules in a packed cell, by path; empty for any other source."""
    _, found, rest = source.partition('base64.b85decode("')
    if not found:
        return {}
    return json.loads(lzma.decompress(base64.b85decode(rest.partition('"')[0])))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BuildError(f"{path}: not found. Every problem needs its public module.") from None


def _imported(path: str, source: str, package: Path) -> list[str]:
    """The package's files that a file imports, at its top or inside a function."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise BuildError(f"{package / path}, line {error.lineno}: {error.msg}.") from None
    above = [Path(path).parent, *Path(path).parent.parents]
    found: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = above[node.level - 1].joinpath(*(node.module or "").split("."))
        names = [f"{base.as_posix()}.py"] if node.module else []
        names += [f"{(base / alias.name).as_posix()}.py" for alias in node.names]
        found += [name for name in names if (package / name).is_file()]
    return found
