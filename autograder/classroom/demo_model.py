"""What a student of the demo is: notebooks made by steps, and what grading them must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.classroom.demo_edit import Step
from autograder.registry import GradedProblem


@dataclass(frozen=True)
class Expected:
    """A verdict's summary and score, and the cases: either those `lost` or the only ones `kept`.

    A score of None stands for "not graded", which is not 0. `chance` names cases that a mistake
    breaks or spares as the inputs fall; `score` counts them as lost. `says` is what the diagnosis
    must tell the student.
    """

    summary: str
    score: float | None
    lost: tuple[str, ...] | None = None
    kept: tuple[str, ...] = ()
    chance: tuple[str, ...] = ()
    says: str = ""

    def passing(self, problem: GradedProblem) -> set[str]:
        """The names of the cases that are sure to pass."""
        names = {graded.case.name for graded in problem.cases}
        kept = set(self.kept) if self.lost is None else names - set(self.lost)
        return kept - set(self.chance)

    def provisional(self, gpu: bool) -> bool:
        """Whether speed points stay open: everything is right, and there was no GPU."""
        return self.summary == "passed" and not gpu


@dataclass(frozen=True)
class Work:
    """One notebook: the steps from a perfect one, and what grading must find.

    `on_gpu` stands where tile sizes, dtype or lengths make a GPU's outcome different.
    """

    expected: Expected
    steps: tuple[Step, ...] = ()
    on_gpu: Expected | None = None

    def expect(self, gpu: bool) -> Expected:
        """What grading must find on this kind of machine."""
        return self.on_gpu or self.expected if gpu else self.expected


@dataclass(frozen=True)
class Student:
    """A student of the demo: a name, a sentence, and a notebook for each problem handed in."""

    name: str
    story: str
    work: Mapping[str, Work] = field(hash=False)
