"""Read cells as IPython does, and find the cells that were run in this session."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from .policy import MAGICS_WITH_CODE

OWN_CELL = ("# --- SELFCHECK ---", "# @title Self-check")
MAGIC_OPTIONS = re.compile(r"(\s*-\w+(\s+\d+)?(?=\s))*\s*")


def read_cell(name: str, source: str, depth: int = 0) -> ast.Module:
    """The syntax tree of a cell, every node marked with the cell's name.

    A cell that does not parse is not run by IPython either: its tree is empty. Code that is given
    to a magic such as %%time is part of the tree.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes and line ends: IPython tells the student
        text, lost_lines = as_python(source)
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.Module([], [])
    ast.increment_lineno(tree, lost_lines)
    for node in ast.walk(tree):
        node.policy_cell = name
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call)]:
        kind, code = _code_in_magic(call)
        if code and depth < 3:
            inner = read_cell(name, code, depth + 1)
            below = call.lineno if kind == "run_cell_magic" else call.lineno - 1
            tree.body += ast.increment_lineno(inner, below).body
    return tree


def as_python(source: str) -> tuple[str, int]:
    """A cell with its % and ! lines made Python, and how many blank lines that cost at its top."""
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return re.sub(r"^([ \t]*)([%!])", r"\1# \2", source, flags=re.MULTILINE), 0
    try:
        text = TransformerManager().transform_cell(source)
    except Exception:  # IPython cannot read the cell, so it will not run it
        return "", 0
    lines = source.splitlines()
    return text, next((i for i, line in enumerate(lines) if line.strip()), 0)


def _code_in_magic(call: ast.Call) -> tuple[str, str]:
    """Which kind of magic a call is, and the code it runs, or two empty strings."""
    kind = getattr(call.func, "attr", "")
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    counts = {"run_line_magic": 2, "run_cell_magic": 3}
    if len(texts) != counts.get(kind, -1) or texts[0] not in MAGICS_WITH_CODE:
        return "", ""
    return kind, MAGIC_OPTIONS.sub("", texts[-1], count=1) if len(texts) == 2 else texts[-1]


def session_sources(entry: Any) -> list[tuple[str, str]]:
    """The cells run in this session, in order, or the script that `entry` comes from."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None:
            return _newest(shell.history_manager.input_hist_raw)
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path is None or getattr(entry, "__module__", "") != "__main__":
        return []
    return [(Path(path).name, Path(path).read_text(encoding="utf-8"))]


def _newest(history: list[str], room: int = 120_000) -> list[tuple[str, str]]:
    """The cells of a session, in order: each text once, where it was run last, as many as fit."""
    kept: dict[str, int] = {}
    for number, source in reversed(list(enumerate(history))):
        if source in kept or source.lstrip().startswith(OWN_CELL):
            continue
        room -= len(source)
        if room < 0:
            break
        kept[source] = number
    return [(f"In [{number}]", source) for source, number in reversed(kept.items())]
