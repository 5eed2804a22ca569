"""The grader's handle on a process that holds one student's program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.sandbox.exchange import BadAnswer, json_object, read_answer, write_tensors
from autograder.sandbox.messages import template_message
from autograder.selfcheck.program import Program
from autograder.text import clean_text

if TYPE_CHECKING:
    from autograder.sandbox.runner import Runner


PATIENCE = 5  # times its limit that an order may take where others keep the processors busy


class Stopped(Exception):
    """The child did not answer: it crashed, or ran out of time. `status` says which."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(eq=False)
class Child:
    """A process of one student's: forked at the first order, gone after `end` or `Stopped`.

    `told` are the processor seconds that its answers told of, `before` what the sandbox had used
    when it was forked.
    """

    runner: Runner
    program: Program
    told: float = 0.0
    before: float = 0.0

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def running(self) -> bool:
        return self.runner.holder is self and self.runner.alive

    def ask(
        self,
        order: dict[str, Any],
        seconds: float,
        tensors: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send an order, with its tensors if it has some; the child's own words come back.

        The limit is meant for a machine that has nothing else to do: where others keep it busy, the
        child gets the time it would have had.
        Raises Stopped when the process died or did not answer in time, BadAnswer when it said
        something else; the next order then gets a fresh one. A program that does not load answers
        for the order. CourseError and SandboxError are the machine's fault.
        """
        if (failed := self._load(seconds)) is not None:
            return failed
        if tensors is not None and not self._hand_over(order["token"], tensors):
            self.end()  # whatever it did to the folder is cleared away
            if (failed := self._load(seconds)) is not None:
                return failed
            self._hand_over(order["token"], tensors, last=True)
        return self._exchange(order, seconds)

    def fetch(self, token: str, expected: dict) -> dict:
        """The answer's tensors, checked for names, dtype and shape. Raises BadAnswer."""
        found = read_answer(self._file("answer", token), expected)
        for kind in ("inputs", "answer"):
            with contextlib.suppress(OSError):
                self._file(kind, token).unlink()
        return found

    def end(self) -> None:
        """End the process, if there is one, and all that it left."""
        if self.runner.holder is self:
            self.runner.end_child()

    def _load(self, seconds: float) -> dict[str, Any] | None:
        """Start the process and load the program, if that is not done; what it says if it fails."""
        if self.running:
            return None
        self.runner.fork(self)
        self.told, self.before = 0.0, self.runner.cpu_seconds()
        spans = {region: list(span) for region, span in self.program.spans.items()}
        order = {"do": "load", "source": self.program.source, "spans": spans}
        said = self._exchange(order, seconds)
        if said.get("status") == "loaded":
            return None
        self.end()
        return said

    def _hand_over(self, token: str, tensors: Mapping[str, Any], last: bool = False) -> bool:
        """Write the inputs; False if that failed. Raises CourseError if it was the last try: in a
        folder that has just been emptied nobody but the machine is at fault.
        """
        try:
            write_tensors(self._file("inputs", token), tensors)
        except (OSError, BadAnswer) as error:
            if last:
                self.end()
                raise self.runner.fault_of_machine(error) from None
            return False
        return True

    def _exchange(self, order: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One order and its answer. Raises Stopped, BadAnswer."""
        try:
            self.runner.line.say(order, seconds)
            speaker, line = self._hear(seconds)
            if speaker == "template":
                raise self._died(clean_text(template_message(line).get("ended", "")))
            status = json_object(line)
            self.told += cpu_told(status)
            return status
        except TimeoutError:
            self.end()
            raise Stopped("timed out", f"No answer within {seconds:.0f} s.") from None
        except EOFError:
            raise self._died("") from None
        except BadAnswer:
            self.end()
            raise

    def _hear(self, seconds: float) -> tuple[str, bytes]:
        """The next line; waited for as long as the child has not had half of its time."""
        start = deadline = time.monotonic()
        while True:
            deadline += seconds
            try:
                return self.runner.line.hear(deadline)
            except TimeoutError:
                used = self.runner.cpu_seconds() - self.before - self.told
                if self.runner.gpu or used > seconds / 2 or deadline - start > PATIENCE * seconds:
                    raise

    def _died(self, how: str) -> Stopped:
        """What to tell of a child that ended by itself; `how` is empty if the sandbox did too."""
        over = self.runner.exceeded if how else self.runner.why_ended()
        self.end()
        if over:
            kind, _, limit = over.partition(": ")
            status = "out of memory" if kind == "memory" else "crashed"
            return Stopped(status, f"The call was ended for using {clean_text(limit)}.")
        return Stopped("crashed", f"The process ended {how} during the call.".replace("  ", " "))

    def _file(self, kind: str, token: str) -> Path:
        return self.runner.exchange / f"{kind}-{token}.safetensors"


def cpu_told(status: dict[str, Any]) -> float:
    """The processor seconds that an answer says it took; 0 where it says nothing of the kind."""
    said = status.get("cpu")
    return said if isinstance(said, float) and 0 <= said < 1e6 else 0.0
