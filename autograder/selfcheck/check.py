"""`check("w1", entry_point)`: run the public cases and say what is wrong and why."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import SubprocessError
from types import ModuleType
from typing import Any

from .device import Mode, current_mode
from .diagnosis import WATCHED, Diagnosis, diagnose, play
from .faults import fault
from .grammar import refusals
from .judge import draw_inputs, judge
from .live import Live, read_live, run_cells
from .memory import place_all, same_bits
from .problem import Case, Problem, find_problem
from .regions import Program, is_unfilled
from .report import Report, Row
from .running import answer, call, load_program
from .timing import measure_together

SHOWN = 10  # refusals that are told
TABLE = (
    "Scores were held all at once, not one tile at a time: one tensor had {} elements, and {} are "
    "allowed at this size. The grader gives no points for that."
)


def check(problem_id: str, entry: Any = None) -> None:
    """Run the problem's public cases on what stands in your regions and show a report.

    The regions are put into the code as it was handed out, just as for grading, and run from there.
    On a GPU, when every case passes, your implementation is timed beside the baselines. The course
    grades your work with further cases of the same kinds, on inputs of its own.
    """
    try:
        live = read_live(problem_id, run_cells(entry))
    except LookupError as reason:
        print(reason)
        return
    examine(find_problem(problem_id), live, current_mode(), _display())


def examine(
    problem: Problem, live: Live, mode: Mode, show: Callable[[Report, bool], None] | None = None
) -> Report:
    """The report on some work; `show(report, done)` is called whenever there is more of it."""
    report = Report(f"{problem.id}: {problem.title}", mode=mode.sentence, remarks=live.remarks)
    show = show or (lambda report, done: None)
    program = live.frame.program(live.work)
    module = _checked_module(live, program, report)
    for row in run_cases(problem, program, module, mode) if module is not None else ():
        report.rows.append(row)
        show(report, False)
    report.conclusion = conclude(report)
    if module is not None and not report.passed:
        report.diagnosis = explain(problem, program, report.rows, mode).lines()
    if report.passed:
        _after_passing(report, problem, program, module, mode)
    show(report, True)
    return report


def _checked_module(live: Live, program: Program, report: Report) -> ModuleType | None:
    """The program as a module, or None where the report says why it cannot be run."""
    missing = [region for region, text in live.work.items() if is_unfilled(text)]
    refused = refusals(live.frame, live.work)[:SHOWN]
    report.rows += [Row(r.region, "not allowed", detail=r.sentence) for r in refused]
    if not report.rows and missing:
        detail = f"not implemented yet: region {', '.join(missing)}"
        report.rows.append(Row("your regions", "not implemented", detail=detail))
    if report.rows:
        return None
    try:
        return load_program(program, Path(tempfile.mkdtemp(prefix="selfcheck-")))
    except Exception as error:
        report.rows.append(failed("your regions", error, program))
        return None


def run_cases(problem: Problem, program: Program, module: ModuleType, mode: Mode) -> Iterator[Row]:
    """Run the public cases for this machine one by one."""
    for case in problem.cases if mode.on_gpu else problem.small_cases:
        yield run_case(problem, case, program, module, mode)
    memory = problem.memory
    if memory is not None:
        case = Case("memory", memory.params)
        inputs = draw_inputs(problem, case, mode)
        try:
            task = problem.task(case.params, inputs, mode.device)
            largest = answer(task, module, inputs, watch_largest=True).largest
        except Exception:
            return  # the cases above tell
        if largest > memory.largest:
            detail = TABLE.format(largest, memory.largest)
            yield Row("one tile at a time", "not allowed", detail=detail)


def run_case(problem: Problem, case: Case, program: Program, module: ModuleType, mode: Mode) -> Row:
    """Run one case on guarded inputs, then judge what came back."""
    inputs = draw_inputs(problem, case, mode)
    try:
        found = answer(problem.task(case.params, inputs, mode.device), module, inputs)
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


def conclude(report: Report) -> str:
    """The report's last line: what to do now."""
    done = sum(row.status == "passed" for row in report.rows)
    if report.passed:
        return f"All {done} public cases pass."
    first = next(row for row in report.rows if row.status != "passed")
    if first.status == "not allowed":
        return (
            "The grader does not run code like this. Change what is named above, run the cell "
            "with your code, and check again."
        )
    if first.status == "not implemented":
        return "Fill in the marked region, run its cell, and run this one again."
    return f"{done} of {len(report.rows)} public cases pass. Start with: {first.name}."


def _after_passing(
    report: Report, problem: Problem, program: Program, module: ModuleType, mode: Mode
) -> None:
    """On a GPU: time the program beside the baselines. Elsewhere: would it compile for one?"""
    if mode.on_gpu and problem.timing is not None:
        _add_timing(report, problem, module, mode)
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
    for failure in failures:
        report.rows.append(Row("compiles for a GPU", "does not compile", detail=failure))
        report.conclusion = (
            "The answers are right here, in Triton's interpreter, but a GPU cannot run this: it "
            "would earn no points there. Mend the line that is named above."
        )


def _add_timing(report: Report, problem: Problem, module: ModuleType, mode: Mode) -> None:
    """Time the entry point beside the baselines."""
    timing = problem.timing
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


def _display():
    """How to show a growing report here: HTML in a notebook, text lines in a terminal."""
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        if shell is not None and hasattr(shell, "kernel"):
            handle = None

            def show_html(report: Report, done: bool) -> None:
                nonlocal handle
                content = {"text/html": report.html(), "text/plain": report.text()}
                if handle is None:
                    handle = display(content, raw=True, display_id=True)
                else:
                    handle.update(content, raw=True)

            return show_html

    def show_text(report: Report, done: bool) -> None:
        if done:
            print(report.text())

    return show_text
