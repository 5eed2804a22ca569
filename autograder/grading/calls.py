"""What came back from one call of the entry point."""

from __future__ import annotations

from autograder.sandbox.runner import Child
from autograder.selfcheck.memory import place_all
from autograder.selfcheck.problem import Case, Problem, Tensors


def fetch(
    problem: Problem, case: Case, child: Child, token: str, inputs: Tensors, reference: Tensors
) -> tuple[Tensors, Tensors]:
    """The outputs and the memory around the inputs as the child returned them."""
    expected = expected_outputs(problem, inputs, reference)
    placed = place_all(inputs, case.params.get("layout", "contiguous"))
    for name, (view, whole) in placed.items():
        expected[f"memory of {name}"] = (view.dtype, tuple(whole.shape))
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
