"""What is believed of measured times: pure functions of milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 0.8  # of the floor: the card's rates are measured, and reading outruns copying a little
UNSTEADY = 1.5  # the solution's slowest block over its fastest: more is no quiet machine
DISTURBED = 1.1  # the solution's time beside the student's process over its time alone


@dataclass(frozen=True)
class Rates:
    """What this card was seen to do: bytes copied and floating-point operations, per millisecond.

    A copied byte counts twice, once read and once written.
    """

    bytes_per_ms: float
    flops_per_ms: float


def floor_ms(size: float, flops: float, rates: Rates) -> float:
    """The least time a call can take that reads and writes `size` bytes and needs `flops`."""
    return MARGIN * max(size / rates.bytes_per_ms, flops / rates.flops_per_ms)


def baseline_ms(beside: Sequence[float], alone: Sequence[float]) -> float:
    """The solution's time, of blocks taken in turn with the student's and of blocks taken when the
    student's process was gone. The fastest block counts: nobody can raise it by disturbing the
    solution, and a machine that got slower meanwhile is not held against the student.
    """
    return min(*beside, *alone)


def steady(blocks: Sequence[float]) -> bool:
    """Whether blocks of the same calls took about the same time."""
    return max(blocks) <= UNSTEADY * min(blocks)


def remarks(own: float, reported: float, beside: Sequence[float], alone: Sequence[float]) -> str:
    """What an instructor should know about the figures, in sentences."""
    found = []
    if reported < 0.8 * own:
        found.append(
            f"The process itself reported {reported:.3f} ms a call; only the grader's clock counts."
        )
    if not beside:
        found.append("The course's solution could not be timed beside this process, only alone.")
    elif min(beside) > DISTURBED * min(alone):
        found.append(
            f"Beside this process the course's solution took {min(beside):.3f} ms; "
            "its time alone counts."
        )
    return " ".join(found)
