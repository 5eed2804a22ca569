"""What `autograder explain` prints of a case: the evidence, in the order in which one asks."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.appeals.replay import Replay
from autograder.classroom.attempts import Attempts
from autograder.grading.verdict import Verdict
from autograder.selfcheck.diagnosis import from_plain
from autograder.selfcheck.regions import Work, receipt

ALL_STAGES = 3  # instructors see every hint


def told(verdict: Verdict, found: Replay, work: Work) -> Iterator[tuple[str, str]]:
    """Lines as (what it is, text)."""
    case, now = found.case, found.found
    before = next((one for one in verdict.cases if one.name == now.name), None)
    yield "case", f"{verdict.assignment}/{verdict.problem}, {case.name!r}"
    yield "seen", "students run it themselves" if found.public else "hidden from students"
    yield "sizes", ", ".join(f"{name}={value}" for name, value in case.params.items())
    yield "input", "; ".join(f"{name} {shape}" for name, shape in found.inputs.items())
    yield "seed", str(case.seed)
    if before is not None:
        yield "then", f"{before.status}, {before.earned:g} of {before.points:g} points"
    yield "now", f"{now.status} on {found.mode.device}. {now.detail}".strip()
    if now.worst is not None:
        yield "error", f"worst row {now.worst:.2g}, allowed {now.allowed:.2g}"
    for row in found.rows:
        where = f"{row.output}[{', '.join(map(str, row.index))}]"
        yield "row", f"{where}, off by {row.error:.2g} of its size"
        yield "", f"  expected {_numbers(row.expected)}"
        yield "", f"  given    {_numbers(row.given)}"
    for line in from_plain(verdict.diagnosis.model_dump()).lines(ALL_STAGES):
        yield "why", line
    for name, text in sorted(work.items()):
        yield "code", name
        for number, line in enumerate(text.split("\n"), 1):
            yield "", f"  {number:>3}  {line}"
    yield "proof", f"receipt {receipt(work)}; {verdict.machine}; {', '.join(verdict.findings)}"


def history(attempts: Attempts, notebook: str) -> Iterator[tuple[str, str]]:
    """All that a student handed in for a notebook, and which of it counts."""
    best = attempts.best(notebook)
    for one in attempts.all:
        if one.notebook == notebook:
            when = one.when or "time unknown"
            counts = ", which counts" if one == best else ""
            yield "tried", f"{when}: {one.source} ({one.platform}){counts}"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:10.4g}" for value in values) + " …"
