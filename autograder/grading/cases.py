"""Ask a student's process for the answer to each case, and judge it here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from autograder.grading.calls import fetch
from autograder.grading.turns import shared_turn
from autograder.grading.verdict import CaseStatus, CaseVerdict, PictureRecord
from autograder.registry import GradedProblem
from autograder.sandbox.child import cpu_told
from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.runner import Child, Stopped, new_token
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import draw_inputs, held_at_once, judge
from autograder.selfcheck.memory import place_all, same_bits
from autograder.selfcheck.problem import Case, Problem, Tensors
from autograder.text import clean_text

# The child may only choose among failures; anything else it says is an error.
CHILD_STATUSES = ("not implemented", "error", "out of memory", "wrong answer", "crashed")
LEAST = 1.0  # seconds; with fewer left, a case would be stopped that did nothing wrong


@dataclass
class Clock:
    """The seconds that one case may take, and those that are left for all of a submission's."""

    case: float
    left: float

    def ask(self, child: Child, order: dict[str, Any], inputs: Tensors) -> dict[str, Any]:
        """What the child answers within the time. Raises Stopped and BadAnswer, as `Child.ask`."""
        if self.left < LEAST:
            raise Stopped("timed out", "The cases before this one used up all the time there was.")
        start = time.monotonic()
        try:
            status = child.ask(order, min(self.case, self.left), inputs)
        except (Stopped, BadAnswer):
            self.left -= min(time.monotonic() - start, self.case)
            raise
        self.left -= cpu_told(status)
        return status


def run_cases(
    problem: GradedProblem, child: Child, mode: Mode, seeds: Mapping[str, int], clock: Clock
) -> Iterator[CaseVerdict]:
    """The verdict of every case that counts. No case depends on another: after anything but a clean
    answer the process is replaced.
    """
    for graded in problem.cases:
        case = graded.on(mode.on_gpu)
        seeded = Case(case.name, case.params, seeds[graded.case.name])
        with shared_turn():
            found = run_case(problem.public, seeded, child, mode, clock)
        if found.status not in ("passed", "wrong answer"):
            child.end()
        yield found


def run_case(problem: Problem, case: Case, child: Child, mode: Mode, clock: Clock) -> CaseVerdict:
    """Send one case, wait, then compare: the reference is computed only after the answer is in."""
    inputs, token = draw_inputs(problem, case, mode), new_token()
    task = problem.task(case.params, inputs, mode.device)
    watch = problem.largest(case.params) is not None
    order = {"do": "case", "token": token, "task": task, "watch_largest": watch}
    try:
        status = clock.ask(child, order, inputs)
        if status.get("status") != "answered":
            return _not_answered(case, status)
        reference = problem.reference(inputs, case.params)
        outputs, memory = fetch(problem, case, child, token, inputs, reference)
    except Stopped as stop:
        return _failed(case, stop.status, stop.detail)
    except BadAnswer as bad:
        child.end()
        return _failed(case, "wrong answer", str(bad))
    if stray := _sentences(status.get("stray")):
        child.end()
        return _failed(case, "error", " ".join(stray))
    if changed := _changed(case, inputs, memory):
        detail = f"{', '.join(changed)} changed during the call: inputs must not be written to."
        return _failed(case, "wrong answer", detail)
    outputs = {name: x.to(mode.device) for name, x in outputs.items()}
    row = judge(problem, case, inputs, outputs, mode, reference)
    if row.status == "passed":
        if table := held_at_once(problem, case, _count(status.get("largest"))):
            return _failed(case, "not allowed", table)
    else:
        missing = _never_written(status.get("unwritten"), outputs)
        row.detail = f"{missing} {row.detail}".strip()
    return CaseVerdict(
        name=case.name,
        status=cast(CaseStatus, row.status),
        worst=row.worst,
        allowed=row.allowed,
        where=row.where,
        detail=row.detail,
        picture=PictureRecord(**asdict(row.picture)) if row.picture else None,
    )


def _count(said: object) -> int:
    return said if type(said) is int else 0


def _not_answered(case: Case, status: dict[str, Any]) -> CaseVerdict:
    """The verdict of a call that raised."""
    kind = status.get("status")
    kind = kind if kind in CHILD_STATUSES else "error"
    return _failed(case, kind, clean_text(status.get("detail")))


def _failed(case: Case, status: str, detail: str) -> CaseVerdict:
    """A case that failed; pydantic takes no status that it does not know."""
    return CaseVerdict(name=case.name, status=cast(CaseStatus, status), detail=detail)


def _sentences(said: object) -> list[str]:
    return [clean_text(one) for one in said[:3]] if isinstance(said, list) else []


def _never_written(said: object, outputs: Tensors) -> str:
    """What the child counted as never written, in a sentence."""
    counts = said if isinstance(said, dict) else {}
    found = [
        f"{counts[name]} of {x.numel()} elements of {name} were never written."
        for name, x in outputs.items()
        if type(counts.get(name)) is int and 0 < counts[name] <= x.numel()
    ]
    return " ".join(found)


def _changed(case: Case, inputs: Tensors, memory: Tensors) -> list[str]:
    """The inputs whose memory, guards included, is not what was sent."""
    placed = place_all(inputs, case.params.get("layout", "contiguous"))
    return [n for n, (_, whole) in placed.items() if not same_bits(whole.cpu(), memory[n])]
