"""What is told of a file: computed in a child process, as plain data."""

from __future__ import annotations

from typing import Any

from ..errors import NotGradable
from ..selfcheck.given import changed_given, changes, outside_names
from ..selfcheck.grammar import refusals
from ..selfcheck.program import Frame
from ..selfcheck.regions import read_markers
from .find import Found, code_and_text, filled, find_work
from .forms import documents
from .kinds import text_kind, what_it_is
from .markers import by_markers
from .notebook import Document

TWO_VERSIONS = (
    "The file holds two versions of {ids}, as git leaves them after a merge conflict (<<<<<<<). "
    "Keep one of them, see that the notebook opens, and hand it in again."
)
MERGED = "Marks of a git merge conflict, outside the work, were taken out."
MOST, LONGEST = 60, 600  # sentences of one kind, characters of a sentence


def extracted(data: bytes, frame: Frame) -> dict[str, Any]:
    """The fields of `Extracted`. Raises NotGradable."""
    repairs: list[str] = []
    found, document = _of_all(documents(data, repairs), frame)
    code = [cell.source for cell in document.cells if cell.code]
    work = {id: found.work.get(id, region.stub) for id, region in frame.regions.items()}
    remarks = [*found.remarks, *_changed(frame, code, found), *outside_names(frame, code, work)]
    return {
        "work": work,
        "repairs": _fit([*repairs, *found.repairs]),
        "remarks": _fit(remarks),
        "refusals": [vars(refusal) for refusal in refusals(frame, work)],
    }


def _of_all(both: list[Document], frame: Frame) -> tuple[Found, Document]:
    """The work in the file; where git left two versions, it must be the same in both."""
    readable: list[tuple[Found, Document]] = []
    reason: NotGradable | None = None
    for document in both:
        try:
            readable.append((find_work(document, frame), document))
        except NotGradable as problem:
            reason = reason or problem
    if not readable:
        raise reason or NotGradable("Nothing in the file can be read.")
    works = [found.work for found, _ in readable]
    differ = [id for id in frame.regions if len({work.get(id) for work in works}) > 1]
    if differ:
        raise NotGradable(TWO_VERSIONS.format(ids=", ".join(differ)))
    found, document = readable[0]
    found.repairs += [MERGED] * (len(both) > 1)
    return found, document


def _changed(frame: Frame, cells: list[str], found: Found) -> list[str]:
    """Where given code is no longer as it was handed out: in the cells from which the work is."""
    told: list[str] = []
    for released in frame.cells:
        regions = list(read_markers(released).spans)
        names = [f"def {name}" for name in _functions(released)]
        if regions:
            same = [found.cells[id] for id in regions if id in found.cells]
            if (
                len(same) == len(regions)
                and len(set(same)) == 1
                and marker_in_all(same[0], regions)
            ):
                told += changed_given(frame, regions[0], same[0])
        elif names:
            same = [c for c in cells if all(name in c for name in names)]
            told += changes(released, same[-1]) if same else []
    return told


def marker_in_all(source: str, regions: list[str]) -> bool:
    """Whether a cell still has the markers of these regions, so that it can be compared."""
    return set(regions) <= read_markers(source).spans.keys()


def _functions(source: str) -> list[str]:
    lines = (line for line in source.split("\n") if line.startswith("def "))
    return [line[4:].partition("(")[0] + "(" for line in lines]


def peeked(data: bytes) -> dict[str, bool]:
    """The regions of any problem that are marked in a file, and whether each is filled in.

    Raises NotGradable where the file is nothing of ours.
    """
    regions: dict[str, bool] = {}
    for document in documents(data, []):
        for sources in code_and_text(document, []):
            marked = by_markers(sources)
            for copy in marked.copies:
                regions[copy.region] = regions.get(copy.region, False) or filled(copy.text)
            for region in marked.loose:
                regions.setdefault(region, False)
        if document.form != "notebook" and not regions:
            raise NotGradable(what_it_is(text_kind(document.cells[-1].source[:2000])))
    return dict(sorted(regions.items())[:1000])


def _fit(sentences: list[str]) -> list[str]:
    return [sentence[:LONGEST] for sentence in dict.fromkeys(sentences)][:MOST]
