"""What timed blocks say: medians, spread, whether the machine was quiet. Pure functions of times.

All times are milliseconds of one call.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.registry import SpeedCase

ROUNDS = 8
MOST, LEAST = 20, 2  # calls in one block
BLOCK_MS = 12.0
TURN_MS = 4000.0  # of all blocks together: others wait
FLUSH_MS = 0.3  # what comes with every call beside the waiting
NEAR = 0.05  # of the median: how far the median of a block may lie from it ...
NEAR_HOST = 0.25  # ... and where the processor's time shows, which other jobs make longer
SHARE = 0.75  # of the solution's blocks have to lie so near


@dataclass
class Times:
    """The timed calls of one function, block by block, and those during which the GPU ran dry."""

    ms: list[list[float]] = field(default_factory=list)
    dry: list[list[bool]] = field(default_factory=list)

    @property
    def host_shows(self) -> bool:
        """Whether the GPU waited for the processor in so many calls that they have to count."""
        flat = [one for block in self.dry for one in block]
        return sum(flat) > 0.75 * len(flat)

    @property
    def blocks(self) -> list[list[float]]:
        """The calls that count, block by block: without those in which the GPU ran dry, if enough
        are left."""
        if self.host_shows:
            return self.ms
        both = [zip(*pair, strict=True) for pair in zip(self.ms, self.dry, strict=True)]
        kept = [[ms for ms, dry in block if not dry] for block in both]
        return [block for block in kept if block]

    @property
    def all(self) -> list[float]:
        return [ms for block in self.blocks for ms in block]

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of the calls took less than the first, a quarter more than the second."""
        found = sorted(self.all)
        return found[len(found) // 4], found[-1 - len(found) // 4]

    @property
    def steady(self) -> bool:
        """Whether the blocks agree: if not, something else is using the machine."""
        near = (NEAR_HOST if self.host_shows else NEAR) * self.median
        medians = [statistics.median(block) for block in self.blocks]
        return sum(abs(one - self.median) <= near for one in medians) >= SHARE * len(medians)


@dataclass(frozen=True)
class Figures:
    """What a timing found. `others` names the baselines; memory in bytes, host time per call."""

    own: Times
    base: Times
    own_peak: int
    base_peak: int
    host_ms: float
    others: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.own.median / self.base.median


def plan(own_ms: float, base_ms: float, busy_ms: float) -> tuple[int, int, int]:
    """(rounds, calls in a block of the student's, in one of the solution's), from times seen while
    warming up. The solution makes as many calls or more: all answers have something beside them.
    """
    own, base = (max(LEAST, min(MOST, int(BLOCK_MS / max(ms, 1e-3)))) for ms in (own_ms, base_ms))
    base = max(own, base)
    extra = busy_ms + FLUSH_MS
    one = own * (own_ms + extra) + base * (base_ms + extra)
    return max(3, min(ROUNDS, int(TURN_MS / one))), own, base


def ms(time: float) -> str:
    """A time with three figures that mean something: "0.110 ms", "12.3 ms"."""
    digits = max(0, 2 - math.floor(math.log10(time))) if time > 0 else 0
    return f"{time:.{min(digits, 4)}f} ms"


def sentences(found: Figures, speed: SpeedCase, item_size: int) -> str:
    """What the figures say, for the report."""
    low, high = found.own.quartiles
    said = [
        f"{ms(found.own.median)}; the course's solution takes {ms(found.base.median)} on this "
        f"card: ratio {found.ratio:.2f}. Half of {len(found.own.all)} calls took {ms(low)} to "
        f"{ms(high)}.",
    ]
    if found.others:
        said.append(f"Beside that: {_listed(found.others)}.")
    said.append(
        f"Memory at its peak: {found.own_peak / 1e6:.1f} MB, the solution's "
        f"{found.base_peak / 1e6:.1f} MB."
    )
    if speed.table and found.own_peak - found.base_peak >= speed.table * item_size:
        said.append("That is enough to hold a whole table of scores at once.")
    if found.own.host_shows:
        said.append(
            f"Host time shows: the processor needs {ms(found.host_ms)} to start one call, and the "
            "GPU waits for it. Fewer and larger operations would help."
        )
    return " ".join(said)


def _listed(others: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms(time)}" for name, time in others.items())


def unsteady(base: Times) -> str:
    """The sentence for a machine that is not quiet."""
    medians: Sequence[float] = [statistics.median(block) for block in base.blocks]
    return (
        "Something else is using this machine: the course's own solution took "
        f"{ms(min(medians))} to {ms(max(medians))}. Nobody loses points by that; the speed is "
        "measured again when this is graded again."
    )
