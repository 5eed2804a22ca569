"""What of a student's cell outputs is kept: text and pictures, cut to length; no active content."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

LONGEST = 4000  # characters kept of one text output
MOST = 20  # outputs kept of one cell
IMAGE_BYTES = 400_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]")


def safe_outputs(cell: NotebookNode) -> list[NotebookNode]:
    """The outputs of a cell without HTML, scripts, widgets and floods."""
    kept = [safe for output in cell.get("outputs", [])[:MOST] if (safe := _safe(output))]
    if len(cell.get("outputs", [])) > MOST:
        kept.append(nbformat.v4.new_output("stream", text="[more outputs left out]\n"))
    return kept


def _safe(output: NotebookNode) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        return nbformat.v4.new_output("stream", name="stdout", text=shorten(output.get("text")))
    if kind == "error":
        return nbformat.v4.new_output(
            "error",
            ename=shorten(output.get("ename"), 200),
            evalue=shorten(output.get("evalue")),
            traceback=[shorten(line) for line in _of_type(list, output.get("traceback"))[:60]],
        )
    if kind in ("execute_result", "display_data"):
        data = _of_type(dict, output.get("data"))
        image = data.get("image/png")
        if isinstance(image, str) and len(image) < IMAGE_BYTES:
            return nbformat.v4.new_output("display_data", data={"image/png": image})
        text = shorten(data.get("text/plain"))
        return nbformat.v4.new_output("stream", text=text + "\n") if text else None
    return None


def _of_type(kind: type, value: object):
    """The value, or an empty one of that type: a kernel may send anything."""
    return value if isinstance(value, kind) else kind()


def shorten(text: object, limit: int = LONGEST) -> str:
    """Text cut to length, without control characters (colour codes stay)."""
    joined = "".join(map(str, text)) if isinstance(text, list) else text
    if not isinstance(joined, str):
        return ""
    joined = CONTROL.sub("", joined)
    return joined if len(joined) <= limit else joined[:limit] + "\n[cut]"
