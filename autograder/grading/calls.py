"""One call of the entry point: what the child is told, and what came back."""

from __future__ import annotations

from typing import Any

from autograder.grading.child import Child
from autograder.selfcheck.device import Mode
from autograder.selfcheck.memory import place
from autograder.selfcheck.problem import Case, Params, Problem, Tensors


def make_task(problem: Problem, params: Params, inputs: Tensors, mode: Mode) -> dict[str, Any]:
    """What the worker needs to know, and no more: not the case's name, not how inputs were made."""
    call = problem.call
    return {
        "entry": problem.entry,
        "method": call.method,
        "args": call.args,
        "kwargs": call.kwargs,
        "outputs": call.names,
        "grads": call.grads,
        "params": {n: params[n] for n in (*call.args, *call.kwargs) if n not in inputs},
        "layout": params.get("layout", "contiguous"),
        "device": mode.device,
        "watch": True,
    }


def fetch(
    problem: Problem, case: Case, child: Child, token: str, inputs: Tensors, reference: Tensors
) -> tuple[Tensors, Tensors]:
    """The outputs and the memory around the inputs as the child returned them."""
    expected = expected_outputs(problem, inputs, reference)
    layout = case.params.get("layout", "contiguous")
    for name, x in inputs.items():
        expected[f"memory of {name}"] = (x.dtype, tuple(place(x, layout)[1].shape))
    answer = child.fetch(token, expected)
    outputs = {output.name: answer[output.name] for output in problem.call.outputs}
    return outputs, {name: answer[f"memory of {name}"] for name in inputs}


def expected_outputs(problem: Problem, inputs: Tensors, reference: Tensors) -> dict:
    """The dtype and shape that each output must have."""
    dtype = next(iter(inputs.values())).dtype
    return {
        output.name: (output.dtype or dtype, tuple(reference[output.name].shape))
        for output in problem.call.outputs
    }
