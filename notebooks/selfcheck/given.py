"""What a student changed outside the regions: told, because grading does not take it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from .program import Frame
from .regions import MARKER, Work

CHANGED = "You changed given code in line {line} (`{text}`); grading uses the original."
DELETED = "You deleted given code after line {line} (`{text}`); grading uses the original."
OUTSIDE = "`{name}` stands outside the markers; only what stands between them is graded."
MOST = 3  # changes that are told of one cell
LARGEST = 400_000  # characters of a cell that is searched
LONGEST = 3000  # lines of a cell that are compared
BINDS = re.compile(r"(?:def|class)\s+(\w+)|(\w+)\s*(?::[^=]{0,80})?=(?!=)")

Line = tuple[int, str]  # its number in the cell, from 1, and its text


def changed_given(frame: Frame, region: str, cell: str) -> list[str]:
    """What is no longer as it was handed out in the cell with a region, in sentences."""
    return changes(frame.cell_of(region), cell)


def changes(released: str, cell: str) -> list[str]:
    """Where the given code of two cells differs. Comments, blank lines and layout do not count."""
    if len(cell) > LARGEST:
        return []
    ours, mine = list(_given(released)), list(_given(cell))
    keys = [_key(text) for _, text in ours], [_key(text) for _, text in mine]
    if keys[0] == keys[1] or len(mine) > LONGEST or _same_statements(ours, mine):
        return []
    told = []
    names = {name for _, text in ours for name in _bound(text)}
    for kind, a, b, i, j in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if kind == "delete" and a > 0 and b < len(ours) and i:
            told.append(DELETED.format(line=mine[i - 1][0], text=_short(ours[a][1])))
        elif kind == "replace" or (kind == "insert" and _concerns(mine[i:j], names)):
            told.append(CHANGED.format(line=mine[i][0], text=_short(mine[i][1])))
    return told[:MOST]


def outside_names(frame: Frame, cells: Iterable[str], work: Work) -> list[str]:
    """The names that a region uses and the student defined outside the regions, in sentences."""
    known = set(re.findall(r"\w+", frame.source))
    used: dict[str, None] = {}
    for text in work.values():
        try:
            names = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        used |= {n.id: None for n in names if isinstance(n.ctx, ast.Load)}
        known |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    asked = [name for name in used if name not in known]
    if not asked:
        return []
    near = [c for c in cells if len(c) < LARGEST and any(name in c for name in asked)]
    defined = {name for cell in near for _, text in _given(cell) for name in _bound(text)}
    return [OUTSIDE.format(name=name) for name in asked if name in defined]


def _given(source: str) -> Iterator[Line]:
    """The lines of a cell that are code and stand outside its regions; of a marker only START."""
    inside = ""
    for number, line in enumerate(source.split("\n"), 1):
        marker = MARKER.match(line) if "IMPLEMENTATION" in line[:400] else None
        if marker:
            before, inside = inside, marker["id"] if marker["verb"] == "STARTS" else ""
            if inside and inside != before:
                yield number, f"{marker['indent']}pass  # {inside}"
        elif not inside and line.strip() and line.lstrip()[0] not in "#%!":
            yield number, line


def _key(line: str) -> str:
    return " ".join(line[:400].split())


def _short(line: str) -> str:
    return line.strip()[:60].replace("`", "'")


def _same_statements(ours: list[Line], mine: list[Line]) -> bool:
    """Whether each statement of the released cell is there, and nothing takes its names again."""
    try:
        first, second = (
            ast.parse("\n".join(text for _, text in lines)).body for lines in (ours, mine)
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    given = [ast.dump(node) for node in first]
    rest = [ast.dump(node) for node in second]
    if not set(given) <= set(rest):
        return False
    names = {name for _, text in ours for name in _bound(text) if text[:1] not in " \t"}
    extra = [node for node, dump in zip(second, rest, strict=True) if dump not in given]
    return not any(name in names for node in extra for name in _bound_by(node))


def _bound_by(node: ast.stmt) -> set[str]:
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
    return stored | {getattr(node, "name", "")}


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _concerns(lines: list[Line], names: set[str]) -> bool:
    """Whether added lines stand inside a given function, or take the name of something given."""
    if lines[0][1][:1] in (" ", "\t"):
        return True
    return any(name in names for _, text in lines if text[:1].strip() for name in _bound(text))


def _bound(line: str) -> list[str]:
    """The names that a line defines: a function, a class, an assignment, an import."""
    text = line[:400].strip().removeprefix("async ")
    if text.startswith(("import ", "from ")):
        names = text.rpartition("import ")[2].split(",")
        return [name.split()[-1].partition(".")[0] for name in names if name.split()]
    found = BINDS.match(text)
    return [found[1] or found[2]] if found else []
