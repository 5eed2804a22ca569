"""Where a grade would say nothing about a file: the reason, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import NotGradable
from ..selfcheck.program import Frame
from .archives import HAND_IN
from .kinds import known_kind, text_kind, what_it_is
from .notebook import Document

if TYPE_CHECKING:
    from .find import Found

MISSING = "{id} is not in the file; it counts as not filled in."


def refuse_if_lost(found: Found, document: Document, frame: Frame, others: set[str]) -> None:
    """Raise NotGradable where the work, or a part of it, is not told; note what is not there.

    `others` are the regions of other problems that were seen. What is no notebook by its beginning
    is called by its name.
    """
    try:
        _refuse_if_empty(found, document, frame, others)
        _refuse_if_unclear(found, frame, document)
    except NotGradable:
        kind = "" if document.form == "notebook" else known_kind(document.cells[-1].source[:2000])
        if not kind:
            raise
        raise NotGradable(what_it_is(kind)) from None


def _refuse_if_empty(found: Found, document: Document, frame: Frame, others: set[str]) -> None:
    """Raise NotGradable where nothing, or not all, of this problem's work can be read."""
    if not document.whole and set(frame.regions) - found.work.keys():
        raise NotGradable(
            "The file is cut off or damaged, and what can be read of it does not hold all of the "
            f"work. Open the notebook where it is whole and download it again. {HAND_IN}"
        )
    if found.work or found.unfilled or found.loose or _functions_there(frame, document):
        return
    wrong = sorted({id.split(".")[0] for id in others})
    if wrong:
        what = f"It is the notebook of {', '.join(wrong[:5])}, not of {frame.problem}"
    elif document.form != "notebook":
        raise NotGradable(what_it_is(text_kind(document.cells[0].source[:2000])))
    elif not document.cells:
        what = "The notebook has no cells"
    else:
        what = (
            f"No cell holds the work: none has the markers of {frame.problem}, and none is like "
            "the cell that was handed out"
        )
    raise NotGradable(f"{what}. Submit the notebook of {frame.problem} that you filled in.")


def _functions_there(frame: Frame, document: Document) -> set[str]:
    """The functions with regions of which a definition stands in the file's code."""
    names = {region.function for region in frame.regions.values() if region.function}
    code = [cell.source for cell in document.cells if cell.code]
    return {name for name in names if any(f"def {name}(" in source for source in code)}


def _refuse_if_unclear(found: Found, frame: Frame, document: Document) -> None:
    """Raise NotGradable where a region is there and cannot be told apart; note what is not there.

    A region whose function is not in the file either is simply not filled in.
    """
    there = _functions_there(frame, document)
    for id, region in frame.regions.items():
        if id in found.work or id in found.unfilled:
            continue
        if id in found.loose or region.function in there:
            raise NotGradable(
                f"Where {id} begins and ends cannot be told: a line of its two markers is missing "
                "and the given code around it has changed. Put the work between the markers of a "
                "fresh copy of the notebook and hand that in."
            )
        found.unfilled.add(id)
        found.remarks.append(MISSING.format(id=id))
