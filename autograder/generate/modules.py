"""Read files of the student half: what they import and which names they bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .cells import BuildError

PACKAGE_NAME = "autograder.selfcheck"


@dataclass(frozen=True)
class Part:
    """One file of the student half: its dotted name inside the package, path, source and tree."""

    name: str
    path: Path
    source: str
    tree: ast.Module

    def error(self, node: ast.AST, advice: str) -> BuildError:
        return BuildError(f"{self.path}, line {node.lineno}: `{ast.unparse(node)}`: {advice}.")


def read_part(name: str, package: Path) -> Part:
    path = package.joinpath(*name.split(".")).with_suffix(".py")
    try:
        source = path.read_text(encoding="utf-8")
        return Part(name, path, source, ast.parse(source))
    except FileNotFoundError:
        raise BuildError(f"{path}: not found. Every problem needs its public module.") from None
    except SyntaxError as error:
        raise BuildError(f"{path}, line {error.lineno}: {error.msg}. Correct it.") from None


def import_target(node: ast.ImportFrom, part: Part) -> str | None:
    """The package file that `node` imports from (`device`), None for an import from outside."""
    if node.level == 0:
        module = node.module or ""
        if module.split(".")[0] != "autograder":
            return None
        if not module.startswith(PACKAGE_NAME + "."):
            raise part.error(node, "only names from files of selfcheck can be packed")
        return module.removeprefix(PACKAGE_NAME + ".")
    folder = part.name.split(".")[:-1]
    if node.level - 1 > len(folder):
        raise part.error(node, "this leaves selfcheck. Student code sees nothing outside it")
    base = folder[: len(folder) - (node.level - 1)]
    if node.module is None:
        raise part.error(node, "import names from a file, not the file itself")
    return ".".join([*base, *node.module.split(".")])


def refuse_clashes(parts: list[Part]) -> None:
    """Raise BuildError where two files bind one name differently."""
    owners: dict[str, tuple[Part, str]] = {}
    for part in parts:
        for name, origin, node in _bound_names(part):
            known, what = owners.setdefault(name, (part, origin))
            same_import = origin.startswith("import ") and what == origin
            if known is not part and not same_import:
                raise part.error(node, f"`{name}` is also defined in {known.path}. Rename one")


def _bound_names(part: Part) -> Iterator[tuple[str, str, ast.stmt]]:
    """(name, what it is, statement) for every name a file binds at its top level."""
    for node in _statements(part.tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, "definition", node
        elif isinstance(node, ast.Import):
            for alias in node.names:
                package = alias.name.split(".")[0]
                origin = alias.name if alias.asname else package
                yield alias.asname or package, f"import {origin}", node
        elif isinstance(node, ast.ImportFrom):
            if node.module != "__future__" and import_target(node, part) is None:
                for alias in node.names:
                    yield alias.asname or alias.name, f"import {node.module}.{alias.name}", node
        else:
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            for child in (c for target in targets if target for c in ast.walk(target)):
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                    yield child.id, "definition", node


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at import time in the module's namespace, blocks opened."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, block, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)
