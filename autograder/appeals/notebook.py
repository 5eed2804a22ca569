"""A notebook that replays one case, by itself: the released one's self-check, the student's code,
the same inputs, and the rows side by side. It needs nothing of this course but the file.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.appeals.replay import Replay
from autograder.course import Assignment
from autograder.files import write_whole
from autograder.generate.cells import role
from autograder.generate.clean import KERNELSPEC
from autograder.grading.page import filled, released_notebook
from autograder.grading.verdict import Verdict
from autograder.selfcheck.diagnosis import from_plain
from autograder.selfcheck.regions import Work, receipt

HEAD = """\
# {name}: {case!r}, replayed

Graded: **{status}**, {earned:g} of {points:g} points. Receipt of the code: {receipt}.

{why}

Run all cells. They draw the inputs of the grading, call the code below, and compare. On another
kind of machine, with a GPU or without one, precision may differ.
{hidden}"""
HIDDEN = "\n**This case is hidden from students.** Whoever gets this file knows it."
INPUTS = """\
from selfcheck.device import current_mode
from selfcheck.judge import draw_inputs, judge
from selfcheck.problem import Case, find_problem

problem = find_problem({name!r})
case = Case({case!r}, {params!r}, seed={seed})
mode = current_mode(problem.uses_triton)
inputs = draw_inputs(problem, case, mode)
{{name: (tuple(x.shape), x.dtype) for name, x in inputs.items()}}"""
CALL = """\
import sys

from selfcheck.running import answer

found = answer(problem.task(case.params, inputs, mode.device), sys.modules["__main__"], inputs)
print(*found.stray, sep="\\n")
row = judge(problem, case, inputs, found.outputs, mode)
print(f"{row.name}: {row.status}. {row.detail}")"""
ROWS = """\
import torch

reference = problem.reference(inputs, case.params)
for name, given in found.outputs.items():
    expected, given = reference[name].cpu().double(), given.cpu().double()
    error = (given - expected).norm(dim=-1) / expected.norm(dim=-1).clamp_min(1e-12)
    for place in torch.nan_to_num(error, nan=torch.inf).flatten().argsort(descending=True)[:3]:
        index = torch.unravel_index(place, error.shape)
        print(f"{name}{[int(i) for i in index]}: off by {float(error[index]):.2g} of its size")
        print("  expected", expected[index].flatten()[:8])
        print("  given   ", given[index].flatten()[:8])"""


def write_notebook(
    assignment: Assignment, verdict: Verdict, found: Replay, work: Work, target: Path
) -> None:
    """Write the notebook. Raises CourseError where it cannot be written."""
    name = f"{verdict.assignment}/{verdict.problem}"
    case = found.case
    text = {"name": name, "case": case.name, "params": dict(case.params), "seed": case.seed}
    nb = filled(released_notebook(assignment, verdict.problem), verdict.problem, work)
    given = []
    for cell in nb.cells:
        if role(cell) == "check":
            break
        if cell.cell_type == "code":
            given.append(new_code_cell(cell.source, id=cell.id, metadata=cell.metadata))
            given[-1].metadata.pop("nbgrader", None)
    cells = [
        new_markdown_cell(_head(verdict, found, work, name), id="replay"),
        *given,
        new_code_cell(INPUTS.format(**text), id="replay-inputs"),
        new_code_cell(CALL, id="replay-call"),
        new_code_cell(ROWS, id="replay-rows"),
    ]
    made = new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})
    write_whole(target, (nbformat.writes(made) + "\n").encode("utf-8"))


def _head(verdict: Verdict, found: Replay, work: Work, name: str) -> str:
    case = next((one for one in verdict.cases if one.name == found.found.name), found.found)
    why = "\n\n".join(from_plain(verdict.diagnosis.model_dump()).lines(verdict.hint_stage))
    return HEAD.format(
        name=name,
        case=case.name,
        status=case.status,
        earned=case.earned,
        points=case.points,
        receipt=receipt(work),
        why=why,
        hidden="" if found.public else HIDDEN,
    )
