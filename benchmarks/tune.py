"""Make a solution's table of tile sizes: time every candidate on this GPU, best first.

    python benchmarks/tune.py p4 [--dims 64,128] [--top 5] [--dtype bfloat16]

For each head dimension the candidates run on a short and a long sequence. A candidate's figure is
the geometric mean of (its time / the best time) over both, so 1.00 is best on each. Candidates that
do not fit on the GPU are left out. The notebook's own choice is marked with "<- table". Needs a
GPU; candidates are compiled in parallel, so expect a minute for each problem.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import math
import multiprocessing
import os
from pathlib import Path

import torch
from solution_modules import solution_module

from autograder.course import Course
from autograder.registry import load
from autograder.selfcheck.calling import invoke
from autograder.selfcheck.problems.flash_attention.inputs import attention_inputs
from autograder.selfcheck.timing import measure_together

ROOT = Path(__file__).resolve().parents[1]
Tiles = tuple[int, int, int, int]  # BLOCK_M, BLOCK_N, num_warps, num_stages
SHAPES = {  # head dimension -> (B, H, N), a short and a long one
    16: ((1, 16, 4096), (1, 16, 16384)),
    32: ((4, 16, 4096), (1, 16, 16384)),
    64: ((4, 16, 4096), (2, 16, 16384)),
    128: ((4, 16, 4096), (2, 16, 16384)),
}
KV_SHARE = {"p5": 4, "p6": 4, "p7": 4}  # query heads per kv head; 1 elsewhere


def candidates() -> list[Tiles]:
    """Query tiles of 64 and 128; as many warps as keep a warp busy with 16 rows at least."""
    every = itertools.product((64, 128), (32, 64, 128), (4, 8), (2, 3, 4))
    return [t for t in every if t[2] * 16 <= t[0]]


def make_params(problem_id: str, dim: int, shape: tuple[int, int, int]) -> dict:
    """Parameters of one call: the problem's timed case in another size."""
    batch, heads, n = shape
    params = dict(load(problem_id).public.timing.params)
    return (
        params
        | {"B": batch, "H": heads, "N": n, "D": dim}
        | ({"Hkv": heads // KV_SHARE[problem_id]} if problem_id in KV_SHARE else {})
    )


class Bench:
    """A problem's solution with tiles of our choice."""

    def __init__(self, problem_id: str, dtype: str) -> None:
        self.problem = load(problem_id).public
        with contextlib.redirect_stdout(io.StringIO()):  # the notebook's own printing
            self.module = solution_module(
                Course.load(ROOT).assignment("flash_attention"), problem_id
            )
        self.own = self.module.choose_tiles
        self.dtype = getattr(torch, dtype)

    def inputs(self, dim: int, shape: tuple[int, int, int]) -> dict:
        params = make_params(self.problem.id, dim, shape)
        generator = torch.Generator("cuda").manual_seed(0)
        return params | attention_inputs(params, self.dtype, generator)

    def call(self, values: dict, tiles: Tiles) -> torch.Tensor:
        self.module.choose_tiles = lambda q: tiles
        form = self.problem.call
        entry = getattr(self.module, self.problem.entry)
        return invoke(entry, form.method, form.args, form.kwargs, form.names, values)[form.names[0]]


def compile_one(job: tuple[str, str, int, Tiles]) -> tuple[int, Tiles, str]:
    """Run a candidate once, which leaves it in Triton's cache; says why where it cannot run."""
    problem_id, dtype, dim, tiles = job
    try:
        bench = Bench(problem_id, dtype)
        bench.call(bench.inputs(dim, SHAPES[dim][0]), tiles)
        torch.cuda.synchronize()
    except Exception as error:  # out of shared memory or registers: not a candidate here
        return dim, tiles, f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
    return dim, tiles, ""


def tune_dim(bench: Bench, dim: int, tiles: list[Tiles], top: int) -> None:
    """Time the candidates of one head dimension on all its shapes and print the best."""
    times: dict[Tiles, list[float]] = {t: [] for t in tiles}
    for shape in SHAPES[dim]:
        values = bench.inputs(dim, shape)
        own = tuple(bench.own(values["q"]))
        calls = {str(t): lambda t=t, values=values: bench.call(values, t) for t in tiles}
        measured = {m.name: m.median_ms for m in measure_together(calls, 2, 7)}
        for t in tiles:
            times[t].append(measured[str(t)])
    best = [min(column) for column in zip(*times.values(), strict=True)]

    def figure(t: Tiles) -> float:
        ratios = [mine / least for mine, least in zip(times[t], best, strict=True)]
        return math.prod(ratios) ** (1 / len(ratios))

    ranked = sorted(tiles, key=figure)
    for place, t in enumerate(ranked, 1):
        if place <= top or t == own:
            note = "  <- table" if t == own else ""
            each = "  ".join(f"{ms:8.4f} ms" for ms in times[t])
            print(f"  D={dim:<4}{t!s:<20}{figure(t):6.3f}  {each}{note}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("problem")
    parser.add_argument("--dims", default="16,32,64,128")
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/tune.py needs a GPU: none is visible.")
    dims = [int(dim) for dim in arguments.dims.split(",")]
    jobs = [(arguments.problem, arguments.dtype, d, t) for d in dims for t in candidates()]
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        outcomes = pool.map(compile_one, jobs, chunksize=1)
    bench = Bench(arguments.problem, arguments.dtype)
    name = torch.cuda.get_device_name()
    print(f"{arguments.problem} on {name}, {arguments.dtype}: BLOCK_M, BLOCK_N, warps, stages")
    for dim in dims:
        fits = [t for d, t, why in outcomes if d == dim and not why]
        print(f"  D={dim}: {len(fits)} of {len(candidates())} candidates fit; {SHAPES[dim]}")
        tune_dim(bench, dim, fits, arguments.top)


if __name__ == "__main__":
    main()
