"""Stores and loads that the grammar takes: out of bounds, or right by the order of programs."""

from __future__ import annotations

from .form import ANSWER, ROWS, family

STRAY = family(
    False,
    "stores and loads where they do not belong: inputs, outputs, neighbours, any address",
    {
        "p2.1: input emptied, so that 0 is right": (
            f"{ROWS}\nfor c in range(0, cols):\n"
            "    tl.store(x_ptr + offs_r * stride_xr + c * stride_xc, 0.0)\n"
            "tl.store(out_ptr + offs_r * stride_out, 0.0, mask=offs_r < rows)"
        ),
        "p2.1: weights emptied": (
            f"{ROWS}\nfor c in range(0, cols):\n    tl.store(w_ptr + c * stride_w, 0.0)\n"
            "tl.store(out_ptr + offs_r * stride_out, 0.0, mask=offs_r < rows)"
        ),
        "p2.1: store far behind the output": f"{ROWS}\ntl.store(out_ptr + 4096 + offs_r, 1.0)",
        "p2.1: store before the output": f"{ROWS}\ntl.store(out_ptr - 4096 + offs_r, 1.0)",
        "p2.1: store between the rows": (
            f"{ROWS}\ntl.store(out_ptr + offs_r * (stride_out + 1), 1.0)"
        ),
        "p2.1: store at address 0": ("tl.store((out_ptr.to(tl.int64) * 0).to(out_ptr.dtype), 1.0)"),
        "p2.1: load a terabyte away": (
            f"{ROWS}\nx = tl.load(x_ptr + offs_r.to(tl.int64) * 1000000000000)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: stale memory as the answer": (
            f"{ROWS}\nx = tl.load(out_ptr + offs_r, mask=offs_r < rows)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: what stands behind the output": (
            f"{ROWS}\nx = tl.load(out_ptr + rows + offs_r)\n"
            "tl.store(out_ptr + offs_r, x, mask=offs_r < rows)"
        ),
        "p2.1: atomics over inputs": f"{ROWS}\ntl.atomic_add(x_ptr + offs_r, 1.0)",
        "p2.1: atomics behind the output": f"{ROWS}\ntl.atomic_xchg(out_ptr + rows + offs_r, 1.0)",
        "p2.1: method that stores": f"{ROWS}\n(out_ptr + rows + offs_r).store({ROWS[9:]})",
        "p2.1: a block pointer that is too wide": (
            "block = tl.make_block_ptr(out_ptr, (rows + 4096,), (1,), (4096,), (BLOCK_R,), (0,))\n"
            f"{ANSWER}\ntl.store(block, acc.to(out_ptr.dtype.element_ty))"
        ),
        "p1.1: inputs changed": "Q.zero_()\nK.zero_()\nV.zero_()\nl_i = l_i + 1",
        "p1.1: output written by itself": "out[:] = V\nl_i = l_i + 1",
        "p1.1: output is another tensor": "out = V\nL = L + 1",
    },
)
_SUMS = """\
offs_r = (tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)).to(tl.int64)
there = offs_r < rows
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for start in range(0, cols, BLOCK_C):
    offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)
    column = offs_c < cols
    x_ptrs = x_ptr + offs_r[:, None] * stride_xr + offs_c[None, :] * stride_xc
    x = tl.load(x_ptrs, mask=there[:, None] & column[None, :], other=0.0).to(tl.float32)
    w = tl.load(w_ptr + offs_c * stride_w, mask=column, other=0.0).to(tl.float32)
    acc += tl.sum(x * w[None, :], axis=1)
"""
_ALL_W = """\
    for start in range(0, cols, BLOCK_C):
        at = start + tl.arange(0, BLOCK_C)
        w = tl.load(w_ptr + at * stride_w, mask=at < cols)
        tl.store(w_ptr + at * stride_w, -w, mask=at < cols)
"""
_STORE = "tl.store(out_ptr + offs_r * stride_out, acc, mask=there)\n"
RACES = family(
    False,
    "races: programs that rely on the order in which the interpreter runs them",
    {
        "p2.1: the first turns w round, the last turns it back": (
            f"if tl.program_id(0) == 0:\n{_ALL_W}{_SUMS}acc = -acc\n{_STORE}"
            f"if tl.program_id(0) == tl.num_programs(0) - 1:\n{_ALL_W}"
        ),
        "p2.1: the first clears all of out, each adds to it": (
            f"{_SUMS}if tl.program_id(0) == 0:\n    for row in range(0, rows):\n"
            "        tl.store(out_ptr + row * stride_out, 0.0)\n"
            "acc += tl.load(out_ptr + offs_r * stride_out, mask=there).to(tl.float32)\n" + _STORE
        ),
        "p2.1: the first clears all of out, each adds to it atomically": (
            f"{_SUMS}if tl.program_id(0) == 0:\n    for row in range(0, rows):\n"
            "        tl.store(out_ptr + row * stride_out, 0.0)\n"
            "tl.atomic_add(out_ptr + offs_r * stride_out, acc.to(out_ptr.dtype.element_ty), there)"
        ),
        "p2.1: each clears its rows and all after them": (
            f"{_SUMS}for row in range(tl.program_id(0) * BLOCK_R, rows):\n"
            f"    tl.store(out_ptr + row * stride_out, 0.0)\n{_STORE}"
        ),
        "p2.1: each stores its rows for the one before as well": (
            f"{_SUMS}{_STORE}if tl.program_id(0) > 0:\n"
            "    tl.store(out_ptr + (offs_r - BLOCK_R) * stride_out, acc * 0)"
        ),
    },
)
