"""What is wrong with a problem's tables of cases, found without running a kernel."""

from __future__ import annotations

from collections.abc import Iterator

from ..problem_folders import HIDDEN, PUBLIC
from ..registry import GradedProblem
from ..selfcheck.compare import RULES
from ..selfcheck.device import Mode, current_mode
from ..selfcheck.judge import draw_inputs
from ..selfcheck.memory import place_all
from ..selfcheck.problem import Case, Problem, Tensors
from .places import case_line, module_file
from .unread import Numbers, unread

COARSE = 0.05  # more than any precision costs a right answer, of the whole output's size


def odd_cases(graded: GradedProblem, name: str) -> Iterator[str]:
    """All that is wrong with the cases of both sides, a sentence each."""
    yield from _odd_tables(graded, name)
    numbers = Numbers()
    odd = list(_odd_answers(graded, name, numbers))
    yield from odd
    if not odd:  # else what would have been read is not known
        yield from unread(graded, name, numbers.read)


def _odd_tables(graded: GradedProblem, name: str) -> Iterator[str]:
    """Cases that would be taken for one another, rules that there are not, no cases at all."""
    public = graded.public
    for side, cases in (
        (PUBLIC, public.cases),
        (PUBLIC, public.small_cases),
        (HIDDEN, [one.case for one in graded.cases]),
    ):
        names = [case.name for case in cases]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield f"{case_line(side, name, twice)}: two cases are called {twice!r}. Rename one."
        if not names:
            yield f"{module_file(side, name)}: there is no case. Add one."
    for output in public.call.outputs:
        if output.rule not in RULES:
            known = ", ".join(RULES)
            yield f"{module_file(PUBLIC, name)}: there is no rule {output.rule!r}, only {known}."


def _odd_answers(graded: GradedProblem, name: str, numbers: Numbers) -> Iterator[str]:
    """Cases that cannot be drawn, and small ones in which a right answer would not pass."""
    problem = graded.public
    mode = current_mode(problem.uses_triton)
    for case in (one.on(gpu=False) for one in graded.cases):
        try:
            _drawn(problem, numbers.of(case), mode)
        except Exception as error:
            place = case_line(HIDDEN, name, case.name)
            yield f"{place}: {case.name!r} cannot be made: {_said(error)}."
    for case in problem.small_cases:
        place = case_line(PUBLIC, name, case.name)
        try:
            off = _yardstick_off(problem, numbers.of(case), mode)
        except Exception as error:
            yield f"{place}: {case.name!r} cannot be made: {_said(error)}."
            continue
        for output, share in off.items():
            if not share <= COARSE:
                yield (
                    f"{place}: {case.name!r}: yardstick and reference differ in {output} by "
                    f"{share:.2g} of its size. One of them is wrong."
                )


def _drawn(problem: Problem, case: Case, mode: Mode) -> Tensors:
    """A case's inputs, in their places, and its call. Raises what these raise, and ValueError where
    the layout is of none of them: a table that several problems share may name more.
    """
    inputs = draw_inputs(problem, case, mode)
    layout = case.params.get("layout", "contiguous")
    if not isinstance(layout, str) and not set(layout) & set(inputs):
        raise ValueError(f"layout is of {', '.join(layout)}; the inputs are {', '.join(inputs)}")
    place_all(inputs, layout)
    problem.task(case.params, inputs, mode.device)
    problem.largest(case.params)
    return inputs


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")


def _yardstick_off(problem: Problem, case: Case, mode: Mode) -> dict[str, float]:
    """How far a right answer of the inputs' precision is from the reference, for each output.
    Raises ValueError where one of the two lacks an output.
    """
    inputs = _drawn(problem, case, mode)
    reference = problem.reference(inputs, case.params)
    right = problem.yardstick(inputs, case.params, False)
    for output in problem.call.outputs:
        for who, found in (("reference", reference), ("yardstick", right)):
            # A logarithm of sums has a tolerance of its own, and needs no yardstick.
            free = who == "yardstick" and output.rule == "logsumexp"
            if output.name not in found and not free:
                raise ValueError(f"the {who} gives no {output.name}, only {', '.join(found)}")
    return {
        name: float((right[name].double() - exact).norm() / exact.norm().clamp_min(1e-12))
        for name, exact in reference.items()
        if name in right and right[name].shape == exact.shape
    }
