"""Turn a notebook that was exported as a Python script back into cells."""

from __future__ import annotations

import ast
import re

Cell = tuple[str, str]  # type, source

# nbconvert: "# In[3]:"; Spyder, VS Code, jupytext: "# %%", with a word for Markdown.
BORDER = re.compile(r"^# (?:In\[[ \d]*\]:|%%(?P<text> *\[markdown\])?.*)[ ]*$", re.MULTILINE)
SYSTEM = re.compile(r"^([ \t]*)get_ipython\(\)\.(?:system|run_line_magic)\((.*)$", re.MULTILINE)


def script_cells(text: str) -> list[Cell]:
    """The cells of an exported script, in order."""
    text = SYSTEM.sub(r"\1pass  # \2", text)
    borders = list(BORDER.finditer(text))
    if not borders:
        return _by_docstrings(text)
    starts = [0, *(border.end() for border in borders)]
    ends = [*(border.start() for border in borders), len(text)]
    kinds = ["code", *("markdown" if border["text"] else "code" for border in borders)]
    cells = [
        (kind, text[start:end].strip("\n"))
        for kind, start, end in zip(kinds, starts, ends, strict=True)
    ]
    return [cell for cell in cells if cell[1].strip()]


def _by_docstrings(text: str) -> list[Cell]:
    """Colab's export: Markdown cells stand as bare strings between the code."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [("code", text)]
    lines = text.splitlines(keepends=True)
    cells: list[Cell] = []
    begin = 0
    for node in tree.body:
        text_of = getattr(getattr(node, "value", None), "value", None)
        if isinstance(node, ast.Expr) and isinstance(text_of, str):
            cells.append(("code", "".join(lines[begin : node.lineno - 1])))
            cells.append(("markdown", text_of))
            begin = node.end_lineno
    cells.append(("code", "".join(lines[begin:])))
    return [(kind, source.strip("\n")) for kind, source in cells if source.strip()]


def looks_like_script(text: str) -> bool:
    """Whether a text is an exported notebook: it has our markers in a comment."""
    return bool(re.search(r"^[ \t]*# --- STUDENT IMPLEMENTATION STARTS HERE", text, re.MULTILINE))
