"""Flatten files of the student half into one readable source; formatting and comments stay."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from .cells import BuildError
from .modules import Part, import_target, read_part, refuse_clashes

PACKAGE = Path(__file__).resolve().parents[1] / "selfcheck"
ALLOWED = frozenset(sys.stdlib_module_names) | {"torch", "triton", "IPython"}
FUTURE = "from __future__ import annotations"


def flatten(modules: list[str], package: Path = PACKAGE) -> str:
    """The named files (`device`, `problems.p3`) as one module source, in that order.

    Raises BuildError on whatever cannot live in one namespace or on a student's machine.
    """
    parts = [read_part(name, package) for name in modules]
    refuse_clashes(parts)
    blocks = [f"{FUTURE}\n"]
    for index, part in enumerate(parts):
        body = _without_package_imports(part, earlier=modules[:index], listed=modules)
        blocks.append(f"# ==== {part.name.replace('.', '/')}.py ====\n{body}")
    source = "\n\n".join(blocks)
    try:
        ast.parse(source)
    except SyntaxError as error:
        line = source.split("\n")[(error.lineno or 1) - 1].strip()
        raise BuildError(
            f"{package}: without its package imports the code breaks at `{line}` ({error.msg}). "
            "Leave no block that holds such an import alone."
        ) from None
    return source


def _package_imports(
    part: Part, earlier: list[str], listed: list[str]
) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements to drop; raises BuildError for each that cannot be packed."""
    for node in ast.walk(part.tree):
        if isinstance(node, ast.Import):
            _refuse_outside(part, node, [alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            if [alias.name for alias in node.names] != ["annotations"]:
                raise part.error(node, "only `annotations` can be imported from __future__")
            yield node
        elif isinstance(node, ast.ImportFrom):
            name = import_target(node, part)
            if name is None:
                _refuse_outside(part, node, [node.module or ""])
                continue
            if any(alias.asname or alias.name == "*" for alias in node.names):
                raise part.error(node, "import the names themselves, without `as` and `*`")
            within = earlier if node in part.tree.body else listed
            if name not in within:
                raise part.error(node, f"{name} must be among the packed files, before this one")
            yield node


def _refuse_outside(part: Part, node: ast.stmt, modules: list[str]) -> None:
    for module in modules:
        if module.split(".")[0] not in ALLOWED:
            raise part.error(
                node,
                "only the standard library, torch, triton and IPython may be "
                "imported here; from selfcheck itself, `from .file import name`",
            )


def _without_package_imports(part: Part, earlier: list[str], listed: list[str]) -> str:
    lines = part.source.split("\n")
    dropped: set[int] = set()
    statements = [node for node in ast.walk(part.tree) if isinstance(node, ast.stmt)]
    for node in _package_imports(part, earlier, listed):
        span = range(node.lineno - 1, node.end_lineno or node.lineno)
        if any(other.lineno - 1 in span for other in statements if other is not node):
            raise part.error(node, "give this import a line of its own")
        dropped.update(span)
        after = span.stop
        if after < len(lines) and not lines[after].strip():
            before = next((i for i in range(span.start - 1, -1, -1) if i not in dropped), -1)
            if before < 0 or not lines[before].strip():
                dropped.add(after)
    kept = [line for index, line in enumerate(lines) if index not in dropped]
    return "\n".join(kept).strip("\n") + "\n"
