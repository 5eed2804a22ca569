"""From a notebook's JSON, of any version and completeness, to plain cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed lacks it
from typing import Any

from ..errors import NotGradable
from .kinds import json_kind, what_it_is
from .text import plain_ends
from .wrapped import DECODER, cells_in_a_row

MOST_CELLS = 10_000
# Where a cell keeps its text, and what says that it is code: nbformat, its versions 2 and 3, VS
# Code's interface, and others.
SOURCES = ("source", "input", "value", "code", "command", "text")
CODE = ("code", "python")
SURROGATE = re.compile("[\ud800-\udfff]")
KEYS = re.compile(r'"(cell_type|source|input)"[ \t\n\xa0]*:[ \t\n\xa0]*(?:"(code|markdown|raw)")?')
STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
BETWEEN = re.compile(r"[ \t\n\xa0,]*")


@dataclass(frozen=True)
class Cell:
    """What is kept of a cell. `code` is False for Markdown and raw cells."""

    code: bool
    source: str


@dataclass
class Document:
    """A file's cells. `form` says what kind of file it is; `whole` is False where a part of it
    could not be read, `trailing` is True where something stands behind its end.
    """

    cells: list[Cell] = field(default_factory=list)
    form: str = "notebook"
    whole: bool = True
    trailing: bool = False


def may_hold_cells(text: str) -> bool:
    """Whether the words of a notebook's JSON stand in a text."""
    return any(word in text for word in ('"cells"', '"worksheets"', '"cell_type', '\\"cell_type'))


def read_notebook(text: str) -> Document | None:
    """The cells in a JSON text, as many as can be read; None where it holds no notebook.

    Raises NotGradable where there are far too many, and where it is JSON of another kind.
    """
    values, end = _values(text)
    if not values:
        return _salvage(text)
    trailing = bool(text[end : end + 10_000].strip())
    found = cells_in_a_row(values)
    if found is None and isinstance(values[0], (dict, list)) and not trailing:
        raise NotGradable(what_it_is(json_kind(values[0])))
    if found is None:
        return None
    _refuse_too_many(len(found))
    cells = [cell for raw in found if (cell := _plain_cell(raw))]
    return Document(cells, trailing=trailing)


def _values(text: str) -> tuple[list[Any], int]:
    """The JSON values at the beginning of a text, one or several in a row, and where they end."""
    values: list[Any] = []
    end = 0
    while len(values) <= MOST_CELLS:
        start = _behind_blanks(text, end) if values else len(text) - len(text.lstrip())
        if values and text[start : start + 1] not in ("{", "["):
            break
        try:
            value, end = DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values, end


def _plain_cell(cell: Any) -> Cell | None:
    """A cell's type and source; nothing else of it is used. None for what is no cell."""
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type", cell.get("type", cell.get("languageId")))
    key = next((key for key in SOURCES if key in cell), "source")
    bare = not isinstance(kind, str) and (key == "command" or "outputs" in cell)
    source = cell.get(key)
    if isinstance(source, dict):
        source = list(source.values())
    parts = source if isinstance(source, list) else [source]
    lines = [part for part in parts if isinstance(part, str)]
    # Some programs write a cell's lines without their ends.
    between = "" if any("\n" in line or "\r" in line for line in lines) else "\n"
    named = isinstance(kind, str) and kind.lower() in CODE
    return Cell(bare or named, clean(between.join(lines)))


def clean(text: str) -> str:
    """Text that can be written as UTF-8, with plain line ends and without null bytes."""
    text = SURROGATE.sub("\ufffd", text).replace("\0", "")
    return plain_ends(text)


def _salvage(text: str) -> Document | None:
    """The sources in a text that is no JSON, because its end is missing or a character is wrong."""
    if not may_hold_cells(text):
        return None
    cells: list[Cell] = []
    code, at = True, 0
    while found := KEYS.search(text, at):
        at = found.end()
        if found[1] == "cell_type":
            code = found[2] == "code"
            continue
        source, at = _strings(text, found.end(1) + 1)
        cells.append(Cell(code, clean(source)))
        _refuse_too_many(len(cells))
    return Document(cells, whole=False) if cells else None


def _behind_blanks(text: str, at: int) -> int:
    found = BETWEEN.match(text, at)
    return found.end() if found else at


def _strings(text: str, at: int) -> tuple[str, int]:
    """The string, or list of strings, behind a key; and where it ends."""
    at = text.find(":", at) + 1
    at = _behind_blanks(text, at)
    several = text[at : at + 1] == "["
    lines: list[str] = []
    at += several
    while True:
        at = _behind_blanks(text, at)
        if text[at : at + 1] != '"':
            return "".join(lines), at
        try:
            line, at = scanstring(text, at + 1, False)
        except ValueError:  # the end of the file, or an escape that is none
            found = STRING.match(text, at)
            if found is None:
                return "".join(lines), at + 1
            line, at = found[1].replace("\\n", "\n").replace('\\"', '"'), found.end()
        lines.append(line)
        if not several:
            return line, at


def _refuse_too_many(cells: int) -> None:
    if cells > MOST_CELLS:
        raise NotGradable(
            f"The notebook has more than {MOST_CELLS} cells. Take out what you do not need and "
            "hand it in again."
        )
