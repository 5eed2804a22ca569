"""`check("p3", flash_attention_forward)`: run the public cases and say what is wrong and why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import torch

from .calling import invoke, missing_region, short_error
from .compare import RULES
from .device import Mode, current_mode
from .diagnose import describe_place, explain
from .memory import place, same_bits
from .policy_scan import session_hits
from .problem import Call, Case, Problem, Tensors, case_dtype, find_problem
from .report import Report, Row
from .timing import measure_together


def check(problem_id: str, entry: Any) -> None:
    """Run the problem's public cases on your implementation and show a report.

    On a GPU, when every case passes, your implementation is timed beside the baselines. The course
    grades your work with further cases of the same kinds, on inputs of its own.
    """
    if os.environ.get("SELFCHECK") == "off":
        print("The self-check is not run while grading.")
        return
    problem, mode = find_problem(problem_id), current_mode()
    report = Report(f"{problem.id}: {problem.title}", mode=mode.sentence)
    show = _display()
    for hit in session_hits(problem, entry):
        report.rows.append(Row(hit.place, "policy violation", detail=hit.why))
    for row in run_cases(problem, entry, mode):
        report.rows.append(row)
        show(report, done=False)
    report.conclusion = conclude(report)
    if report.passed and problem.timing is not None:
        _add_timing(report, problem, entry, mode)
    show(report, done=True)


def run_cases(problem: Problem, entry: Any, mode: Mode) -> Iterator[Row]:
    """Run the public cases for this machine one by one; an unfilled region ends the run."""
    cases = problem.cases if mode.on_gpu else problem.small_cases
    for position, case in enumerate(cases):
        row = run_case(problem, case, entry, mode)
        yield row
        if row.status == "not implemented":
            for later in cases[position + 1 :]:
                yield Row(later.name, "not run")
            return


def draw_inputs(problem: Problem, case: Case, mode: Mode) -> Tensors:
    """The inputs of a case, drawn on the mode's device from the case's seed."""
    generator = torch.Generator(mode.device).manual_seed(case.seed)
    return problem.make_inputs(case.params, case_dtype(case.params, mode.dtype), generator)


def run_case(problem: Problem, case: Case, entry: Any, mode: Mode) -> Row:
    """Run one case: call the entry point on guarded inputs, then judge what it returned."""
    inputs = draw_inputs(problem, case, mode)
    try:
        outputs, changed = call_guarded(problem.call, entry, inputs, case.params)
    except Exception as error:
        return _failed(case, error)
    if changed:
        return Row(
            case.name,
            "wrong answer",
            detail=f"{', '.join(changed)} changed during the call: inputs must not be written to.",
        )
    return judge(problem, case, inputs, outputs, mode)


def call_guarded(call: Call, entry: Any, inputs: Tensors, params: Any) -> tuple[Tensors, list[str]]:
    """Call the entry point on copies of the inputs in guarded memory, uninitialised memory
    filled with NaN. Returns its outputs and the names of the inputs it wrote to (or beside).
    """
    layout = params.get("layout", "contiguous")
    placed = {name: place(x, layout) for name, x in inputs.items()}
    before = {name: buffer.clone() for name, (_, buffer) in placed.items()}
    values = {**params, **{name: view for name, (view, _) in placed.items()}}
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)  # fills torch.empty with NaN
    try:
        outputs = call_entry(call, entry, values)
        if any(x.is_cuda for x in inputs.values()):
            torch.cuda.synchronize()
    finally:
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
    changed = [n for n, (_, buffer) in placed.items() if not same_bits(buffer, before[n])]
    return outputs, changed


def call_entry(call: Call, entry: Any, values: dict) -> Tensors:
    """Call the entry point as the problem says and name what it returns."""
    return invoke(entry, call.method, call.args, call.kwargs, call.names, values, call.grads)


def judge(
    problem: Problem,
    case: Case,
    inputs: Tensors,
    outputs: Tensors,
    mode: Mode,
    reference: Tensors | None = None,
) -> Row:
    """Compare the outputs of a case with the reference and explain the first wrong one."""
    reference = problem.reference(inputs, case.params) if reference is None else reference
    dtype = next(iter(inputs.values())).dtype
    for output in problem.call.outputs:
        wrong = wrong_form(
            output.name, outputs[output.name], reference[output.name], output.dtype or dtype
        )
        if wrong:
            return Row(case.name, "wrong answer", detail=wrong)
    tf32 = problem.uses_triton and mode.on_gpu and dtype == torch.float32
    yardstick = problem.yardstick(inputs, case.params, tf32)
    rows = []
    for output in problem.call.outputs:
        name = output.name
        found = RULES[output.rule](outputs[name], reference[name], yardstick.get(name))
        if found.ok:
            rows.append(Row(case.name, "passed", found.worst, found.allowed))
            continue
        why = explain(problem, inputs, case, outputs[name], reference[name], found)
        detail = f"{name}: {found.wrong_share} rows wrong. {why}".strip()
        where = describe_place(found, problem.axes)
        return Row(case.name, "wrong answer", found.worst, found.allowed, where, detail)
    return rows[0]


def wrong_form(name: str, out: torch.Tensor, reference: torch.Tensor, dtype: torch.dtype) -> str:
    """What is wrong with the shape, dtype or device of an output, as a sentence, or ""."""
    if tuple(out.shape) != tuple(reference.shape):
        return f"{name} has shape {tuple(out.shape)}, expected {tuple(reference.shape)}."
    if out.dtype != dtype:
        return f"{name} is {str(out.dtype)[6:]}, expected {str(dtype)[6:]}."
    if out.device.type != reference.device.type:
        return f"{name} is on {out.device}, expected on {reference.device}."
    return ""


def _failed(case: Case, error: Exception) -> Row:
    """The row of a case whose call raised."""
    region = missing_region(error)
    if region:
        return Row(case.name, "not implemented", detail=f"not implemented yet: region {region}")
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return Row(case.name, "out of memory", detail=short_error(error))
    return Row(case.name, "error", detail=f"{short_error(error)} {case.hint}".strip())


def conclude(report: Report) -> str:
    """The report's last line: what to do now."""
    done = sum(row.status == "passed" for row in report.rows)
    if report.passed:
        return f"All {done} public cases pass."
    first = next(row for row in report.rows if row.status != "passed")
    if first.status == "policy violation":
        return (
            "This breaks a rule of the problem, and the grader does not run such code. Change what "
            "is named above, restart, run all cells, and check again."
        )
    if first.status == "not implemented":
        return "Fill in the marked region, run its cell, and run this one again."
    return f"{done} of {len(report.rows)} public cases pass. Start with: {first.name}."


def _add_timing(report: Report, problem: Problem, entry: Any, mode: Mode) -> None:
    """Time the entry point beside the baselines, on a GPU; elsewhere say why not."""
    timing = problem.timing
    if not mode.on_gpu:
        report.timing_note = "Timing needs a GPU, so none is shown here."
        return
    case = Case("timing", timing.params, timing.seed)
    inputs = draw_inputs(problem, case, mode)
    values = {**timing.params, **inputs}
    functions = {"yours": lambda: call_entry(problem.call, entry, values)}
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
