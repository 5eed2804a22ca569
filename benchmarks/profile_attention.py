"""What limits a kernel: Nsight Compute figures for our attention and the libraries, one call each.

    python benchmarks/profile_attention.py [--shape 4,16,16,4096,128] [--full]

Needs a GPU and `ncu` on the PATH. Prints, for each kernel, its time under the profiler, registers
per thread, the share of the possible warps that were resident, the share of cycles in which an
instruction was issued, and how busy the busiest parts of a multiprocessor were. Clocks are left as
they are, so times compare within one run only.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THROUGHPUT = "sm__throughput.avg.pct_of_peak_sustained_elapsed"
FIGURES = {
    "gpu__time_duration.sum": "time",
    "launch__registers_per_thread": "registers",
    "sm__warps_active.avg.pct_of_peak_sustained_active": "resident warps",
    "smsp__issue_active.avg.pct_of_peak_sustained_active": "issuing",
}


def run_once(shape: tuple[int, ...], causal: bool) -> None:
    """Call every implementation once to compile and once for the profiler."""
    import torch
    from attention_rivals import sdpa
    from solution_modules import solution_entry

    from autograder.course import Course

    sys.path.insert(0, str(ROOT))
    from kernels import attention

    b, h, hkv, n, d = shape
    sizes = {"q": h, "k": hkv, "v": hkv}
    x = {k: torch.randn(b, m, n, d, device="cuda").bfloat16() for k, m in sizes.items()}
    problem = ("p5" if h != hkv else "p4") if causal else "p3"
    entry = solution_entry(Course.load(ROOT).assignment("flash_attention"), problem)
    rivals = sdpa(x, causal, h != hkv)
    calls = [
        lambda: entry(x["q"], x["k"], x["v"], is_causal=causal),
        lambda: attention(x["q"], x["k"], x["v"], causal),
        rivals["SDPA flash"],
        rivals["SDPA cuDNN"],
    ]
    for call in calls:
        call()
        torch.cuda.synchronize()
        torch.cuda.profiler.start()
        call()
        torch.cuda.synchronize()
        torch.cuda.profiler.stop()


def read(text: str) -> dict[str, dict[str, str]]:
    """ncu's CSV as kernel -> metric -> value with unit."""
    start = text.index('"ID"')
    kernels: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(text[start:])):
        value = f"{row['Metric Value']} {row['Metric Unit']}".strip()
        kernels.setdefault(row["Kernel Name"], {})[row["Metric Name"]] = value
    return kernels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shape", default="4,16,16,4096,128", help="B,Hq,Hkv,N,D")
    parser.add_argument("--full", action="store_true", help="without a causal mask")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        run_once(tuple(map(int, arguments.shape.split(","))), not arguments.full)
        return
    metrics = ",".join([*FIGURES, f"breakdown:{THROUGHPUT}"])
    command = ["ncu", "--csv", "--profile-from-start", "off", "--clock-control", "none"]
    command += ["--metrics", metrics, sys.executable, *sys.argv, "--inside"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or '"ID"' not in done.stdout:
        raise SystemExit(f"ncu failed:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    print(f"(B, Hq, Hkv, N, D) = {arguments.shape}, {'full' if arguments.full else 'causal'}")
    for kernel, values in read(done.stdout).items():
        shown = [f"{name} {values.pop(metric, '?')}" for metric, name in FIGURES.items()]
        print(f"{kernel[:90]}\n    {', '.join(shown)}")
        busy = sorted(((float(v.split()[0]), name) for name, v in values.items()), reverse=True)
        for share, name in busy[:6]:
            print(f"    {share:5.1f} %  {name.split('.')[0]}")


if __name__ == "__main__":
    main()
