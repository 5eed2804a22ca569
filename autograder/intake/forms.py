"""From a file's bytes, whatever it is, to cells."""

from __future__ import annotations

import html
import re

from ..errors import NotGradable
from ..selfcheck.regions import MARK
from .archives import LARGEST, Budget, Member, is_zip, members
from .fronts import without_fronts
from .kinds import binary_kind, text_kind, what_it_is
from .notebook import Cell, Document, may_hold_cells, read_notebook
from .text import SIDES, decode, sign_alone, versions

NOTEBOOK = (".ipynb",)
OTHERS = (".json", ".py", ".md", ".qmd", ".rmd", ".txt")  # taken where no notebook is beside it
FENCE = re.compile(r"`{3,}|~{3,}")
LONGEST_TEXT = 5_000_000  # characters of a script, or of a Markdown file
LONGEST_CELL = 400_000  # characters of a cell of code that is looked at closely
DEEPEST = 12  # columns of indentation of a fence
SCRIPT = re.compile(r"^[ \t]*(?:import |from \S+ import |def |@|# %%|# In\[)", re.MULTILINE)
TRAILING = "Something stood behind the notebook's end in the file; it was left out."
CUT = "The file is cut off or damaged; what can be read of it was read."
FORMS = {
    "script": "A Python script was handed in, not a notebook; its code was read.",
    "markdown": "A Markdown file was handed in, not a notebook; its code blocks were read.",
}


def documents(data: bytes, repairs: list[str]) -> list[Document]:
    """The file's cells; two documents where git left two versions of it.

    Raises NotGradable with the reason and what helps, where it is no text of ours.
    """
    if is_zip(data):
        data = _the_notebook_in(data)
        repairs.append("The notebook was packed in a zip file; it was taken out.")
    if kind := binary_kind(data):
        raise NotGradable(what_it_is(kind))
    text = decode(data, repairs)
    if len(text) > LONGEST_TEXT and not may_hold_cells(text):
        raise NotGradable(what_it_is(text_kind(text[:2000])))
    texts = versions(text)
    del data, text
    found = [document for text in texts for document in _sides(read_text(text))]
    if len(texts) > 1 and any(doc.whole and doc.form == "notebook" for doc in found):
        found = [doc for doc in found if doc.whole and doc.form == "notebook"]
    for said, true in ((TRAILING, found[0].trailing), (CUT, not found[0].whole)):
        repairs += [said] * true
    if found[0].form in FORMS:
        repairs.append(FORMS[found[0].form])
    return found


def _the_notebook_in(data: bytes) -> bytes:
    """The one notebook of a zip file that was handed in as a notebook."""
    inside: list[Member] = list(members(data, Budget(LARGEST)))
    for endings in (NOTEBOOK, OTHERS):
        found = [m for m in inside if m.path.suffix.lower() in endings]
        if len(found) == 1:
            return found[0].data
        if found:
            names = ", ".join(str(member.path) for member in found[:5])
            what = f"{len(found)} notebooks ({names})"
            raise NotGradable(f"The zip file holds {what}. Hand in the one .ipynb file itself.")
    if len(inside) == 1:
        return inside[0].data
    raise NotGradable("The zip file holds no notebook. Hand in the one .ipynb file itself.")


def read_text(text: str) -> Document:
    """The cells of a notebook, a Markdown file or a script. Raises NotGradable for a web page."""
    beginning = text[:1000].lstrip()
    if may_hold_cells(text) and not beginning.startswith(("{", "[", '"')):
        text = without_fronts(_page_text(text) if beginning.startswith("<") else text)
    if beginning.startswith(("{", "[", '"')) or may_hold_cells(text):
        document = read_notebook(text)
        if document is not None:
            return document
    if beginning.startswith(("{", "[", "<")) and MARK not in text:
        raise NotGradable(what_it_is(text_kind(text)))
    blocks = code_blocks(text)
    marked = MARK in text
    if blocks and (not marked or any(MARK in block for block in blocks)):
        return Document([*(Cell(True, b) for b in blocks), Cell(False, text)], "markdown")
    form = "script" if marked or SCRIPT.search(text, 0, 200_000) else "text"
    return Document([Cell(True, text)], form)


def _page_text(page: str) -> str:
    """What a browser shows of a page in which a notebook's JSON stands, from "{" to "}"."""
    begin, end = page.find("{"), page.rfind("}") + 1
    return html.unescape(page[begin:end]) if 0 <= begin < end and "<pre" in page[:begin] else page


def code_blocks(text: str) -> list[str]:
    """What stands between the fences (``` or ~~~) of a Markdown text."""
    blocks: list[str] = []
    opened: re.Match[str] | None = None
    begin = 0
    for fence in FENCE.finditer(text) if "```" in text or "~~~" in text else ():
        line = text.rfind("\n", max(0, fence.start() - DEEPEST - 1), fence.start()) + 1
        if text[line : fence.start()].strip(" \t") or (fence.start() - line) > DEEPEST:
            continue
        end_of_line = text.find("\n", fence.end())
        end_of_line = len(text) if end_of_line < 0 else end_of_line
        if opened is None:
            opened, begin = fence, end_of_line + 1
        elif fence[0].startswith(opened[0]) and not text[fence.end() : end_of_line].strip():
            blocks.append(text[begin : fence.start()].rstrip("\n"))
            opened = None
    return blocks


def _sides(document: Document) -> list[Document]:
    """The document; two of it where marks of a merge conflict stand in cells or between them."""
    if document.form != "notebook" or not any("<<<<<<<" in cell.source for cell in document.cells):
        return [document]
    sides: tuple[list[Cell], list[Cell]] = ([], [])
    inside = (True, True)
    for cell in document.cells:
        sign = "" if cell.code else sign_alone(cell.source)
        if sign and (sign == "<" or inside != (True, True)):
            inside = SIDES[sign]
            continue
        texts = versions(cell.source) if len(cell.source) < LONGEST_CELL else [cell.source]
        for side, cells in enumerate(sides):
            cells += [Cell(cell.code, texts[side % len(texts)])] * inside[side]
    return [Document(c, document.form, document.whole, document.trailing) for c in sides]
