"""Run one case in the child and judge its answer here."""

from __future__ import annotations

from typing import Any

from autograder.grading.audit import objection
from autograder.grading.calls import fetch, make_task
from autograder.grading.child import Child, Stopped, clean_text
from autograder.grading.turns import shared_turn
from autograder.grading.verdict import CaseVerdict
from autograder.registry import GradedCase, GradedProblem
from autograder.sandbox.exchange import BadAnswer
from autograder.selfcheck.check import draw_inputs, judge
from autograder.selfcheck.device import Mode
from autograder.selfcheck.memory import place, same_bits
from autograder.selfcheck.problem import Case, Problem, Tensors

CHILD_STATUSES = ("not implemented", "error", "out of memory", "wrong answer")
HOPELESS = 2  # after that many cases in a row that stopped the process, the rest are not tried


def run_cases(
    problem: GradedProblem, child: Child, mode: Mode, seeds: dict[str, int], scale: float
) -> list[CaseVerdict]:
    """Run every case that counts. An unfilled region, or a process that keeps dying, ends it early:
    the cases that are left get the same status.
    """
    verdicts: list[CaseVerdict] = []
    stopped_in_a_row = 0
    for graded in problem.cases:
        case = graded.on(mode.on_gpu)
        last = verdicts[-1] if verdicts else None
        if last is not None and last.status == "not implemented":
            found = CaseVerdict(name=case.name, status=last.status, points=0, detail=last.detail)
        elif stopped_in_a_row >= HOPELESS:
            found = CaseVerdict(
                name=case.name,
                status=last.status,
                points=0,
                detail="Not tried: the cases before it ended the same way.",
            )
        else:
            seeded = Case(case.name, case.params, seeds[graded.case.name], case.hint)
            with shared_turn():
                found = run_case(problem.public, seeded, child, mode)
        stopped = found.status in ("timed out", "crashed")
        stopped_in_a_row = stopped_in_a_row + 1 if stopped else 0
        verdicts.append(_with_points(found, graded, scale))
    return verdicts


def _with_points(found: CaseVerdict, graded: GradedCase, scale: float) -> CaseVerdict:
    full = graded.points * scale
    earned = full if found.status == "passed" else 0.0
    return found.model_copy(update={"points": full, "earned": earned, "public": graded.public})


def run_case(problem: Problem, case: Case, child: Child, mode: Mode) -> CaseVerdict:
    """Send one case, wait, then compare: the reference is computed only after the answer is in."""
    inputs = draw_inputs(problem, case, mode)
    try:
        token = child.send(make_task(problem, case.params, inputs, mode), inputs)
        status = child.request("run_case", token, child.times.case)
        if status.get("status") != "answered":
            return _not_answered(case, status)
        reference = problem.reference(inputs, case.params)
        outputs, memory = fetch(problem, case, child, token, inputs, reference)
        child.forget(token)
    except Stopped as stop:
        return CaseVerdict(name=case.name, status=stop.status, points=0, detail=stop.detail)
    except BadAnswer as bad:
        return CaseVerdict(name=case.name, status="wrong answer", points=0, detail=str(bad))
    changed = _changed(case, inputs, memory)
    if changed:
        detail = f"{', '.join(changed)} changed during the call: inputs must not be written to."
        return CaseVerdict(name=case.name, status="wrong answer", points=0, detail=detail)
    outputs = {name: x.to(mode.device) for name, x in outputs.items()}
    row = judge(problem, case, inputs, outputs, mode, reference)
    if row.status == "passed" and (why := objection(problem, case, inputs, status, child, mode)):
        return CaseVerdict(name=case.name, status="policy violation", points=0, detail=why)
    return CaseVerdict(
        name=case.name,
        status=row.status,
        points=0,
        worst=row.worst,
        allowed=row.allowed,
        where=row.where,
        detail=row.detail,
    )


def _not_answered(case: Case, status: dict[str, Any]) -> CaseVerdict:
    """The verdict of a call that raised. The child may only choose among failures."""
    kind = status.get("status")
    kind = kind if kind in CHILD_STATUSES else "error"
    detail = clean_text(status.get("detail"))
    if kind == "error" and case.hint:
        detail = f"{detail} {case.hint}"
    return CaseVerdict(name=case.name, status=kind, points=0, detail=detail)


def _changed(case: Case, inputs: Tensors, memory: Tensors) -> list[str]:
    """The inputs whose memory, guards included, is not what was sent."""
    layout = case.params.get("layout", "contiguous")
    return [
        name for name, x in inputs.items() if not same_bits(place(x, layout)[1].cpu(), memory[name])
    ]
