"""From the notebook's kernel to the fastest of kernels/, rung by rung, beside cuDNN: one run.

    python benchmarks/ladder.py [--out build/ladder.csv]

Prints a Markdown table: milliseconds, and in brackets the share of cuDNN's speed in the same run.
Medians of interleaved calls with a cold L2 cache. Needs a Hopper GPU.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from attention_rivals import sdpa
from solution_modules import solution_entry

from autograder.course import Course
from autograder.selfcheck.timing import measure_together

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from kernels.descriptors import described_attention  # noqa: E402
from kernels.hopper import hopper_attention  # noqa: E402

CUDNN = "cuDNN"
SHAPES = (  # (B, Hq, Hkv, N, D), causal
    ((4, 16, 16, 4096, 128), False),
    ((4, 16, 16, 4096, 128), True),
    ((2, 16, 16, 16384, 128), True),
    ((4, 32, 8, 8192, 128), True),
    ((4, 16, 16, 8191, 128), False),
    ((4, 16, 16, 8192, 128), False),
    ((4, 16, 16, 4096, 64), False),
    ((4, 16, 16, 4096, 64), True),
)


def rungs(shape: tuple, causal: bool) -> dict[str, Callable[[], object]]:
    """Every rung's call on fresh bfloat16 inputs, cuDNN's last."""
    b, h, hkv, n, d = shape
    sizes = {"q": h, "k": hkv, "v": hkv}
    x = {k: torch.randn(b, m, n, d, device="cuda").bfloat16() for k, m in sizes.items()}
    q, k, v = x["q"], x["k"], x["v"]
    problem = ("p5" if h != hkv else "p4") if causal else "p3"
    notebook = solution_entry(Course.load(ROOT).assignment("flash_attention"), problem)
    return {
        "notebook": lambda: notebook(q, k, v, is_causal=causal),
        "descriptors": lambda: described_attention(q, k, v, causal, together=b * h),
        "+ few heads at a time": lambda: described_attention(q, k, v, causal),
        "+ warp groups with tasks": lambda: hopper_attention(q, k, v, causal),
        "  four tiles ahead": lambda: hopper_attention(q, k, v, causal, stages=4),
        CUDNN: sdpa(x, causal, h != hkv)["SDPA cuDNN"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "ladder.csv")
    arguments = parser.parse_args()
    if not torch.cuda.is_available() or torch.cuda.get_device_capability()[0] != 9:
        raise SystemExit("benchmarks/ladder.py needs a Hopper GPU (compute capability 9.0).")
    rows = []
    for shape, causal in SHAPES:
        calls = rungs(shape, causal)
        if shape[-1] == 128:
            del calls["  four tiles ahead"]  # more shared memory than there is
        times = {m.name: m.median_ms for m in measure_together(calls, 3, 20)}
        label = f"{shape} {'causal' if causal else 'full'}"
        rows += [{"shape": label, "rung": name, "ms": round(ms, 4)} for name, ms in times.items()]
        shown = (f"{name} {ms:.3f} ({times[CUDNN] / ms:.0%})" for name, ms in times.items())
        print(f"| {label} | {' | '.join(shown)} |", flush=True)
        torch.cuda.empty_cache()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
