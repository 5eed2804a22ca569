"""Empty the student's regions: the numbered steps stay as hints, a stub stands for the code."""

from __future__ import annotations

import ast
import re

from ..selfcheck.program import is_jitted
from ..selfcheck.regions import KERNEL, STUBS, TORCH
from .cells import BuildError, Where, parse_python
from .markers import MarkerError, Region

_STEP = re.compile(r"# Step [1-9]\d*: \S.*")
_MORE = re.compile(r"# {3,}\S.*")
_MEANT_STEP = re.compile(r"#+\s*step\s*\d", re.I)


def clear_regions(source: str, regions: list[Region], place: Where) -> str:
    """`source` as a student gets it; raises BuildError if the result is not Python any more."""
    if not regions:
        return source
    tree = _parse(source, place, "The solution itself does not parse. Correct it")
    lines = source.split("\n")
    for region in reversed(regions):  # from the end, so that line numbers stay true
        kept = step_comments(lines, region, place)
        stub = STUBS[KERNEL if _in_kernel(tree, lines, region, place) else TORCH]
        body = [*kept, stub.format(id=region.id)]
        lines[region.start + 1 : region.end] = [region.indent + line for line in body]
    cleared = "\n".join(lines)
    advice = "Emptying the regions breaks the code. Let each region hold whole statements"
    _parse(cleared, place, f"{advice}, indented like its markers")
    return cleared


def step_comments(lines: list[str], region: Region, place: Where) -> list[str]:
    """The region's `# Step N: ...` comments with their continuation lines, without indent."""
    kept: list[str] = []
    inside = False
    for index in range(region.start + 1, region.end):
        line = lines[index].strip()
        inside = bool(_STEP.fullmatch(line) or (inside and _MORE.fullmatch(line)))
        if inside:
            kept.append(line)
        elif _MEANT_STEP.match(line):
            advice = "Nearly a step, and it would vanish. Write `# Step 1: what to do`"
            raise MarkerError(f"{place.line(index + 1, lines[index])}{advice}.")
    return kept


def _in_kernel(tree: ast.Module, lines: list[str], region: Region, place: Where) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and _spans(node, region.start):
            raise MarkerError(
                f"{place.line(region.start + 1, lines[region.start])}This marker stands inside a "
                "string. Markers are comments: move it out."
            )
    first = _first_code_line(lines, region, place)
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(is_jitted(function) for function in functions if _spans(function, first))


def _spans(node: ast.expr | ast.stmt, index: int) -> bool:
    return node.lineno <= index + 1 <= (node.end_lineno or node.lineno)


def _first_code_line(lines: list[str], region: Region, place: Where) -> int:
    for index in range(region.start + 1, region.end):
        line = lines[index].strip()
        if line and not line.startswith("#"):
            return index
    raise MarkerError(
        f"{place.line(region.start + 1, lines[region.start])}Region ({region.id}) holds no code. "
        "Write the solution in it, or remove its two markers."
    )


def _parse(source: str, place: Where, advice: str) -> ast.Module:
    try:
        return parse_python(source)
    except SyntaxError as error:
        number = error.lineno or 1
        line = source.split("\n")[number - 1] if number <= source.count("\n") + 1 else ""
        raise BuildError(f"{place.line(number, line)}{advice} ({error.msg}).") from None
