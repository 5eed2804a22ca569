"""From whatever was handed in to the text of each region, read in a child process with limits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import NotGradable
from ..selfcheck.grammar import Refusal
from ..selfcheck.program import Frame
from ..selfcheck.regions import MARKER
from .archives import LARGEST
from .ask import TOO_MUCH, ask, spooled
from .opened import opened
from .region_text import LARGEST as LONGEST_REGION

REFUSAL = {f.name: int if f.name == "line" else str for f in fields(Refusal)}


@dataclass(frozen=True)
class Extracted:
    """The work in a file, as plain text, and what there is to say about it.

    `work` has every region of the frame, an unfilled one with the text it was released with.
    `repairs` says what was mended, `remarks` what the student should know, `refusals` what the
    grammar does not take.
    """

    work: dict[str, str]
    repairs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Peek:
    """The regions that are marked in a file, of any problem, and whether each is filled in."""

    regions: dict[str, bool] = field(default_factory=dict)

    @property
    def problems(self) -> set[str]:
        """The problems to which they belong: {"w1"}."""
        return {region.partition(".")[0] for region in self.regions}

    @property
    def filled(self) -> int:
        """How many are filled in."""
        return sum(self.regions.values())


def extract(path: Path, frame: Frame) -> Extracted:
    """The work in a file. Raises NotGradable with the reason and what helps, and nothing else."""
    question = {"problem": frame.problem, "cells": frame.cells}
    with opened(path) as file:
        told = _told(question, file)
    try:
        return _checked(told, frame)
    except (KeyError, TypeError, ValueError):
        raise NotGradable(TOO_MUCH) from None


def peek(data: bytes) -> Peek:
    """A glance at a file's content, for whoever has to tell which problem it is and which copy is
    better. Raises NotGradable for what is no notebook, script or Markdown file of ours.
    """
    if len(data) > LARGEST:
        raise NotGradable(
            f"The file has {len(data) / 1e6:.0f} MB; no more than {LARGEST / 1e6:.0f} are read. "
            "Clear all outputs, save, and hand it in again."
        )
    with spooled(data) as file:
        regions = _told({}, file)
    if not all(isinstance(k, str) and isinstance(v, bool) for k, v in regions.items()):
        raise NotGradable(TOO_MUCH)
    return Peek(regions)


def _told(question: dict[str, Any], file: BinaryIO) -> dict[str, Any]:
    """What the child found out. Raises NotGradable with the reason if any."""
    answer = ask(question, file.fileno())
    reason = answer.get("reason")
    if isinstance(reason, str):
        raise NotGradable(_text(reason, 2000))
    if not isinstance(answer.get("told"), dict):
        raise NotGradable(TOO_MUCH)
    return answer["told"]


def _checked(told: dict[str, Any], frame: Frame) -> Extracted:
    """The answer with every field of the type and length it must have. Raises ValueError."""
    work = {id: _text(told["work"][id], 2 * LONGEST_REGION) for id in frame.regions}
    if any(MARKER.search(text) for text in work.values()):
        raise ValueError
    refusals = []
    for raw in told["refusals"][:1000]:
        if {name: type(raw[name]) for name in REFUSAL} != REFUSAL or raw["region"] not in work:
            raise ValueError
        refusals.append(Refusal(**{name: raw[name] for name in REFUSAL}))
    repairs, remarks = (tuple(_text(s, 1000) for s in told[k]) for k in ("repairs", "remarks"))
    return Extracted(work, repairs, remarks, tuple(refusals))


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise ValueError
    return value
