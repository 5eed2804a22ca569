"""A small notebook for the policy scan, to put code into."""

from __future__ import annotations

IMPORTS = """\
import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl
"""
KERNEL = """\
@triton.jit
def copy_kernel(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offs, mask=offs < n, other=0.0)
    x = tl.softmax(x) + x.sum(axis=0) + tl.dot(x, x)
    tl.store(out_ptr + offs, x, mask=offs < n)
"""
ENTRY = """\
def entry(q, k, v, is_causal=False):
    out = torch.empty_like(q)
    copy_kernel[(1,)](q, out, q.numel(), BLOCK=64)
"""


def with_body(body: str) -> list[str]:
    """Cells whose entry point ends with `body`."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return [IMPORTS, KERNEL, ENTRY + lines + "    return out\n"]


def with_cells(*cells: str) -> list[str]:
    """Cells around a usual entry point; one that defines `entry` replaces it."""
    own = any("def entry" in cell or "entry =" in cell for cell in cells)
    return [IMPORTS, KERNEL, *([] if own else [ENTRY + "    return out\n"]), *cells]


def calls(line: str, *cells: str) -> list[str]:
    """Cells and, after them, an entry point that uses what they define."""
    return [IMPORTS, KERNEL, *cells, f"{ENTRY}    {line}\n    return out\n"]
