"""`hint()`: the next of three hints on what the last check found."""

from __future__ import annotations

from dataclasses import dataclass, field

from .diagnosis import Cause, Diagnosis

STAGES = 3


@dataclass
class Hints:
    """What the last check found, how many of its hints are shown (`stage`), and how many were asked
    for in this session.
    """

    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    stage: int = 1
    asked: int = 0

    def found(self, diagnosis: Diagnosis) -> list[str]:
        """The lines of a report; another finding than before begins with its first hint again."""
        if diagnosis.places != self.diagnosis.places:
            self.stage = 1
        self.diagnosis = diagnosis
        return [*diagnosis.lines(self.stage), *([self.count] if self._left else [])]

    def next(self) -> list[str]:
        """The next hint on each cause, and how many there are."""
        if not self._left:
            return ["There is no hint on this. A check that fails may find one."]
        if self.stage == STAGES:
            return ["These were all the hints. Read the step's comment beside your line again."]
        self.stage, self.asked = self.stage + 1, self.asked + 1
        told = [f"{one.place}: {one.stages[self.stage - 1]}" for one in self._left]
        return [*told, self.count]

    @property
    def _left(self) -> list[Cause]:
        return [cause for cause in self.diagnosis.causes if cause.stages]

    @property
    def count(self) -> str:
        """ "Hint 1 of 3; hint() shows the next. Asked for so far: 2."."""
        more = "; `hint()` shows the next" if self.stage < STAGES else ""
        asked = f" Asked for so far: {self.asked}." if self.asked else ""
        return f"Hint {self.stage} of {STAGES}{more}.{asked}"


hints = Hints()


def hint() -> None:
    """Show the next hint on what the last check found. The report counts them."""
    print("\n".join(hints.next()))
