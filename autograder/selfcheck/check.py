"""`check("w1", entry_point)`: run the public cases and say what is wrong and why."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from subprocess import SubprocessError
from types import ModuleType
from typing import Any

from .device import Mode, current_mode
from .diagnosis import WATCHED, Diagnosis, diagnose, play
from .faults import context_is_lost, fault
from .grammar import refusals
from .hints import hints
from .judge import draw_inputs, held_at_once, judge
from .live import Live, read_live, run_cells
from .memory import place_all, same_bits
from .problem import Case, Problem, Timing, find_problem
from .program import Program, graded_work
from .regions import not_implemented, receipt, unfilled
from .report import Report, Row
from .running import answer, call, load_program
from .session import Checked, checked, given_answers, given_points, notebook_shell
from .timing import measure_together

SHOWN = 10  # refusals that are told
GPU_GONE = (
    "An error stopped the GPU for this session. Restart the session (Colab: Runtime > Restart "
    "session; Jupyter: Kernel > Restart), then run the cells from the top."
)


def check(problem_id: str, entry: Any = None, only: str = "") -> None:
    """Run the problem's public cases on what stands in your regions and show a report.

    The regions are put into the code as it was handed out, just as for grading, and run from there.
    `only="ragged"` runs the cases with that word in their names. On a GPU, when every case passes,
    your implementation is timed beside the baselines. The course grades your work with further
    cases of the same kinds, on inputs of its own.
    """
    try:
        live = read_live(problem_id, run_cells(entry))
        problem = narrowed(find_problem(problem_id), only)
    except LookupError as reason:
        print(reason)
        _tell_nbgrader(False, str(reason))
        return
    report = examine(problem, live, current_mode(problem.uses_triton), _display(), only)
    if not only:
        now = f"{datetime.now():%Y-%m-%d %H:%M}"
        work = receipt(graded_work(live.frame, live.work))
        checked[problem_id] = Checked(work, report.passed, report.conclusion, now)
    _tell_nbgrader(report.passed, report.conclusion)


def _tell_nbgrader(passed: bool, says: str) -> None:
    """`nbgrader validate` takes a cell without an error for a success."""
    if not passed and os.environ.get("NBGRADER_VALIDATING"):
        raise AssertionError(says)


def narrowed(problem: Problem, only: str) -> Problem:
    """The problem with those of its cases that have a word in their names, and nothing timed.

    Raises LookupError with the names where none has it.
    """
    if not only:
        return problem
    cases = [
        tuple(c for c in some if only.lower() in c.name.lower())
        for some in (problem.cases, problem.small_cases)
    ]
    if not any(cases):
        names = "\n".join(f"  {case.name}" for case in problem.small_cases)
        raise LookupError(f"No case has {only!r} in its name. These are the cases:\n{names}")
    return replace(problem, cases=cases[0], small_cases=cases[1], timing=None)


def examine(
    problem: Problem,
    live: Live,
    mode: Mode,
    show: Callable[[Report, bool], None] | None = None,
    only: str = "",
) -> Report:
    """The report on some work; `show(report, done)` is called whenever there is more of it."""
    cases = problem.cases if mode.on_gpu else problem.small_cases
    report = Report(
        f"{problem.id}: {problem.title}",
        mode=mode.sentence,
        remarks=live.remarks,
        expected=len(cases),
    )
    show = show or (lambda report, done: None)
    show(report, False)
    program = live.frame.program(live.work)
    module = _checked_module(live, program, report)
    if module is not None:
        with _compiling(problem, module, mode):
            for row in run_cases(problem, program, module, mode):
                report.rows.append(row)
                show(report, False)
    if module is not None and not report.passed:
        found = explain(problem, program, report.rows, mode)
        report.diagnosis, report.weights = hints.found(found), found.picture
    if module is not None and report.passed and not only:
        _after_passing(report, problem, program, module, mode)
    conclude(report, problem, only)
    show(report, True)
    return report


def _checked_module(live: Live, program: Program, report: Report) -> ModuleType | None:
    """The program as a module, or None where the report says why it cannot be run."""
    missing = unfilled(live.work)
    refused = refusals(live.frame, live.work)[:SHOWN]
    report.rows += [Row(r.region, "not allowed", detail=r.sentence) for r in refused]
    if not report.rows and missing:
        detail = not_implemented(*missing)
        report.rows.append(Row("your regions", "not implemented", detail=detail))
    if report.rows:
        return None
    try:
        return load_program(program, Path(tempfile.mkdtemp(prefix="selfcheck-")))
    except Exception as error:
        report.rows.append(failed("your regions", error, program))
        return None


def _compiling(problem: Problem, module: ModuleType, mode: Mode) -> AbstractContextManager:
    """On a GPU: meanwhile, other processes compile what the later cases will launch."""
    if not (mode.on_gpu and problem.uses_triton):
        return nullcontext()
    from .ahead import compiled_meanwhile  # here: a GPU alone needs it

    return compiled_meanwhile(problem, getattr(module, problem.entry), mode)


def run_cases(problem: Problem, program: Program, module: ModuleType, mode: Mode) -> Iterator[Row]:
    """Run the public cases for this machine one by one. After an error such as an illegal address
    a GPU does nothing more for this process: the cases after it are not run.
    """
    for case in problem.cases if mode.on_gpu else problem.small_cases:
        if context_is_lost():
            yield Row(case.name, "not run")
        else:
            yield run_case(problem, case, program, module, mode)


def run_case(problem: Problem, case: Case, program: Program, module: ModuleType, mode: Mode) -> Row:
    """Run one case on guarded inputs, then judge what came back."""
    inputs = draw_inputs(problem, case, mode)
    task = problem.task(case.params, inputs, mode.device)
    watch = problem.largest(case.params) is not None
    try:
        found = answer(task, module, inputs, watch_largest=watch)
    except Exception as error:
        return failed(case.name, error, program)
    if found.stray:
        return Row(case.name, "error", detail=" ".join(found.stray))
    placed = place_all(inputs, case.params.get("layout", "contiguous"))
    changed = [n for n, (_, whole) in placed.items() if not same_bits(whole, found.memory[n])]
    if changed:
        detail = f"{', '.join(changed)} changed during the call: inputs must not be written to."
        return Row(case.name, "wrong answer", detail=detail)
    row = judge(problem, case, inputs, found.outputs, mode)
    if row.status == "passed" and (table := held_at_once(problem, case, found.largest)):
        return Row(case.name, "not allowed", detail=f"{table} The grader gives no points for that.")
    if row.status != "passed" and found.unwritten:
        counts = (f"{n} elements of {name}" for name, n in found.unwritten.items())
        row.detail = f"Never written: {', '.join(counts)}. {row.detail}".strip()
    return row


def explain(problem: Problem, program: Program, rows: Sequence[Row], mode: Mode) -> Diagnosis:
    """Why the failed rows failed. Where kernels are compiled here, the program is watched in a
    process of its own.
    """
    if problem.witnesses is None or not any(row.status in WATCHED for row in rows):
        return diagnose(problem, program, rows, [])
    if not (mode.on_gpu and problem.uses_triton):
        return diagnose(problem, program, rows, play(problem, program))
    from .elsewhere import diagnose_elsewhere  # here: a GPU alone needs it

    try:
        return diagnose_elsewhere(problem, program, rows)
    except (OSError, ValueError, IndexError, SubprocessError):
        return diagnose(problem, program, rows, [])


def failed(name: str, error: BaseException, program: Program | None) -> Row:
    """The row of a case whose call raised."""
    found = fault(error, program)
    return Row(name, found.status, detail=found.detail)


def conclude(report: Report, problem: Problem, only: str = "") -> None:
    """Say in the report how it stands and what to do now."""
    done, total = sum(row.status == "passed" for row in report.rows), len(report.rows)
    first = next((row for row in report.rows if row.status != "passed"), None)
    kind = f"cases with {only!r}" if only else "public cases"
    report.conclusion = f"{done} of {total} {kind} pass."
    if first is None:
        report.conclusion = f"All {done} {kind} pass."
        report.advice = "Now run all of them: leave out `only`." if only else _whats_next(problem)
        report.answers = [] if only else given_answers()
    elif first.status == "not allowed":
        report.conclusion = "The grader does not run code like this."
        report.advice = "Change what is named below, run the cell with your code, and check again."
    elif first.status == "not implemented":
        report.conclusion = "Not implemented yet."
        report.advice = "Fill in the marked region, run its cell, and run this one again."
    elif any(row.status in ("crashed", "not run") for row in report.rows):
        report.advice = GPU_GONE
    elif first.status == "does not compile":
        report.conclusion = "Right here, in Triton's interpreter, but no GPU can run it."
        report.advice = "It would earn no points there. Mend the line that is named below."
    else:
        start = (
            "Start with what is said here." if report.diagnosis else f"Start with: {first.name}."
        )
        report.advice = f"{start} After a change, run the cell with your code, then this one."


def _whats_next(problem: Problem) -> str:
    """After all public cases: what grading is about, what it is worth, and how to hand in."""
    points = f"All {given_points()} points" if given_points() else "The points"
    speed = ", and for your speed on a GPU" if problem.timing else ""
    return (
        f"{points} are still open: they are given for further cases of the same kinds"
        f" ({problem.graded_on}), on inputs of the grader's own{speed}. "
        "Next: run submit() at the end of the notebook."
    )


def _after_passing(
    report: Report, problem: Problem, program: Program, module: ModuleType, mode: Mode
) -> None:
    """On a GPU: time the program beside the baselines. Elsewhere: would it compile for one?"""
    if mode.on_gpu and problem.timing is not None:
        _add_timing(report, problem, problem.timing, module, mode)
        return
    report.timing_note = "Timing needs a GPU, so none is shown here."
    if not problem.uses_triton:
        return
    from .elsewhere import compile_elsewhere  # here: a right answer alone needs it

    try:
        failures = compile_elsewhere(problem, program, mode)
    except (OSError, ValueError, IndexError, SubprocessError):
        report.timing_note += " Whether it compiles for a GPU could not be tried here."
        return
    report.rows += [Row("compiles for a GPU", "does not compile", detail=f) for f in failures]


def _add_timing(
    report: Report, problem: Problem, timing: Timing, module: ModuleType, mode: Mode
) -> None:
    """Time the entry point beside the baselines."""
    inputs = draw_inputs(problem, Case("timing", timing.params, timing.seed), mode)
    task, values = problem.task(timing.params, inputs, mode.device), {**timing.params, **inputs}
    functions = {"yours": lambda: call(task, module, values)}
    for name, prepare in timing.baselines.items():
        functions[name] = prepare(inputs, timing.params)
    report.timing = measure_together(functions, timing.warmup, timing.calls)
    setting = ", ".join(f"{key}={value}" for key, value in timing.params.items())
    report.timing_note = (
        f"{setting}; {str(mode.dtype)[6:]}; {timing.warmup} warm-up and {timing.calls} timed "
        "calls each, taken in turn with a cold L2 cache. Times of your own runtime: they are for "
        "you, not for the grade."
    )


def _display() -> Callable[[Report, bool], None]:
    """How to show a growing report here: HTML in a notebook, text lines in a terminal."""
    if notebook_shell() is None:
        return lambda report, done: print(report.text()) if done else None
    from IPython.display import display

    handle = None

    def show_html(report: Report, done: bool) -> None:
        nonlocal handle
        content = {"text/html": report.html(), "text/plain": report.text()}
        if handle is None:
            handle = display(content, raw=True, display_id=True)
        else:
            handle.update(content, raw=True)

    return show_html
