"""kernels/descriptors.py on awkward shapes in the interpreter, for test_kernels_without_gpu.py.

Prints one line per shape: what it is, whether all rows are within the grader's rule.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from autograder.selfcheck.compare import compare_rows
from autograder.selfcheck.problems.flash_attention.attention import (
    attention_reference,
    attention_yardstick,
)
from kernels.descriptors import described_attention

SHAPES = (  # D, Hq, Hkv, Nq, Nk, causal, window, sinks
    (16, 4, 2, 70, 70, True, None, 0),
    (32, 4, 1, 100, 33, True, None, 0),
    (16, 2, 2, 33, 100, False, None, 0),
    (64, 4, 1, 150, 150, True, 20, 4),
    (128, 2, 1, 130, 130, True, 1, 0),
    (16, 6, 2, 200, 200, True, 64, 70),
    (32, 3, 3, 77, 77, True, 300, 500),
    (64, 8, 2, 257, 257, True, 65, 3),
)


def main() -> None:
    torch.manual_seed(0)
    for dim, heads, kv_heads, n_q, n_k, causal, window, sinks in SHAPES:
        sizes = ((heads, n_q), (kv_heads, n_k), (kv_heads, n_k))
        q, k, v = (torch.randn(2, h, n, dim).half() for h, n in sizes)
        params = {"is_causal": causal, "window_size": window, "sink_size": sinks}
        wanted = attention_reference(q, k, v, params)[0]
        yardstick = attention_yardstick(q, k, v, params, False)
        out = described_attention(q, k, v, *params.values())
        shape = f"D={dim} H={heads}/{kv_heads} N={n_q}x{n_k} W={window} S={sinks}"
        print(shape, "right" if compare_rows(out, wanted, yardstick).ok else "wrong")


if __name__ == "__main__":
    main()
