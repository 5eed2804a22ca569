"""The work in a file's cells: for each region of the frame, the copy that counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import NotGradable
from ..selfcheck.program import Frame
from ..selfcheck.regions import MARK, STUB, as_run, is_stub
from .align import LONGEST, Lines, Released
from .forms import LONGEST_CELL
from .fronts import TOLD, without_fronts
from .lost import refuse_if_lost
from .markers import PIECES, Copy, by_markers, glued, marks
from .notebook import Cell, Document
from .region_text import LARGEST, has_code, mended, parses

# Every cell magic but those that run the cell here, as the Python it is.
PUT_ASIDE = re.compile(r"\s*%%(?!(?:capture|debug|prun|time|timeit)\b)\S")
MOST_COPIES = 20  # of one region that are tried
MOST_ALIGNED = 40  # cells that are laid beside a released one
MOST_CHARACTERS = 5_000_000
SPLIT = "{id} was split over several cells; its pieces were put together."
TIMES = "{id} was there {n} times; the last filled one was taken."
ALIGNED = "{id} had lost its markers; it was recognised by the given code around it."
RESTARTED = (
    "{id} has {n} START markers before its END; what follows them was read as one text, older "
    "copies left out."
)
IN_TEXT = "{id} stood in a text cell, in quotes or under `if False`; it was taken as code."
LEFT_STUB = "{id} still has the line that says it is not implemented. Take that line out."


@dataclass
class Found:
    """What a document holds. `work` has only the regions that are there and filled."""

    work: dict[str, str] = field(default_factory=dict)
    unfilled: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    cells: dict[str, str] = field(default_factory=dict)  # region -> source of the cell it is from
    repairs: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def find_work(document: Document, frame: Frame) -> Found:
    """The regions in a document. Raises NotGradable where a grade would say nothing about it."""
    found = Found()
    code, text = code_and_text(document, found.repairs)
    others = _take_marked(found, code, frame, "")
    _take_aligned(found, code, frame, ALIGNED)
    if set(frame.regions) - found.work.keys():
        others |= _take_marked(found, text, frame, IN_TEXT)
        _take_aligned(found, text, frame, IN_TEXT)
    refuse_if_lost(found, document, frame, others)
    return found


def code_and_text(document: Document, repairs: list[str]) -> tuple[list[str], list[str]]:
    """What is run, and what is not: text cells, and what `as_run` puts aside."""
    code: list[str] = []
    text: list[str] = []
    for cell in document.cells:
        source = _bare(cell.source, repairs)
        if _is_run(cell):
            source, aside = as_run(source)
            code.append(source)
            text += aside
        else:
            text.append(source)
    return code, text


def _bare(source: str, repairs: list[str]) -> str:
    """A source without what stands in front of its lines, if its markers cannot be read for it."""
    if MARK not in source or any(marks(source)):
        return source
    bare = without_fronts(source)
    if bare != source and TOLD not in repairs:
        repairs.append(TOLD)
    return bare


def _is_run(cell: Cell) -> bool:
    """Whether a cell's text is run as Python: under `%%script false` stands what was put aside."""
    return cell.code and PUT_ASIDE.match(cell.source) is None


def _take_marked(found: Found, sources: Sequence[str], frame: Frame, told: str) -> set[str]:
    """Take the regions that have both markers; returns those of other problems that are seen."""
    marked = by_markers(sources)
    copies: dict[str, list[Copy]] = {}
    for copy in marked.copies:
        if (
            copy.split
            and copy.region in frame.regions
            and _has_given(copy.text, copy.region, frame)
        ):
            marked.loose.add(copy.region)  # its END was lost, and one of another copy was found
        else:
            copies.setdefault(copy.region, []).append(copy)
    for id in frame.regions.keys() & copies.keys() - found.work.keys():
        _take(found, id, copies[id], told)
    found.loose |= marked.loose & frame.regions.keys()
    return (copies.keys() | marked.loose) - frame.regions.keys()


def _has_given(text: str, id: str, frame: Frame) -> bool:
    """Whether the given code of a region's cell stands in its text."""
    return Released(frame.cell_of(id)).likeness(Lines.of(text).keys) > 2


def _take(found: Found, id: str, copies: list[Copy], told: str) -> None:
    """Of several copies the last one that is filled in and Python; else the last filled one."""
    done = [copy for copy in copies if filled(copy.text)]
    short = [copy for copy in done if len(copy.text) <= LARGEST]
    if done and not short:
        raise NotGradable(
            f"{id} holds {len(done[-1].text)} characters; no more than {LARGEST} are read. "
            f"Shorten it and hand the notebook in again."
        )
    if not short:
        found.unfilled.add(id)
        return
    notes: dict[int, list[str]] = {}
    for position in reversed(range(max(0, len(short) - MOST_COPIES), len(short))):
        notes[position] = []
        text = mended(id, short[position].text, notes[position])
        if parses(text) or position == len(short) - 1:
            best, found.work[id] = position, text
            if parses(text):
                break
    if not short[best].split:
        found.cells[id] = short[best].source
    found.repairs += [SPLIT.format(id=id)] * short[best].split
    if short[best].starts > 1:
        found.repairs.append(RESTARTED.format(id=id, n=short[best].starts))
    found.repairs += [TIMES.format(id=id, n=len(copies))] * (len(copies) > 1)
    found.repairs += [told.format(id=id)] * bool(told) + notes[best]
    if is_stub(found.work[id]):
        found.remarks.append(LEFT_STUB.format(id=id))


def filled(text: str) -> bool:
    """Whether there is any code in it besides the line that says it is not implemented."""
    return has_code("\n".join(line for line in text.split("\n") if not STUB.search(line)))


def _take_aligned(found: Found, sources: Sequence[str], frame: Frame, told: str) -> None:
    """Take what is still missing by the given code around it, from single cells or from all."""
    keys: list[set[str]] = []
    for cell in dict.fromkeys(frame.cell_of(id) for id in frame.regions):
        released = Released(cell)
        missing = released.spans.keys() & frame.regions.keys() - found.work.keys()
        if not missing or not sources:
            continue
        keys = keys or [set(Lines.of(source).keys) for source in _readable(sources)]
        like = [i for i, k in enumerate(keys) if released.likeness(k) > 0]
        like = sorted(like, key=lambda i: -released.likeness(keys[i]))[:MOST_ALIGNED]
        copies: dict[str, list[Copy]] = {}
        for source in _apart_and_together(sources, sorted(like)):
            for id, text in released.regions_in(source).items():
                if id in missing and (id not in copies or source in sources):
                    copies.setdefault(id, []).append(Copy(id, text, source))
        for id in sorted(copies):
            if any(filled(copy.text) for copy in copies[id]):
                copies[id] = [copy for copy in copies[id] if filled(copy.text)][-1:]
                found.unfilled.discard(id)
                _take(found, id, copies[id], told)
            else:
                found.unfilled.add(id)


def _readable(sources: Sequence[str]) -> list[str]:
    """The sources as far as it is worth laying them beside others; "" for what is too long."""
    left, kept = MOST_CHARACTERS, []
    for source in sources:
        fits = len(source) <= min(left, LONGEST_CELL)
        left -= len(source) * fits
        kept.append(source if fits else "")
    return kept


def _apart_and_together(sources: Sequence[str], like: list[int]) -> list[str]:
    """Each cell that may be the released one, and all of them as one: it may have been split.

    Then a piece of it may hold nothing but lines of the student's.
    """
    apart = [sources[i] for i in like]
    if len(like) < 2:
        return apart
    between = sources[like[0] : like[-1] + 1]
    pieces = between if len(between) <= PIECES else apart
    return [*apart, glued(pieces)] if sum(s.count("\n") for s in pieces) < LONGEST else apart
