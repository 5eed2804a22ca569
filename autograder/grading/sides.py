"""One of the two processes that are timed, and whose fault it is when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograder.grading.figures import Times
from autograder.grading.verified import GROUP
from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.inside.cuts import Starts
from autograder.sandbox.runner import Child, Stopped, new_token
from autograder.selfcheck.problem import Tensors
from autograder.text import clean_text

BLOCK_SECONDS = 60.0
STATUSES = ("error", "out of memory", "timed out", "crashed", "wrong answer")


class NotTimed(Exception):
    """There is no time: `status` is the verdict's, the message says why."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass
class Side:
    """One of the two processes; `own` if its failures are the student's.

    `ready` holds what it said when it was prepared: milliseconds of a call on the GPU (call_ms) and
    on the processor (host_ms), how long the GPU is kept busy meanwhile (busy_ms), and whether that
    hides the processor's part.
    """

    child: Child
    own: bool
    times: Times = field(default_factory=Times)
    ready: dict[str, Any] = field(default_factory=dict)

    def ask(
        self,
        order: dict[str, Any],
        wanted: str,
        seconds: float = BLOCK_SECONDS,
        tensors: Tensors | None = None,
    ) -> dict[str, Any]:
        """The answer, if it has the wanted status. Raises NotTimed."""
        with self._blamed():
            status = self.child.ask(order, seconds, tensors)
        if status.get("status") != wanted:
            self._fail(status.get("status"), clean_text(status.get("detail")))
        return status

    def block(self, places: list[Starts], keep: list[int], warm: list[Starts], signs: int) -> None:
        """Time one block of calls; of the calls that `keep` numbers, the outputs are kept whole.
        `signs` is the seed of the sketches of all others.
        """
        order = {"do": "time", "what": "block", "calls": places, "keep": keep, "warm": warm}
        status = self.ask({**order, "seed": signs, "group": GROUP}, "timed")
        self.times.ms.append([float(ms) for ms in status["ms"]])
        self.times.dry.append([bool(dry) for dry in status["dry"]])

    def collect(self, forms: dict) -> Tensors:
        """What was kept of the timed calls: sketches and outputs of these forms."""
        token = new_token()
        self.ask({"do": "time", "what": "collect", "token": token}, "collected")
        with self._blamed():
            return self.child.fetch(token, forms)

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Raises NotTimed for what the process does wrong meanwhile."""
        try:
            yield
        except Stopped as stop:
            self._fail(stop.status, stop.detail)
        except BadAnswer as bad:
            self.child.end()
            self._fail("wrong answer", str(bad))

    def _fail(self, status: object, detail: str) -> None:
        """Raises NotTimed: what happened to the student's process, or that there is no baseline."""
        if not self.own:
            text = (
                f"The course's solution could not be timed here, which is not your fault: {detail}"
            )
            raise NotTimed("not run", text)
        kind = status if status in STATUSES else "error"
        raise NotTimed(kind, f"The timed calls did not run: {detail}")
