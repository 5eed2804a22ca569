"""What every step of generation needs to know of a notebook and its cells."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import CourseError

_FILE_NAME = re.compile(r"([a-z][a-z0-9]*)_[a-z0-9_]+\.ipynb")
_MAGIC = re.compile(r"^([ \t]*)([%!])", re.MULTILINE)


class BuildError(CourseError):
    """Generation must stop; the message names the file, the cell and what to do."""


@dataclass(frozen=True)
class Where:
    """The place of a cell, for error messages."""

    file: str
    index: int
    cell_id: str

    def __str__(self) -> str:
        return f'{self.file}, cell {self.index} (id "{self.cell_id}")'

    def line(self, number: int, text: str) -> str:
        """The place of line `number` (from 1), with the line itself on a line of its own."""
        return f"{self}, line {number}:\n    {text.strip()}\n  "


def where(file: str, index: int, cell) -> Where:
    """The place of `cell`, the `index`-th (from 0) of `file`."""
    return Where(file, index, cell.get("id", "none"))


def problem_of(file: str) -> str:
    """`w1` for `.../w1_vector_sum.ipynb`; raises BuildError for any other form."""
    match = _FILE_NAME.fullmatch(Path(file).name)
    if match is None:
        raise BuildError(
            f"{file}: a notebook's name must be its problem's id and a title, like w1_vector_sum."
            "ipynb (lower case, digits, underscores). Rename it."
        )
    return match.group(1)


def role(cell) -> str:
    """The part that a cell plays in a notebook of ours: "selfcheck", "solution", "solution-2",
    "check", or "" for text and examples.
    """
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "").partition("-")[2]


def plain_python(source: str) -> str:
    """`source` with its IPython lines (% and !) commented out, where it does not parse as it is."""
    try:
        ast.parse(source)
    except SyntaxError:
        return _MAGIC.sub(r"\1# \2", source)
    return source


def parse_python(source: str) -> ast.Module:
    """The syntax tree of a cell, IPython lines tolerated; raises SyntaxError."""
    return ast.parse(plain_python(source))


def first_heading(nb) -> str | None:
    """The text of the first Markdown heading, without its #."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            match = re.search(r"^#+\s+(.+?)\s*#*\s*$", cell.source, re.MULTILINE)
            if match:
                return match.group(1)
    return None
