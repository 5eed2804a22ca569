"""Time a solution beside naive PyTorch and torch's own attention, on a GPU, in one run.

    python benchmarks/speed.py p1 p3

The row "float32 dots" is the p3 kernel with its operands upcast to float32 before each dot, which
is how this assignment's first kernel was written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from solution_modules import module_of, solution_entry
from torch.nn.attention import SDPBackend, sdpa_kernel

from autograder.course import Assignment, Course
from autograder.frames import released_frame, solution_work
from autograder.registry import load
from autograder.selfcheck.check import call_entry, draw_inputs
from autograder.selfcheck.device import current_mode
from autograder.selfcheck.problem import Case
from autograder.selfcheck.program import Program
from autograder.selfcheck.report import timing_lines
from autograder.selfcheck.timing import measure_together

ROOT = Path(__file__).resolve().parents[1]
BACKENDS = {
    "SDPA flash": SDPBackend.FLASH_ATTENTION,
    "SDPA cuDNN": SDPBackend.CUDNN_ATTENTION,
    "SDPA efficient": SDPBackend.EFFICIENT_ATTENTION,
}


def sdpa(inputs: dict, is_causal: bool, backend: SDPBackend):
    """A call of torch's attention with one backend only."""

    def call():
        with sdpa_kernel(backend):
            return torch.nn.functional.scaled_dot_product_attention(
                inputs["q"], inputs["k"], inputs["v"], is_causal=is_causal
            )

    return call


def float32_dots(course: Assignment):
    """The p3 solution with float32 operands."""
    work = solution_work(course, "p3")
    frame = released_frame(course, "p3")
    changed = (
        frame.program(work)
        .source.replace(
            "tl.dot(q, tl.trans(k))", "tl.dot(q.to(tl.float32), tl.trans(k.to(tl.float32)))"
        )
        .replace("tl.dot(p.to(v.dtype), v, acc)", "tl.dot(p, v.to(tl.float32), acc)")
    )
    if changed.count("tl.float32)") < frame.source.count("tl.float32)") + 3:
        raise SystemExit("benchmarks/speed.py: p3's dots are written differently now; adapt it.")
    return module_of(Program(changed, {})).flash_attention_forward


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/speed.py needs a GPU: none is visible.")
    course, mode = Course.load(ROOT).assignment("flash_attention"), current_mode()
    for problem_id in sys.argv[1:] or ["p1", "p3"]:
        problem = load(problem_id).public
        timing = problem.timing
        case = Case("timing", timing.params, timing.seed)
        inputs = draw_inputs(problem, case, mode)
        values = {**timing.params, **inputs}

        def ours(entry, call=problem.call, values=values):
            return lambda: call_entry(call, entry, values)

        functions = {"solution": ours(solution_entry(course, problem_id))}
        for name, prepare in timing.baselines.items():
            functions[name] = prepare(inputs, timing.params)
        if set(inputs) == {"q", "k", "v"} and inputs["q"].shape == inputs["k"].shape:
            causal = timing.params["is_causal"]
            functions |= {n: sdpa(inputs, causal, b) for n, b in BACKENDS.items()}
        if problem_id == "p3":
            functions["float32 dots"] = ours(float32_dots(course))
        setting = ", ".join(f"{key}={value}" for key, value in timing.params.items())
        print(f"{problem_id}: {setting}, {str(mode.dtype)[6:]}")
        print("\n".join(timing_lines(measure_together(functions, 10, 50))), flush=True)


if __name__ == "__main__":
    main()
