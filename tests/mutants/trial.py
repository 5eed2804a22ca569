"""One answer against a problem's public and hidden cases, in a forked child with a time limit."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from autograder.selfcheck.check import run_case, run_cases
from autograder.selfcheck.device import Mode, current_mode
from autograder.selfcheck.faults import context_is_lost
from autograder.selfcheck.grammar import refusals
from benchmarks.solution_modules import module_of

from .form import Work
from .known import Known
from .names import first_name

LIMIT = 240.0  # seconds for one answer, both sets of cases
ENDED = "ended or ran too long"


@dataclass
class Trial:
    """What came of one answer. Cases by name: their status, and worst error over allowance."""

    public: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    excess: dict[str, float] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    step: str = ""
    words: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    refused: str = ""  # by the grammar, or why there is no result

    @property
    def killers(self) -> list[str]:
        """The hidden cases that refuse it."""
        return [name for name, status in self.hidden.items() if status != "passed"]

    @property
    def public_killers(self) -> list[str]:
        return [name for name, status in self.public.items() if status != "passed"]


@dataclass
class _Child:
    """A fork that tries one answer, and what it has written so far."""

    pid: int
    until: float
    text: bytes = b""


def attempts(known: Known, works: Sequence[Work], jobs: int, limit: float = LIMIT) -> list[Trial]:
    """Run answers, `jobs` at a time, each in a child of this process that ends with it; in order.

    A trial whose child crashed or ran for more than `limit` seconds says so in `refused`.
    """
    found: dict[int, Trial] = {}
    children: dict[int, tuple[int, _Child]] = {}  # by the pipe that they write to
    waiting = list(enumerate(works))[::-1]
    while waiting or children:
        while waiting and len(children) < jobs:
            number, work = waiting.pop()
            pipe, child = _start(known, work, limit)
            children[pipe] = (number, child)
        for pipe in select.select(list(children), [], [], 1.0)[0]:
            number, child = children[pipe]
            part = os.read(pipe, 1 << 16)
            child.text += part
            if not part:
                found[number] = _end(pipe, child)
                del children[pipe]
        for pipe, (number, child) in list(children.items()):
            if time.monotonic() > child.until:
                os.kill(child.pid, signal.SIGKILL)
                child.text = b""
                found[number] = _end(pipe, child)
                del children[pipe]
    return [found[number] for number in range(len(works))]


def _start(known: Known, work: Work, limit: float) -> tuple[int, _Child]:
    """(the pipe it writes to, the child)."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        status = 1
        try:
            with open(write, "wb") as out:
                out.write(json.dumps(asdict(run(known, work))).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    return read, _Child(pid, time.monotonic() + limit)


def _end(pipe: int, child: _Child) -> Trial:
    os.close(pipe)
    os.waitpid(child.pid, 0)
    return Trial(**json.loads(child.text)) if child.text else Trial(refused=ENDED)


def run(known: Known, work: Work, mode: Mode | None = None) -> Trial:
    """Run an answer here, with the functions that the self-check and the grader use."""
    trial, mode = Trial(), mode or current_mode()
    reasons = refusals(known.frame, work)
    if reasons:
        trial.refused = " ".join(reason.sentence for reason in reasons)
        return trial
    program = known.frame.program(work)
    try:
        module = module_of(program)
    except Exception as error:
        trial.refused = f"{type(error).__name__}: {error}"
        return trial
    start = _cpu()
    rows = list(run_cases(known.problem, program, module, mode))
    trial.public = {row.name: row.status for row in rows}
    trial.seconds["public"] = _cpu() - start
    start = _cpu()
    trial.kind, trial.step, trial.words = first_name(known, program, module, mode, rows)
    trial.seconds["diagnosis"] = _cpu() - start
    start = _cpu()
    for graded in known.hidden:
        case = known.hidden_case(graded, mode.on_gpu)
        if context_is_lost():  # the grader goes on in a fresh child; here the rest is not known
            trial.hidden[case.name] = "crashed"
            continue
        row = run_case(known.problem, case, program, module, mode)
        trial.hidden[row.name] = row.status
        trial.details[row.name] = row.detail
        if row.worst is not None and row.allowed:
            trial.excess[row.name] = row.worst / row.allowed
    trial.seconds["hidden"] = _cpu() - start
    return trial


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
