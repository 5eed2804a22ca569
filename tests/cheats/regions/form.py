"""A cheat as the text of a region: what a student could write between the markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What several of p2's begin with: an answer of nothing, and the rows of a program.
ANSWER = "acc = tl.zeros([BLOCK_R], dtype=tl.float32)"
ROWS = "offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)"


@dataclass(frozen=True)
class RegionCheat:
    """One try: `work` maps region ids to texts, `story` says what it is after."""

    name: str
    problem: str
    work: Mapping[str, str]
    story: str
    refused: bool


def family(refused: bool, story: str, texts: Mapping[str, str]) -> list[RegionCheat]:
    """Cheats of one story; a key is `region: name`."""
    cheats = []
    for key, text in texts.items():
        region, _, name = key.partition(": ")
        problem = region.partition(".")[0]
        cheats.append(RegionCheat(name, problem, {region: text}, story, refused))
    return cheats
