"""Read what was handed in, whatever became of the file on its way."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from ..errors import NotGradable
from .archives import HAND_IN, LARGEST, is_zip, members
from .cells import Parsed, make_cell, parse, plain_cell
from .kinds import binary_kind, text_kind, what_it_is
from .scripts import looks_like_script, script_cells
from .text import decode, versions


@dataclass
class HandedIn:
    """A file's cells: type, source, and of the metadata only the ids. `whole` is False where the
    file's end is missing.
    """

    cells: list[NotebookNode]
    repairs: list[str] = field(default_factory=list)
    whole: bool = True


def read_file(path: Path) -> HandedIn:
    """The cells of the file. Raises NotGradable with the reason and what helps."""
    return read_bytes(file_bytes(path))


def file_bytes(path: Path) -> bytes:
    """A file's content. No link is followed: it could lead to somebody else's work."""
    try:
        # O_NONBLOCK: opening a pipe would otherwise wait for a writer that never comes.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else error.strerror
        raise NotGradable(f"The file cannot be opened ({reason}). {HAND_IN}") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise NotGradable(f"It is a folder or a pipe, not a file. {HAND_IN}")
    with os.fdopen(handle, "rb") as file:
        if found.st_size > LARGEST:
            raise NotGradable(
                f"The file has {found.st_size / 1e6:.0f} MB; no more than {LARGEST / 1e6:.0f} are "
                "read. Clear all outputs, save, and hand it in again."
            )
        return file.read(LARGEST)


def read_bytes(data: bytes) -> HandedIn:
    """The cells in a file's content. Raises NotGradable with the reason and what helps."""
    repairs: list[str] = []
    if is_zip(data):
        data = _the_notebook_in(data)
        repairs.append("The notebook was packed in a zip file; it was taken out.")
    if kind := binary_kind(data):
        raise NotGradable(what_it_is(kind))
    text = decode(data, repairs)
    parsed = _one_of(versions(text), repairs)
    if parsed is None:
        return HandedIn(_cells_of_script(text, repairs), repairs)
    if parsed.trailing:
        repairs.append("Something stood behind the notebook's end in the file; it was left out.")
    if not parsed.whole:
        repairs.append("The file is cut off or damaged; the cells before that place were read.")
    cells = [cell for raw in parsed.cells if (cell := plain_cell(raw))]
    return HandedIn(cells, repairs, parsed.whole)


def _the_notebook_in(data: bytes) -> bytes:
    """The one notebook of a zip file that was handed in as a notebook."""
    found = [member for member in members(data) if member.path.suffix.lower() == ".ipynb"]
    if len(found) != 1:
        names = ", ".join(str(member.path) for member in found[:5])
        what = f"{len(found)} notebooks ({names})" if found else "no notebook"
        raise NotGradable(f"The zip file holds {what}. Hand in the one .ipynb file itself.")
    return found[0].data


def _one_of(texts: list[str], repairs: list[str]) -> Parsed | None:
    """The notebook in the text; where git left two versions, the code must be the same in both."""
    if len(texts) == 1:
        return parse(texts[0])
    both = [parsed for text in texts if (parsed := parse(text)) and parsed.whole]
    codes = {tuple(cell.source for cell in map(plain_cell, p.cells) if cell) for p in both}
    if len(both) == 2 and len(codes) > 1:
        raise NotGradable(
            "The file holds two versions of the code, as git leaves them after a merge conflict "
            "(<<<<<<<). Keep one of them, see that the notebook opens, and hand it in again."
        )
    if both:
        repairs.append("Marks of a git merge conflict, outside the code, were taken out.")
    return both[0] if both else None


def _cells_of_script(text: str, repairs: list[str]) -> list[NotebookNode]:
    """The cells of an exported script; NotGradable for any other text."""
    if not looks_like_script(text):
        raise NotGradable(what_it_is(text_kind(text)))
    repairs.append("A Python script was handed in; it was split into cells again.")
    return [make_cell(kind, source) for kind, source in script_cells(text)]
