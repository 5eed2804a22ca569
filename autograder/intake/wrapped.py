"""The cells in a JSON value: a notebook's own, or those of one that stands in something else.

Programs that keep notebooks answer with more than the notebook: Jupyter's server with
`{"type": "notebook", "content": …}`, Colab with `{"ipynb": …}`; others keep the list of cells
alone, or the notebook's text as a string.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from ..errors import NotGradable
from .archives import HAND_IN

# Where a list of cells is kept: nbformat, Databricks, Zeppelin.
CELLS = ("cells", "commands", "paragraphs")
DEEPEST = 4  # of what stands around a notebook
SEVERAL = "The file holds several notebooks, and which one counts cannot be told. " + HAND_IN
# Numbers mean nothing to us, and a very long one is an error in Python.
DECODER = json.JSONDecoder(
    strict=False,
    parse_int=lambda _: 0,
    parse_float=lambda _: 0.0,
    parse_constant=lambda _: None,
)


def cells_of(data: Any, depth: int = 0) -> list[Any] | None:
    """The list of cells, wherever it is kept; None where there is none.

    Raises NotGradable where there are several.
    """
    around: list[Any]
    if isinstance(data, str):
        around = [_decoded(data)]
    elif isinstance(data, dict):
        for key in CELLS:
            cells = data.get(key)
            if isinstance(cells, list) or (isinstance(cells, dict) and key == "cells"):
                return list(cells.values()) if isinstance(cells, dict) else cells
        if isinstance(data.get("worksheets"), list):  # nbformat 2 and 3
            sheets = [s.get("cells") for s in data["worksheets"] if isinstance(s, dict)]
            return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
        packed = "base64" in (data.get("encoding"), data.get("format"))
        around = [_unpacked(data.get("content"))] if packed else list(data.values())
    elif isinstance(data, list):
        if any(isinstance(item, dict) and "cell_type" in item for item in data):
            return data
        around = data
    else:
        return None
    if depth >= DEEPEST:
        return None
    found = [cells for one in around if (cells := cells_of(one, depth + 1)) is not None]
    if len(found) > 1:
        raise NotGradable(SEVERAL)
    return found[0] if found else None


def cells_in_a_row(values: list[Any]) -> list[Any] | None:
    """The cells of JSON values that follow each other: notebooks, or a cell each."""
    if len(values) > 1 and isinstance(values[0], dict) and "cell_type" in values[0]:
        return values
    found = [cells for value in values if (cells := cells_of(value)) is not None]
    return [cell for cells in found for cell in cells] if found else None


def _unpacked(content: Any) -> str:
    """The text that base64 stands for; "" where it is none."""
    try:
        return base64.b64decode(content).decode("utf-8", "replace")
    except (ValueError, TypeError):
        return ""


def _decoded(text: str) -> Any:
    """The value of a JSON text that may be a notebook's; else None."""
    if text.lstrip()[:1] not in ("{", "[", '"') or "cell_type" not in text:
        return None
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
