"""One case of one student's work, run again as it was graded, with the rows to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from autograder.errors import CourseError
from autograder.grading.calls import fetch
from autograder.grading.cases import Clock, run_case
from autograder.grading.grade import Grader, make_order
from autograder.grading.verdict import CaseVerdict, Verdict
from autograder.registry import GradedCase, GradedProblem, load
from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.runner import Child, Stopped, new_token
from autograder.selfcheck.device import Mode
from autograder.selfcheck.judge import draw_inputs
from autograder.selfcheck.problem import Case, Problem, Tensors

ROWS, WIDTH = 3, 6  # shown of each output


@dataclass(frozen=True)
class WrongRow:
    """A row of an output: where it is, what was expected and given (its first elements), and the
    error of the whole row over the row's own size.
    """

    output: str
    index: tuple[int, ...]
    expected: tuple[float, ...]
    given: tuple[float, ...]
    error: float


@dataclass(frozen=True)
class Replay:
    """A case as it ran now: `found` is its outcome, `rows` the worst ones, empty where there was no
    answer. `case` has the seed, so that the same inputs can be drawn again.
    """

    case: Case
    public: bool
    mode: Mode
    inputs: dict[str, str]
    found: CaseVerdict
    rows: tuple[WrongRow, ...]


def find_case(verdict: Verdict, words: str) -> CaseVerdict:
    """The case of that name, or with those words in it; without any, the first that failed.

    Raises CourseError with the names there are.
    """
    failed = [case for case in verdict.cases if case.status not in ("passed", "not run")]
    fitting = [case for case in verdict.cases if words.lower() in case.name.lower()]
    exact = [case for case in fitting if case.name == words]
    found = exact or fitting if words else failed[:1] or verdict.cases[:1]
    if len(found) == 1:
        return found[0]
    among = "\n".join(f"  {case.name}: {case.status}" for case in found or verdict.cases)
    count = "Several cases have" if found else "No case has"
    raise CourseError(f"{count} {words!r} in the name. Say one of these:\n{among}")


def replay(grader: Grader, problem_id: str, work: dict[str, str], name: str) -> Replay:
    """Run the case of that name on the work, with the inputs that it was graded with.

    Raises CourseError for the timed case, and where the case is none of this machine's.
    """
    order = make_order(grader.assignment, problem_id, work)
    problem = load(grader.assignment.qualified(problem_id))
    mode = grader.examiner.mode
    graded = _of_name(problem, name)
    case = graded.on(mode.on_gpu)
    case = Case(case.name, case.params, order.seeds[graded.case.name])
    limits = grader.assignment.course.sandbox
    clock = Clock(limits.case_seconds, limits.notebook_seconds)
    inputs = draw_inputs(problem.public, case, mode)
    with grader.examiner.runner().child(order.frame.program(work)) as child:
        found = run_case(problem.public, case, child, mode, clock)
        answered = found.status in ("passed", "wrong answer")
        rows = tuple(_rows(problem.public, case, child, clock, inputs, mode) if answered else ())
    told = {n: f"{tuple(x.shape)}, {str(x.dtype)[6:]}" for n, x in inputs.items()}
    return Replay(case, graded.public, mode, told, found, rows)


def _of_name(problem: GradedProblem, name: str) -> GradedCase:
    """The case that a verdict calls so; it may come from another kind of machine."""
    for graded in problem.cases:
        if name in (graded.case.name, graded.on(gpu=True).name):
            return graded
    if problem.speed is not None and name == problem.speed.name:
        raise CourseError(f"{name!r} is the timed case: its verdict says all that was measured.")
    raise CourseError(
        f"{problem.public.name} has no case {name!r} any more. Grade the work again first."
    )


def _rows(
    problem: Problem, case: Case, child: Child, clock: Clock, inputs: Tensors, mode: Mode
) -> Iterator[WrongRow]:
    """The worst rows of each output of one more call."""
    token = new_token()
    task = problem.task(case.params, inputs, mode.device)
    reference = problem.reference(inputs, case.params)
    try:
        clock.ask(child, {"do": "case", "token": token, "task": task}, inputs)
        outputs, _ = fetch(problem, case, child, token, inputs, reference)
    except (Stopped, BadAnswer):
        return
    for name, expected in reference.items():
        if name in outputs:
            yield from worst_rows(name, outputs[name].cpu().double(), expected.cpu().double())


def worst_rows(name: str, given: torch.Tensor, expected: torch.Tensor) -> list[WrongRow]:
    """The rows that are furthest off, worst first. Both (..., D)."""
    size = expected.norm(dim=-1)
    error = (given - expected).norm(dim=-1) / size.clamp_min(1e-12)
    error = torch.nan_to_num(error, nan=torch.inf).flatten()
    found = []
    for place in error.argsort(descending=True)[:ROWS].tolist():
        index = tuple(int(i) for i in torch.unravel_index(torch.tensor(place), size.shape))
        right, wrong = (tuple(x[index].flatten()[:WIDTH].tolist()) for x in (expected, given))
        found.append(WrongRow(name, index, right, wrong, float(error[place])))
    return found
