"""`look("w1")`: your region at work on a small input, step by step, beside what should be there."""

from __future__ import annotations

import ast
import contextlib
import html
import io
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import torch

from .device import current_mode
from .grammar import refusals
from .live import Live, read_live, run_cells
from .problem import Problem, Tensors, find_problem
from .program import Program, graded_work
from .regions import is_unfilled, receipt
from .report import WRONG, _chip
from .running import load_program
from .session import checked, notebook_shell
from .trace import HOOK, Moment, Names, observe, watched_program
from .witness import Scene

MOST = 40  # steps that are shown
CLOSE = 1e-3
SHOWN = 4  # numbers of a row
LOOP = "{} loop"  # what a turn of a region's own loop is called in `Look.names`
Step = dict[str, Any]  # {"title", "rows": [[variable, yours, right, "", "differs" or "unknown"]]}


@dataclass(frozen=True)
class Look:
    """How a problem is looked into.

    `names` are the variables of each region that are watched. `right(moment, inputs, params)` gives
    what some of them should hold as the moment ends, in the order to show them, None where nobody
    can tell; `title(moment)` says which tile it was. Both may raise KeyError where a name is gone.
    """

    scene: Scene
    names: Names
    right: Callable[[Moment, Tensors, Mapping[str, Any]], Mapping[str, torch.Tensor | None]]
    title: Callable[[Moment], str]


def look(problem_id: str, row: int | None = None) -> None:
    """Run the work in your regions on a small input and show each step: your variables, and what
    they should hold.

    Of a block, one `row` is shown: by default the first that goes wrong, else row 0. It runs in
    Triton's interpreter, beside a GPU session in a process of its own.
    """
    try:
        live, problem = read_live(problem_id, run_cells(None)), find_problem(problem_id)
    except LookupError as reason:
        print(reason)
        return
    if problem.look is None:
        print(f"There is nothing to look into in {problem_id}.")
        return
    missing = [region for region, text in live.work.items() if is_unfilled(text)]
    if refusals(live.frame, live.work) or len(missing) == len(live.work):
        print(
            "Nothing to look into yet: fill in your region, run its cell, and look again."
            if missing
            else "This cannot be run: the check says which line, and what to write instead."
        )
        return
    program = live.frame.program(live.work)
    try:
        steps, fault = _collected(problem, program, row)
    except (OSError, ValueError, IndexError, SubprocessError):
        print("The interpreter could not be started in a process of its own here.")
        return
    show(steps, fault, problem.look.scene.name, _refused(live))


def _refused(live: Live) -> bool:
    """Whether the last check found this very work to be wrong."""
    last, work = checked.get(live.frame.problem), graded_work(live.frame, live.work)
    return last is not None and not last.passed and last.receipt == receipt(work)


def _collected(problem: Problem, program: Program, row: int | None) -> tuple[list[Step], str]:
    mode = current_mode(problem.uses_triton)
    if not (mode.on_gpu and problem.uses_triton):
        return collect(problem, program, row)
    from .elsewhere import run_elsewhere  # here: a GPU alone needs it

    spans = {region: list(span) for region, span in program.spans.items()}
    order = {"problem": problem.name, "source": program.source, "spans": spans, "row": row}
    found = run_elsewhere(sys.modules[__name__], order, interpret=True)
    return found["steps"], found["fault"]


def collect(problem: Problem, program: Program, row: int | None) -> tuple[list[Step], str]:
    """The steps, and the sentence of the error that ended them, or ""."""
    look, scene = problem.look, problem.look.scene
    inputs = scene.make(scene.params)
    module = load_program(with_loops(program), Path(tempfile.mkdtemp(prefix="selfcheck-")))
    seen = observe(program, module, problem.task(scene.params, inputs, "cpu"), inputs, look.names)
    moments = []
    for moment in seen.moments:
        with contextlib.suppress(KeyError, RuntimeError, IndexError):
            right = look.right(moment, inputs, scene.params)
            if right and right.keys() & moment.after.keys():
                moments.append((look.title(moment), moment, right))
    moments = moments[:MOST]
    if row is None:
        bad = (_first_bad(moment.after, right) for _, moment, right in moments)
        row = next((found for found in bad if found is not None), 0)
    steps = [_step(title, moment.after, right, row) for title, moment, right in moments]
    return steps, seen.fault.detail if seen.fault else ""


def with_loops(program: Program) -> Program:
    """The watched program, with calls of the hook after each turn of a region's own loops too. They
    stand behind the turn's last statement, so that no line moves.
    """
    watched = watched_program(program)
    lines = watched.source.split("\n")
    for node in ast.walk(ast.parse(program.source)):
        if not isinstance(node, ast.For):
            continue
        last, region = node.body[-1], program.place(node.lineno).region
        if region and not isinstance(last, (ast.For, ast.While, ast.If, ast.With)):
            number, at = (last.end_lineno or last.lineno) - 1, last.end_col_offset
            line, name = lines[number].encode(), LOOP.format(region)
            calls = "".join(f"; {HOOK}({name!r}, {end}, locals())" for end in (False, True))
            lines[number] = (line[:at] + calls.encode() + line[at:]).decode()
    return Program("\n".join(lines), watched.spans)


def _rows(x: torch.Tensor) -> torch.Tensor:
    """One line for each row, whatever axes of length 1 there are."""
    x = x.squeeze().double()
    return x.reshape(x.shape[0] if x.dim() else 1, -1)


def _bad(mine: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Where two blocks of rows differ by more than rounding. What stands for -inf is as good."""
    low = (right == -torch.inf) & (mine < -1e30)
    near = right.isfinite() & ((mine - right).abs() <= CLOSE * (1 + right.abs()))
    return ~(low | near | (mine == right))


def _first_bad(mine: Tensors, right: Mapping[str, torch.Tensor | None]) -> int | None:
    for name, wanted in right.items():
        if wanted is not None and name in mine:
            one, other = _rows(mine[name]), _rows(wanted)
            if one.shape != other.shape:
                return 0
            rows = _bad(one, other).any(1).nonzero().flatten()
            if len(rows):
                return int(rows[0])
    return None


def _step(title: str, mine: Tensors, right: Mapping[str, torch.Tensor | None], row: int) -> Step:
    rows = []
    for name, wanted in right.items():
        if name in mine:
            rows.append([name, *_compared(_rows(mine[name]), wanted, row)])
    return {"title": f"{title}, row {row}", "rows": rows}


def _compared(mine: torch.Tensor, wanted: torch.Tensor | None, row: int) -> list[str]:
    """Yours, what is right, and "differs", "unknown" or ""."""
    yours = mine[min(row, len(mine) - 1)]
    if wanted is None:
        return [_numbers(yours, 0), "", "unknown"]
    other = _rows(wanted)
    if other.shape != mine.shape:
        shapes = (str(tuple(x.shape)) for x in (mine, other))
        return [*shapes, "differs"]
    right = other[min(row, len(other) - 1)]
    bad = _bad(yours, right)
    start = int(bad.nonzero()[0]) if bad.any() else 0
    start = max(0, min(start, len(yours) - SHOWN))
    return [_numbers(yours, start), _numbers(right, start), "differs" if bad.any() else ""]


def _numbers(x: torch.Tensor, start: int) -> str:
    """ "1.25", or four of a row: "[12…] 0.5, 1, 0, 0"."""
    some = ", ".join(f"{value:.4g}" for value in x[start : start + SHOWN].tolist())
    return some if len(x) == 1 else f"[{start}…] {some}"


def show(steps: Sequence[Step], fault: str, scene: str, refused: bool) -> None:
    """With a slider where there are widgets, else all steps in one table. `refused`: the last check
    found this work to be wrong.
    """
    wrong = [i for i, s in enumerate(steps) if any(row[3] == "differs" for row in s["rows"])]
    first = wrong[0] if wrong else None
    lines = [f"{len(steps)} steps on a small input ({scene}). " + _verdict(steps, first, refused)]
    lines += [f"Then it stopped: {fault}"] if fault else []
    if notebook_shell() is None:
        print("\n".join([*lines, *(_text(step) for step in steps)]))
        return
    from IPython.display import HTML, display

    display(HTML("".join(f"<div>{html.escape(line)}</div>" for line in lines)))
    try:
        from ipywidgets import IntSlider, interact
    except ImportError:
        display(HTML("".join(_html(step, i == first) for i, step in enumerate(steps))))
        return
    if steps:
        slider = IntSlider(
            (first or 0) + 1, 1, len(steps), description="step", continuous_update=False
        )
        interact(lambda n: display(HTML(_html(steps[n - 1], n - 1 == first))), n=slider)


def _verdict(steps: Sequence[Step], first: int | None, refused: bool) -> str:
    if not steps:
        return "None of your variables was met."
    if first is None and refused:
        return (
            "No number shown here is wrong, yet the check found something. Do the steps name the "
            "rows and tiles that you expect, and all of them?"
        )
    if first is None:
        return "Everything is as it should be."
    names = " and ".join(row[0] for row in steps[first]["rows"] if row[3] == "differs")
    return f"The first difference: step {first + 1}, {steps[first]['title']}, {names}."


def _text(step: Step) -> str:
    lines = [step["title"]]
    for name, mine, right, mark in step["rows"]:
        lines.append(f"  {name:<8} yours {mine}   right {right}   {mark}".rstrip())
    return "\n".join(lines)


def _html(step: Step, marked: bool) -> str:
    """One step as a small table; everything is escaped."""
    cell = "text-align:left;padding:.1em 1em .1em 0;font-family:monospace"
    heads = "".join(f"<th scope='col' style='{cell}'>{h}</th>" for h in ("", "yours", "right", ""))
    body = ""
    for name, mine, right, mark in step["rows"]:
        chip = _chip("✗ first difference" if marked else "✗ differs", WRONG)
        cells = [*map(html.escape, (name, mine, right)), chip if mark == "differs" else ""]
        body += "<tr>" + "".join(f"<td style='{cell}'>{c}</td>" for c in cells) + "</tr>"
    style = "text-align:left;white-space:nowrap"
    caption = f"<caption style='{style}'>{html.escape(step['title'])}</caption>"
    return f"<table>{caption}<tr>{heads}</tr>{body}</table>"


def main() -> None:
    """Read {"problem", "source", "spans", "row"}, write the steps. Interprets Triton."""
    order = json.load(sys.stdin)
    program = Program(order["source"], {k: tuple(v) for k, v in order["spans"].items()})
    with contextlib.redirect_stdout(io.StringIO()):
        steps, fault = collect(find_problem(order["problem"]), program, order["row"])
    print(json.dumps({"steps": steps, "fault": fault}))


if __name__ == "__main__":
    main()
