"""Put right what editors, mail programs and a slip of the hand did to cells of code."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from functools import lru_cache

from nbformat import NotebookNode

from ..generate.cells import plain_python
from .cells import make_cell

LARGEST = 400_000  # characters of a cell that are looked at
MOST = 20  # cells that do not parse; of more than that, none is joined with its neighbours
PIECES = 5  # a cell split into more pieces than this stays so
START = re.compile(r"# --- STUDENT IMPLEMENTATION STARTS HERE \((p\d+\.\d+)\)")
END = re.compile(r"# --- STUDENT IMPLEMENTATION ENDS HERE \((p\d+\.\d+)\)")
TIMING = re.compile(r"\A\s*%%(time|timeit|capture|prun)\b[^\n]*\n")
# What is not Python's but looks like it, and what cannot be seen at all.
TYPOGRAPHY = (
    {ord(c): '"' for c in "“”„‟«»″"}
    | {ord(c): "'" for c in "‘’‚‛′"}
    | {ord(c): "-" for c in "‐‑–—−"}
    | {ord(c): " " for c in "\u00a0\u1680\u202f\u205f\u3000"}
    | {c: " " for c in range(0x2000, 0x200B)}
    | {ord(c): None for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
)


@lru_cache(maxsize=256)
def compiles(source: str) -> bool:
    """Whether Python takes the cell as it is; IPython's own lines and indentation are no error."""
    if len(source) > LARGEST or source.lstrip().startswith("%%"):
        return True  # not for us to say
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = plain_python(textwrap.dedent(source))
            compile(text, "<cell>", "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
    return True


def mend_text(source: str, repairs: list[str]) -> str:
    """A cell's source with plain line ends; typography and tabs only where they keep it from
    being Python.
    """
    if "\r" in source or "\0" in source:
        source = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        _say(repairs, "Line ends and null bytes were put right in the cells.")
    if compiles(source):
        return source
    plain = source.translate(TYPOGRAPHY)
    if plain != source and compiles(plain):
        _say(repairs, "Typographic quotes, dashes or spaces in code were replaced by plain ones.")
        return plain
    if "\t" in source:
        for width in (4, 8, 2):
            if compiles(spaced := plain.expandtabs(width)):
                _say(repairs, f"Tabs mixed with spaces were read as {width} columns.")
                return spaced
    return source


def without_timing(source: str, repairs: list[str]) -> str:
    """The student's cell without a magic that times or hides all of it: a kernel in such a cell
    cannot be compiled.
    """
    bare = TIMING.sub("", source)
    if bare != source:
        repairs.append("The magic at the top of the solution's cell (%%…) was left out.")
    return bare


def code_in_text(source: str) -> str:
    """The Python in a text cell: between fences, or all of it. Empty if there is none."""
    fenced, inside = [], False
    for line in source.split("\n"):
        if line.startswith("```"):
            inside = not inside
        elif inside:
            fenced.append(line)
    code = "\n".join(fenced) if fenced else source
    return code if code.strip() and compiles(code) else ""


def join_split(
    cells: list[NotebookNode], regions: set[str], repairs: list[str]
) -> list[NotebookNode]:
    """Cells that were one before: a region begins in one and ends in another, or a piece is no
    Python alone and is with its neighbours.
    """
    joined = True
    while joined:
        joined = False
        for first, last in _perhaps_one(cells, regions):
            whole = _joined(cells[first : last + 1])
            if whole is not None:
                cells = [*cells[:first], whole, *cells[last + 1 :]]
                _say(repairs, "A cell had been split; its pieces were put together.")
                joined = True
                break
    return cells


def _perhaps_one(cells: list[NotebookNode], regions: set[str]) -> list[tuple[int, int]]:
    """First and last positions of what may be pieces of one cell, the surest first."""
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    found = []
    for i in code:
        begun = set(START.findall(cells[i].source)) - set(END.findall(cells[i].source))
        for region in begun & regions:
            ends = (j for j in code if j > i and region in END.findall(cells[j].source))
            found += [(i, end) for end in [next(ends, None)] if end is not None]
    broken = [i for i in code if not compiles(cells[i].source)]
    for i in broken if len(broken) <= MOST else []:
        for size in range(1, PIECES):
            found += [(start, start + size) for start in range(max(0, i - size), i + 1)]
    return [(a, b) for a, b in found if b < len(cells) and b - a < PIECES]


def _joined(pieces: list[NotebookNode]) -> NotebookNode | None:
    """The cells as one, if all are code and make sense together."""
    if any(piece.cell_type != "code" for piece in pieces):
        return None
    for glue in ("\n", ""):
        source = glue.join(piece.source for piece in pieces)
        if len(source) <= LARGEST and compiles(source):
            metadata = {}
            for piece in reversed(pieces):  # the first piece's ids count most
                metadata |= {key: value for key, value in piece.metadata.items() if value}
            return make_cell("code", source, metadata)
    return None


def cut_out(cells: list[NotebookNode], text: str, grade_id: str) -> list[NotebookNode]:
    """The cells, with `text` in a cell of its own where it was merged with something else."""
    text = trimmed(text)
    result = []
    for cell in cells:
        source = trimmed(cell.source) if text in cell.source else ""
        before, found, after = source.partition(text)
        merged = found and (before or after) and before[-1:] in ("", "\n")
        if not merged or after[:1] not in ("", "\n") or not (compiles(before) and compiles(after)):
            result.append(cell)
            continue
        ids = {"nbgrader": {"grade_id": grade_id}}
        for source, metadata in ((before, {}), (text, ids), (after, {})):
            if source.strip():
                result.append(make_cell("code", source.strip("\n"), metadata))
    return result


def trimmed(source: str) -> str:
    """Source without what editors change on their own: spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def _say(repairs: list[str], text: str) -> None:
    """Tell a repair once, however many cells needed it."""
    if text not in repairs:
        repairs.append(text)
