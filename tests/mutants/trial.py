"""One answer against a problem's public and hidden cases, in a forked child with a time limit."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from dataclasses import asdict, dataclass, field

from autograder.selfcheck.check import run_case, run_cases
from autograder.selfcheck.device import Mode, current_mode
from autograder.selfcheck.grammar import refusals
from benchmarks.solution_modules import module_of

from .form import Work
from .known import Known
from .names import first_name

LIMIT = 240.0  # seconds for one answer, both sets of cases


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


def attempt(known: Known, work: Work, limit: float = LIMIT) -> Trial:
    """Run an answer in a child of this process, which ends with it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        status = 1
        try:
            os.write(write, json.dumps(asdict(run(known, work))).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    try:
        text = _read(read, time.monotonic() + limit)
    finally:
        os.close(read)
        if os.waitpid(child, os.WNOHANG)[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return Trial(**json.loads(text)) if text else Trial(refused="ended or ran too long")


def _read(pipe: int, until: float) -> bytes:
    """All that is written to the pipe until its end; b"" if time is up before."""
    parts = []
    while (left := until - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        part = os.read(pipe, 1 << 16)
        if not part:
            time.sleep(0.01)  # the child may now end by itself
            return b"".join(parts)
        parts.append(part)
    return b""


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
        row = run_case(known.problem, known.hidden_case(graded), program, module, mode)
        trial.hidden[row.name] = row.status
        trial.details[row.name] = row.detail
        if row.worst is not None and row.allowed:
            trial.excess[row.name] = row.worst / row.allowed
    trial.seconds["hidden"] = _cpu() - start
    return trial


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
