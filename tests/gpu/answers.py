"""What a solution answers to a configuration, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

from autograder.course import Course
from autograder.registry import load
from autograder.selfcheck.bands import guarded
from autograder.selfcheck.device import current_mode
from autograder.selfcheck.judge import draw_inputs, judge
from autograder.selfcheck.memory import GUARD, LAYOUTS, place
from autograder.selfcheck.problem import Case, Problem
from autograder.selfcheck.running import call
from benchmarks.solution_modules import module_of, solved_program

from .configurations import Configuration

ROOT = Path(__file__).resolve().parents[2]
FAR = (1 << 31) + 64  # elements: beyond 32 bits


@cache
def solution(problem: str) -> ModuleType:
    return module_of(solved_program(Course.load(ROOT).assignment("flash_attention"), problem))


def failure(one: Configuration, module: ModuleType, bands: bool = True) -> str:
    """What is wrong with the answer to a configuration, or "".

    With `bands`, outputs and inputs lie in guarded memory, and a store beside them is told.
    """
    problem, mode = load(one.problem).public, current_mode()
    case = Case(one.name, one.params, one.seed)
    inputs = draw_inputs(problem, case, mode)
    for name, where in one.places.items():
        inputs[name] = arranged(inputs[name], where)
    values = {**one.params, **inputs}
    task = problem.task(one.params, inputs, mode.device)
    stray: tuple[str, ...] = ()
    if bands and one.only is None:
        with guarded() as seen:
            outputs = call(task, module, values)
            torch.cuda.synchronize()
        stray = seen.told(outputs)
    else:
        outputs = call(task, module, values)
        torch.cuda.synchronize()
    return " ".join(stray) or compared(problem, case, inputs, outputs, one)


def compared(problem: Problem, case: Case, inputs: dict, outputs: dict, one: Configuration) -> str:
    """What the grader's rule says of the outputs, of some sequences only if so asked; or ""."""
    if one.only is not None:
        inputs = {name: x[list(one.only)] for name, x in inputs.items()}
        outputs = {name: x[list(one.only)] for name, x in outputs.items()}
    row = judge(problem, case, inputs, outputs, current_mode())
    return "" if row.status == "passed" else f"{row.status}: {row.detail}"


def arranged(x: torch.Tensor, where: str) -> torch.Tensor:
    """x: (B, H, N, D), at another place in memory; "one_…": the first one for all."""
    return place(x, where)[0] if where in LAYOUTS else ARRANGEMENTS[where](x)


def misaligned(x: torch.Tensor) -> torch.Tensor:
    """Stored row after row, but two bytes (four in float32) past a multiple of 16."""
    memory = torch.full((x.numel() + 2 * GUARD,), float("nan"), dtype=x.dtype, device=x.device)
    return memory[GUARD + 1 : GUARD + 1 + x.numel()].view(x.shape).copy_(x)


def odd_rows(x: torch.Tensor) -> torch.Tensor:
    """Rows D + 3 elements apart: hardly any begins at a multiple of 16 bytes."""
    *most, dim = x.shape
    memory = torch.full((*most, dim + 3), float("nan"), dtype=x.dtype, device=x.device)
    return memory[..., :dim].copy_(x)


def far_apart(x: torch.Tensor, axis: int, distance: int) -> torch.Tensor:
    """Neighbours along the axis `distance` elements apart; of what is between nothing is set."""
    strides = [x[0, 0].numel() if n == 1 else s for n, s in enumerate(x.stride())]
    strides[axis] = distance
    reach = sum((n - 1) * s for n, s in zip(x.shape, strides, strict=True)) + 1
    memory = torch.empty(reach, dtype=x.dtype, device=x.device)
    return memory.as_strided(x.shape, strides).copy_(x)


ARRANGEMENTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "misaligned": misaligned,
    "odd_rows": odd_rows,
    "one_head": lambda x: x[:, :1].expand_as(x),
    "one_sequence": lambda x: x[:1].expand_as(x),
    "far_heads": lambda x: far_apart(x, 1, FAR),
    "far_rows": lambda x: far_apart(x, 2, 1 << 23),
}
