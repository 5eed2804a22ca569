"""Our attention beside SDPA's backends and compiled FlexAttention, on shapes as users have them.

    python benchmarks/attention.py --out build/attention [--only p4,p7] [--calls 20] [--jobs 14]

Writes attention.csv and attention.png and prints two tables: each shape, and geometric means. Times
are medians of interleaved calls with a cold L2 cache; TFLOP/s counts only the (query, key) pairs
that the mask leaves; "of the card" is the share of the bf16 matrix-product rate measured in the
same run. With --jobs, so many processes first compile everything. Needs a GPU.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from attention_rivals import flex, flex_backward, sdpa, sdpa_backward
from solution_modules import solution_entry

from autograder.course import Assignment, Course
from autograder.grading.keys import machine
from autograder.registry import problem_ids
from autograder.selfcheck.problems.flash_attention.attention import naive_attention, visible
from autograder.selfcheck.timing import measure_together

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from kernels import attention  # noqa: E402

NOTEBOOK, KERNELS = "notebook", "kernels/"


@dataclass(frozen=True)
class Shape:
    """One row of the table: q (B, H, N, D), k and v (B, Hkv, N, D), and the mask."""

    problem: str
    b: int
    h: int
    hkv: int
    n: int
    d: int
    causal: bool = True
    window: int | None = None
    sink: int = 0
    backward: bool = False

    @property
    def label(self) -> str:
        heads = f"{self.h}" if self.h == self.hkv else f"{self.h}/{self.hkv}"
        mask = "causal" if self.causal else "full"
        mask = (
            f"W={self.window}" + (f", S={self.sink}" if self.sink else "") if self.window else mask
        )
        return f"({self.b}, {heads}, {self.n}, {self.d}) {mask}{' bwd' if self.backward else ''}"

    @property
    def flops(self) -> float:
        """4·D operations per visible pair and head, 2.5 times that for the backward pass alone."""
        j = torch.arange(self.n, device="cuda")
        pairs = 0
        for i in j.split(1024):
            seen = visible(i[:, None], j[None], self.causal, self.window, self.sink)
            pairs += int(seen.sum())
        return 4 * self.d * self.b * self.h * pairs * (2.5 if self.backward else 1)


SHAPES = (
    # aligned
    Shape("p3", 1, 16, 16, 4096, 16, causal=False),
    Shape("p3", 4, 16, 16, 4096, 64, causal=False),
    Shape("p3", 4, 16, 16, 4096, 128, causal=False),
    Shape("p4", 1, 16, 16, 4096, 16),
    Shape("p4", 4, 16, 16, 4096, 32),
    Shape("p4", 4, 16, 16, 4096, 64),
    Shape("p4", 2, 16, 16, 16384, 64),
    Shape("p4", 4, 16, 16, 4096, 128),
    Shape("p4", 2, 16, 16, 16384, 128),
    # ragged
    Shape("p3", 4, 16, 16, 8191, 128, causal=False),
    Shape("p4", 4, 16, 16, 8191, 128),
    # short
    Shape("p3", 32, 16, 16, 512, 64, causal=False),
    Shape("p4", 32, 8, 8, 512, 128),
    Shape("p4", 16, 16, 16, 1000, 64),
    # grouped queries
    Shape("p5", 4, 32, 8, 8192, 128),
    Shape("p5", 1, 32, 8, 32768, 128),
    # windows
    Shape("p6", 4, 32, 8, 8192, 128, window=1024),
    Shape("p7", 4, 32, 8, 8192, 128, window=1024, sink=4),
    Shape("p7", 4, 32, 8, 8192, 64, window=128, sink=4),
    # backward
    Shape("p8", 4, 16, 16, 4096, 64, backward=True),
    Shape("p8", 4, 16, 16, 4096, 128, backward=True),
    Shape("p8", 2, 16, 16, 16384, 128, backward=True),
    Shape("p8", 4, 32, 8, 4096, 128, backward=True),
    Shape("p8", 16, 16, 16, 1000, 64, backward=True),
    Shape("p9", 4, 32, 8, 4096, 64, window=256, sink=4, backward=True),
    Shape("p9", 4, 32, 8, 4096, 128, window=256, sink=4, backward=True),
)


def solution_call(course: Assignment, shape: Shape, x: dict) -> Callable[[], object]:
    """A call of the problem's solution on these inputs; for backward shapes of its gradient."""
    entry = solution_entry(course, shape.problem)
    arguments = {"is_causal": shape.causal}
    if shape.window is not None:
        arguments |= {"window_size": shape.window}
        if shape.problem != "p6":
            arguments |= {"sink_size": shape.sink}
    if not shape.backward:
        return lambda: entry(x["q"], x["k"], x["v"], **arguments)
    leaves = [x[name].detach().requires_grad_() for name in "qkv"]
    out = entry(*leaves, **arguments)
    return lambda: torch.autograd.grad(out, leaves, x["dO"], retain_graph=True)


def functions_of(course: Assignment, shape: Shape, x: dict) -> dict[str, Callable]:
    """Everything that can compute this shape, ours first."""
    functions = {NOTEBOOK: solution_call(course, shape, x)}
    if torch.cuda.get_device_capability()[0] == 9 and not shape.backward:
        mask = (shape.causal, shape.window, shape.sink)
        functions[KERNELS] = lambda: attention(x["q"], x["k"], x["v"], *mask)
    if shape.window is None:
        make = sdpa_backward if shape.backward else sdpa
        functions |= make(x, shape.causal, shape.h != shape.hkv)
        if not shape.backward and shape.n <= 4096 and shape.d <= 64 and shape.b <= 4:
            functions["naive PyTorch"] = lambda: naive_attention(
                x["q"], x["k"], x["v"], shape.causal
            )
    if shape.window is not None or shape.h != shape.hkv:
        make = flex_backward if shape.backward else flex
        functions |= make(x, shape.causal, shape.window, shape.sink)
    return {name: call for name, call in functions.items() if works(name, call)}


def works(name: str, call: Callable) -> bool:
    """Whether a rival runs here; one that does not is left out and named."""
    try:
        call()
        torch.cuda.synchronize()
        return True
    except Exception as error:
        print(f"  left out: {name}: {' '.join(str(error).split())[:150]}")
        return False


def inputs_of(shape: Shape) -> dict[str, torch.Tensor]:
    generator = torch.Generator("cuda").manual_seed(0)

    def normal(heads):
        size = (shape.b, heads, shape.n, shape.d)
        return torch.randn(size, generator=generator, device="cuda").bfloat16()

    return {
        "q": normal(shape.h),
        "k": normal(shape.hkv),
        "v": normal(shape.hkv),
        "dO": normal(shape.h),
    }


def card_tflops() -> float:
    """The card's bf16 rate on an 8192³ matrix product of random data, in TFLOP/s."""
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    (found,) = measure_together({"product": lambda: a @ b}, 5, 20)
    return 2 * 8192**3 / found.median_ms / 1e9


def measure(course: Assignment, shape: Shape, peak: float, calls: int) -> list[dict]:
    """The shape's rows of the table, printed as well."""
    functions, flops = functions_of(course, shape, inputs_of(shape)), shape.flops
    found = measure_together(functions, 3, calls)
    ours, rows = found[0].median_ms, []
    print(f"{shape.problem} {shape.label}", flush=True)
    for m in found:
        rate = flops / m.median_ms / 1e9
        row = {
            "problem": shape.problem,
            "shape": shape.label,
            "implementation": m.name,
            "ms": round(m.median_ms, 4),
            "low_ms": round(m.low_ms, 4),
            "high_ms": round(m.high_ms, 4),
            "tflops": round(rate, 1),
            "of_card": round(rate / peak, 3),
            "ours_is_faster": round(m.median_ms / ours, 3),
        }
        rows.append(row)
        print(
            f"    {m.name:<18}{m.median_ms:>9.3f} ms {rate:>7.0f} TFLOP/s "
            f"{rate / peak:>6.0%}   {m.median_ms / ours:>5.2f}x notebook",
            flush=True,
        )
    return rows


def means(rows: list[dict]) -> str:
    """Geometric means over all shapes that both compute: how many times as long a library takes."""
    times: dict[tuple, dict[str, float]] = {}
    for row in rows:
        way = "backward" if row["shape"].endswith("bwd") else "forward"
        times.setdefault((way, row["shape"]), {})[row["implementation"]] = row["ms"]
    lines = []
    for way in ("forward", "backward"):
        for ours in (NOTEBOOK, KERNELS):
            for rival in sorted({row["implementation"] for row in rows} - {NOTEBOOK, KERNELS}):
                both = [t for (w, _), t in times.items() if w == way and ours in t and rival in t]
                if both:
                    mean = math.prod(t[rival] / t[ours] for t in both) ** (1 / len(both))
                    lines.append(f"{way}, {rival} over {ours}: {mean:.2f} ({len(both)} shapes)")
    return "\n".join(lines)


def compile_on_all_cores(jobs: int, more: list[str]) -> None:
    """Call every function once, in so many processes: their compilers fill the caches."""
    command = [sys.executable, __file__, *more, "--jobs", str(jobs)]
    shares = [
        subprocess.Popen([*command, "--share", str(n)], stdout=subprocess.DEVNULL)
        for n in range(jobs)
    ]
    for share in shares:
        share.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "attention")
    parser.add_argument("--only", default="")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks/attention.py needs a GPU: none is visible.")
    course = Course.load(ROOT).assignment("flash_attention")
    wanted = arguments.only.split(",") if arguments.only else problem_ids("flash_attention")
    shapes = [shape for shape in SHAPES if shape.problem in wanted]
    if arguments.share is not None:
        for shape in shapes[arguments.share :: arguments.jobs]:
            functions_of(course, shape, inputs_of(shape))
            torch.cuda.empty_cache()
        return
    if arguments.jobs:
        compile_on_all_cores(arguments.jobs, ["--only", arguments.only])
    peak, rows = card_tflops(), []
    print(f"{machine()}; bf16 matrix product {peak:.0f} TFLOP/s")
    for shape in shapes:
        rows += measure(course, shape, peak, arguments.calls)
        torch.cuda.empty_cache()
        write(arguments.out, rows)  # what was measured stays, whatever comes
    print(means(rows))


def write(folder: Path, rows: list[dict]) -> None:
    """attention.csv and attention.png."""
    from attention_plot import plot

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "attention.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    plot(rows, folder / "attention.png", machine())


if __name__ == "__main__":
    main()
