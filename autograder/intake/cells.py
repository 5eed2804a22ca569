"""From a notebook's JSON, of any version and completeness, to plain cells."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode, from_dict

SURROGATE = re.compile("[\ud800-\udfff]")
CELLS = re.compile(r'"cells"\s*:\s*\[')


@dataclass
class Parsed:
    """A notebook's cells as they stand in the file. `whole` is False where its end is missing."""

    cells: list[Any]
    whole: bool = True
    trailing: bool = False


def parse(text: str) -> Parsed | None:
    """The cells in a JSON text, as many as can be read; None where it holds no notebook."""
    start = len(text) - len(text.lstrip())
    try:
        data, end = DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _salvage(text)
    cells = _cells_of(data)
    return None if cells is None else Parsed(cells, trailing=bool(text[end:].strip()))


# Numbers mean nothing to us, and a very long one is an error in Python.
DECODER = json.JSONDecoder(
    strict=False,
    parse_int=lambda _: 0,
    parse_float=lambda _: 0.0,
    parse_constant=lambda _: None,
)


def _cells_of(data: Any) -> list[Any] | None:
    """The list of cells, wherever the notebook's version keeps it."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return data["cells"]
    sheets = data.get("worksheets")
    if isinstance(sheets, list):  # nbformat 2 and 3
        sheets = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    return None


def _salvage(text: str) -> Parsed | None:
    """The cells before the place where the JSON breaks."""
    found = CELLS.search(text)
    if found is None:
        return None
    cells, at = [], found.end()
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            cell, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return Parsed(cells, whole=False) if cells else None
        cells.append(cell)


def plain_cell(cell: Any) -> NotebookNode | None:
    """A cell's type, source and ids; nothing else of it is used. None for what is no cell."""
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    if kind not in ("code", "raw"):
        kind = "markdown" if isinstance(kind, str) or "outputs" not in cell else "code"
    source = cell.get("source", cell.get("input", ""))  # `input`: nbformat 2 and 3
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    meta = cell.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    kept: dict[str, Any] = {"id": _string(cell.get("id")) or _string(meta.get("id"))}
    grade = meta.get("nbgrader")
    if isinstance(grade, dict):  # of any schema version: the id has always been called so
        kept["nbgrader"] = {"grade_id": _string(grade.get("grade_id"))}
    return make_cell(kind, SURROGATE.sub("\ufffd", text), kept)


def make_cell(kind: str, source: str, metadata: dict[str, Any] | None = None) -> NotebookNode:
    """A cell without outputs."""
    cell = {"cell_type": kind, "metadata": metadata or {}, "source": source}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    return from_dict(cell)


def _string(value: Any) -> str:
    return SURROGATE.sub("", value) if isinstance(value, str) else ""
