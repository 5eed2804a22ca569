"""Errors that are no fault of the kernel, in words that help."""

from __future__ import annotations

import subprocess

import pytest

from autograder.selfcheck.faults import fault


@pytest.mark.parametrize("compiler", ["/usr/bin/gcc", "/opt/llvm/bin/clang", "cc"])
def test_a_missing_header_is_told_by_its_package(compiler):
    """Triton quotes the command that failed, whose own words went elsewhere."""
    error = subprocess.CalledProcessError(1, [compiler, "/tmp/x/cuda_utils.c", "-O3"])
    assert "python3-dev" in fault(error, None).detail
