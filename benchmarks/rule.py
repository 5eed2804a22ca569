"""How far correct kernels stay from the allowance: the figures behind K in selfcheck/compare.py.

For each problem, dtype and seed it runs the solution and prints the largest (error / yardstick) of
any row, where the yardstick of a row is what compare_rows multiplies by K.

    python benchmarks/rule.py [p6 …] [--seeds 10] [--device cuda]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # before anything imports Triton

from solution_modules import solution_entry

from autograder.course import Course
from autograder.registry import load, problem_ids
from autograder.selfcheck.check import call_guarded, draw_inputs
from autograder.selfcheck.compare import RULES, K
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import Case

ROOT = Path(__file__).resolve().parents[1]


def worst_ratio(problem, entry, case: Case, mode: Mode) -> tuple[float, float]:
    """The largest error of a row over its yardstick, and the largest relative error of a row."""
    inputs = draw_inputs(problem, case, mode)
    outputs, _ = call_guarded(problem.call, entry, inputs, case.params)
    dtype = next(iter(inputs.values())).dtype
    tf32 = problem.uses_triton and mode.on_gpu and dtype == torch.float32
    reference = problem.reference(inputs, case.params)
    yardstick = problem.yardstick(inputs, case.params, tf32)
    ratio = error = 0.0
    for output in problem.call.outputs:
        name = output.name
        found = RULES[output.rule](outputs[name], reference[name], yardstick.get(name))
        ratio, error = max(ratio, found.worst / found.allowed * K), max(error, found.worst)
    return ratio, error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", help="default: all")
    parser.add_argument("--seeds", type=int, default=10)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=device)
    arguments = parser.parse_args()
    gpu = arguments.device == "cuda"
    course = Course.load(ROOT).assignment("flash_attention")
    dtypes = ("bfloat16", "float16", "float32") if gpu else ("float16", "float32")
    heads = ("largest error/yardstick", "largest row error")
    print(f"{'problem':<8}{'dtype':<10}{heads[0]:>24}{heads[1]:>19}  K={K}")
    for problem_id in arguments.problems or problem_ids("flash_attention"):
        graded = load(problem_id)
        entry = solution_entry(course, problem_id)
        for name in dtypes:
            mode = Mode(arguments.device, getattr(torch, name), "")
            ratios, errors, names = [], [], []
            for item in graded.cases:
                case = item.on(gpu)
                params = {**case.params, "dtype": name}
                for seed in range(arguments.seeds):
                    one = Case(case.name, params, seed)
                    ratio, error = worst_ratio(graded.public, entry, one, mode)
                    ratios.append(ratio)
                    errors.append(error)
                    names.append(case.name)
            print(
                f"{problem_id:<8}{name:<10}{max(ratios):>24.2f}{max(errors):>19.2e}  "
                f"{names[ratios.index(max(ratios))]}",
                flush=True,
            )


if __name__ == "__main__":
    main()
