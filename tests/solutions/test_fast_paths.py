"""The Hopper kernels of benchmarks/ stay compilable: nothing else here would notice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_hopper_kernels_compile_and_fit():
    """Do all of them compile for sm_90 with the pinned Triton, in 227 KiB, without spills?"""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    script = Path(__file__).with_name("compile_fast_paths.py")
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kernels = [line.split() for line in done.stdout.splitlines()]
    assert [kernel[0] for kernel in kernels].count("hopper") == 2
    for name, dim, shared, _registers, stack in kernels:
        assert int(shared) <= 227 << 10, f"{name} at D={dim}: {shared} bytes of shared memory"
        assert int(stack) <= 16, f"{name} at D={dim} spills {stack} bytes"
