"""Draw a case's inputs, and judge what came back for them."""

from __future__ import annotations

from typing import Any

import torch

from .compare import RULES
from .device import Mode
from .diagnose import describe_pattern, describe_place, explain
from .memory import layout_of
from .picture import error_map
from .problem import Case, Problem, Tensors, case_dtype
from .report import Row

TABLE = (
    "A tensor of {} elements was made, where {} are enough: scores, masks and the like are held "
    "one tile at a time, not all at once."
)


def draw_inputs(problem: Problem, case: Case, mode: Mode) -> Tensors:
    """The inputs of a case, drawn on the mode's device from the case's seed."""
    generator = torch.Generator(mode.device).manual_seed(case.seed)
    return problem.make_inputs(case.params, case_dtype(case.params, mode.dtype), generator)


def case_shapes(problem: Problem, case: Case, mode: Mode) -> dict[str, Any]:
    """A case as the compiler sees it: its parameters, and shape, layout and dtype of its inputs."""
    layout = case.params.get("layout", "contiguous")
    inputs = {
        name: {"shape": list(x.shape), "layout": layout_of(layout, name), "dtype": str(x.dtype)[6:]}
        for name, x in draw_inputs(problem, case, mode).items()
    }
    return {"params": dict(case.params), "inputs": inputs}


def held_at_once(problem: Problem, case: Case, largest: int) -> str:
    """A sentence where a call made a larger tensor than the problem allows there, else ""."""
    most = problem.largest(case.params)
    return TABLE.format(largest, most) if most is not None and largest > most else ""


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
        why = explain(outputs[name], found, problem.axes)
        detail = f"{name}: {found.wrong_share} rows wrong. {why}".strip()
        where = describe_place(found, problem.axes)
        pattern = describe_pattern(found.bad, problem.axes)
        picture = error_map(found.bad, problem.axes, case.name, pattern)
        return Row(
            case.name, "wrong answer", found.worst, found.allowed, where, detail, picture=picture
        )
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
