"""From what was found to a student's verdict: points, notes, reasons. Runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from autograder import registry
from autograder.course import Assignment
from autograder.grading.finding import Finding, better_first
from autograder.grading.verdict import TOGETHER, CaseStatus, CaseVerdict, HandedIn, Verdict
from autograder.intake.extract import Extracted
from autograder.registry import GradedProblem, SpeedCase
from autograder.selfcheck.grammar import Refusal
from autograder.selfcheck.regions import not_implemented, unfilled, work_hash

SHOWN = 10  # refusals told in the notes; a region may hold hundreds
ROUNDING_APART = " Cases that try rounding are not counted here."
TOGETHER_LATER = "These points are for work that gets every case right.{}"
SPEED_LATER = "Speed counts once every other case passes."
SPEED_ELSEWHERE = "Speed is measured on a GPU; this run had none, so these points are still open."


@dataclass(frozen=True)
class Unusable:
    """A file out of which no work could be read, and why."""

    reason: str
    work: dict[str, str] = field(default_factory=dict, init=False)  # none


Taken = Extracted | Unusable


def notes(taken: Extracted) -> list[str]:
    """What the student is told of the file itself, whatever its work is worth."""
    return [*(one.sentence for one in taken.refusals[:SHOWN]), *taken.remarks]


def standing_by_itself(taken: Taken) -> bool:
    """Whether nothing has to be run: there is no work, or none that may run."""
    return isinstance(taken, Unusable) or bool(taken.refusals or unfilled(taken.work))


def scored(
    assignment: Assignment, problem_id: str, taken: Taken, findings: Sequence[Finding] = ()
) -> Verdict:
    """The verdict for what was handed in, with the points of course.toml and the problem's table.

    `findings` are those of its work, at least one unless it is `standing_by_itself`.
    """
    full = assignment.points[problem_id]
    verdict = Verdict(
        assignment=assignment.name,
        problem=problem_id,
        max_score=full,
        hint_stage=assignment.course.course.hint_stage,
    )
    if isinstance(taken, Unusable):
        return verdict.model_copy(update={"status": "not gradable", "reason": taken.reason})
    problem = _problem(assignment.qualified(problem_id), full, assignment.speed)
    told: dict[str, Any] = {
        "work": work_hash(taken.work),
        "notes": notes(taken),
        "repairs": list(taken.repairs),
    }
    if standing_by_itself(taken):
        cases = list(_not_run(problem, taken))
    else:
        best, timed = _chosen(findings)
        cases = list(_priced(problem, best, timed))
        told |= {"provisional": _speed_is_open(cases, problem), "diagnosis": best.diagnosis}
        told |= {"machine": _machines(best, timed), "isolation": best.isolation}
        told["findings"] = list(dict.fromkeys(str(one.place) for one in (best, timed)))
    told |= {"cases": cases, "score": round(sum(case.earned for case in cases), 2)}
    return verdict.model_copy(update=told)


@lru_cache(maxsize=256)
def _problem(name: str, full: float, speed: bool) -> GradedProblem:
    """The problem, looked up once: a class asks for it hundreds of times."""
    return registry.load(name, full, speed)


def _chosen(findings: Sequence[Finding]) -> tuple[Finding, Finding]:
    """The finding whose answers count, and the one whose speed does."""
    ranked = better_first(findings)
    timed = [one for one in ranked if one.speed is not None and one.speed.status != "not run"]
    return ranked[0], (timed or ranked)[0]


def _priced(problem: GradedProblem, best: Finding, timed: Finding) -> Iterator[CaseVerdict]:
    """Every case with its points. A case of that name is there: the version says so."""
    found = {case.name: case for case in best.cases}
    passed = set()
    for graded in problem.cases:
        case = found[graded.on(best.on_gpu).name]
        earned = graded.points if case.status == "passed" else 0.0
        more = {"points": graded.points, "earned": earned, "public": graded.public}
        if case.status == "passed":
            passed.add(graded.case.name)
        yield case.model_copy(update=more)
    if problem.together:
        yield _together(problem, problem.all_right(passed))
    if problem.speed is not None:
        yield _speed(problem.speed, best, timed)


def _together(problem: GradedProblem, right: bool) -> CaseVerdict:
    """The line for getting every case right."""
    apart = ROUNDING_APART if any(case.rounding for case in problem.cases) else ""
    return CaseVerdict(
        name=TOGETHER,
        status="passed" if right else "not run",
        points=problem.together,
        earned=problem.together if right else 0.0,
        detail="" if right else TOGETHER_LATER.format(apart),
    )


def _speed(speed: SpeedCase, best: Finding, timed: Finding) -> CaseVerdict:
    """The timed case: it counts only if every answer is right."""
    case = CaseVerdict(name=speed.name, status="not run", points=speed.points)
    if not best.all_passed:
        return case.model_copy(update={"detail": SPEED_LATER})
    if timed.speed is None:
        return case.model_copy(update={"detail": SPEED_ELSEWHERE})
    case = timed.speed.model_copy(update={"name": speed.name, "points": speed.points})
    if case.ratio is None:
        return case
    earned = speed.earned(case.ratio)
    steps = ", ".join(f"{points:g} up to {limit:g}×" for limit, points in speed.tiers)
    detail = f"{case.detail} Points by ratio: {steps}."
    status = "passed" if earned else "too slow"
    return case.model_copy(update={"status": status, "earned": earned, "detail": detail})


def _not_run(problem: GradedProblem, taken: Extracted) -> Iterator[CaseVerdict]:
    """The same for every case: nothing was run."""
    status: CaseStatus = "not implemented"
    why = not_implemented(*unfilled(taken.work))
    if taken.refusals:
        status, why = "not allowed", taken.refusals[0].sentence
    for graded in problem.cases:
        yield CaseVerdict(
            name=graded.case.name,
            status=status,
            points=graded.points,
            public=graded.public,
            detail=why,
        )
    if problem.together:
        yield _together(problem, False)
    if problem.speed is not None:
        yield CaseVerdict(name=problem.speed.name, status="not run", points=problem.speed.points)


def _speed_is_open(cases: list[CaseVerdict], problem: GradedProblem) -> bool:
    """Whether speed points could still be earned: on a machine with a GPU, or on a quiet one."""
    if problem.speed is None:
        return False
    *answers, speed = cases
    return speed.status == "not run" and all(case.status == "passed" for case in answers)


def _machines(best: Finding, timed: Finding) -> str:
    if timed.machine == best.machine:
        return best.machine
    return f"{best.machine}; speed: {timed.machine}"


def handed_in(taken: Taken, file: str, reader: str) -> HandedIn:
    """What was read out of a file, to be kept beside the verdict."""
    if isinstance(taken, Unusable):
        return HandedIn(file=file, reader=reader, reason=taken.reason)
    return HandedIn(
        file=file,
        reader=reader,
        work=taken.work,
        refusals=[asdict(one) for one in taken.refusals],
        repairs=list(taken.repairs),
        remarks=list(taken.remarks),
    )


def taken_back(handed: HandedIn) -> Taken:
    """What `handed_in` wrote."""
    if handed.reason:
        return Unusable(handed.reason)
    refusals = tuple(Refusal(**dict[str, Any](one)) for one in handed.refusals)
    return Extracted(dict(handed.work), tuple(handed.repairs), tuple(handed.remarks), refusals)
