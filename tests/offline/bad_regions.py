"""Regions that Triton's interpreter finds right, or nearly always, and that no compiler takes.

Each is a change to a solution, with the region that is told and words of what is said. Depth "ir"
is the compiler's front end; "cubin" is for what only compiling to the end finds: without a region,
as it then names the kernel alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bad:
    problem: str
    changes: tuple[tuple[str, str], ...]
    region: str
    words: str
    depth: str = "ir"
    line: bool = True  # whether a line of the region can be told


MASK = 'if not EVEN_N:\n    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))'
ADD = "acc += tl.sum(x * w[None, :], axis=1)"
LOOP = "for start in range(0, cols, BLOCK_C):"
ACC = "acc = tl.zeros([BLOCK_R], dtype=tl.float32)"
DOT = "tl.dot(p.to(v.dtype), v, acc)"


def p2(old: str, new: str, words: str) -> Bad:
    return Bad("p2", ((old, new),), "p2.1", words)


def p3(old: str, new: str, words: str, depth: str = "ir") -> Bad:
    return Bad("p3", ((old, new),), "p3.1", words, depth, line=depth == "ir")


BAD = {
    "arange that starts at a variable": p2(
        "(start + tl.arange(0, BLOCK_C))",
        "tl.arange(start, start + BLOCK_C)",
        "arange's arguments must be of type tl.constexpr",
    ),
    "sums kept in the input's dtype": p2(
        "dtype=tl.float32)\n", "dtype=x_ptr.dtype.element_ty)\n", "Loop-carried variable acc"
    ),
    "sums that begin as a number": p2(ACC, "acc = 0.0", "Loop-carried variable acc"),
    "a counter that becomes a fraction": p2(
        ADD, f"{ADD}\n    offs_r = offs_r + 0.0", "Loop-carried variable offs_r"
    ),
    "a bound that is a fraction": p2("(0, cols, BLOCK_C)", "(0, cols / 1, BLOCK_C)", "must all be"),
    "two comparisons in a chain": p2("offs_c < cols", "0 <= offs_c < cols", "multiple comparison"),
    "break": p2(ADD, f"{ADD}\n    if start > cols:\n        break", "`Break`"),
    "a size taken for a tensor": p2("offs_c < cols", "offs_c < cols.to(tl.int64)", "'to'"),
    "while over a tensor of one": Bad(
        "p2",
        (
            (LOOP, "start = tl.zeros([1], tl.int32)\nwhile start < cols:"),
            (ADD, f"{ADD}\n    start += BLOCK_C"),
        ),
        "p2.1",
        "must be 1-bit signless integer",
    ),
    "a constant made anew in a loop": p2(
        ADD, f"{ADD}\n    BLOCK_C = BLOCK_C + 0", "Loop carried variable BLOCK_C"
    ),
    "static_range over a size": p2(" range(0, cols", " tl.static_range(0, cols", "constexpr"),
    "acc in float16": p3(
        f"acc = {DOT}", f"acc = {DOT}.to(tl.float16)", "Loop-carried variable acc"
    ),
    "l_i in v's dtype": p3(
        "l_i = l_i + tl.sum(p, axis=1)",
        "l_i = (l_i + tl.sum(p, axis=1)).to(v.dtype)",
        "Loop-carried variable l_i",
    ),
    "p in float16, whatever v is": p3("p.to(v.dtype)", "p.to(tl.float16)", "Got fp16 and bf16"),
    "tl.dot with K = 8": p3(
        f"acc = {DOT}",
        "parts = tl.reshape(p.to(v.dtype), (BLOCK_M, BLOCK_N // 8, 8)).permute(1, 0, 2)\n"
        "acc += tl.dot(parts, tl.reshape(v, (BLOCK_N // 8, 8, BLOCK_D))).sum(0)",
        "K >= 16",
    ),
    "a name of only one branch": p3(
        MASK,
        "if start_n + BLOCK_N > Nk:\n    edge = start_n + offs_n[None, :] < Nk\n"
        'if start_n + BLOCK_N > Nk:\n    qk = tl.where(edge, qk, float("-inf"))',
        "edge is not defined",
    ),
    "two types from two branches": p3(
        MASK, f"big = 0\nif start_n + BLOCK_N > Nk:\n    big = 1.5\n{MASK}", "`big`"
    ),
    "two types from `a if c else b`": p3(
        "tl.maximum(m_i, tl.max",
        'tl.maximum(m_i if start_n > 0 else float("-inf"), tl.max',
        "inconsistent types",
    ),
    "continue": p3(MASK, f"if start_n >= Nk:\n    continue\n{MASK}", "`Continue`"),
    "a delta of two dimensions": Bad(
        "p8", (("* o.to(tl.float32), axis=1)", "* o.to(tl.float32), axis=1, keep_dims=True)"),),
        "p8.3",
        "Expected pointer argument",
        line=False,  # the given code after it fails
    ),
    "dq in k's dtype": Bad(
        "p8",
        (("dq = tl.dot(ds.to(k.dtype), k, dq)", "dq = tl.dot(ds.to(k.dtype), k, dq).to(k.dtype)"),),
        "p8.2",
        "Loop-carried variable dq",
    ),
    "products in float64": p3(
        f"acc = {DOT}",
        "acc += tl.dot(p.to(tl.float64), v.to(tl.float64)).to(tl.float32)",
        "fp64",
        "cubin",
    ),
    "more shared memory than there is": p3(
        "m_i = m_new",
        "wide = tl.zeros([256, 256], tl.float32) + tl.arange(0, 256)[:, None]\n"
        "acc += 0.0 * tl.sum(tl.sum(tl.dot(wide, wide * 2), 1), 0)\nm_i = m_new",
        "KiB of shared memory",
        "cubin",
    ),
}  # fmt: skip
