"""Regions that are slow, lazy, or break the GPU: what benchmarks/gpu_check.py tries."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

Change = dict[str, tuple[tuple[str, str], ...]]  # region -> (old text, new text); "" appends


def changed(work: dict[str, str], change: Change) -> dict[str, str]:
    """The work with texts replaced in its regions, or added at their ends."""
    new = dict(work)
    for region, pairs in change.items():
        for old, text in pairs:
            if old and old not in new[region]:
                raise SystemExit(f"benchmarks/gpu_regions.py: adapt {old!r} to the solution.")
            new[region] = new[region].replace(old, text) if old else f"{new[region]}\n{text}"
    return new


@dataclass(frozen=True)
class Lazy:
    """A right kernel that does not skip what it could."""

    name: str
    problem: str
    change: Change


@dataclass(frozen=True)
class Fault:
    """A kernel of p3 that breaks in one of four cases, and the statuses that these must get.

    `seconds` is the limit of a case; `share` the part of the GPU's memory that it may take, and
    `huge` says that the second case is one that needs more.
    """

    name: str
    change: Change
    expected: tuple[str, ...]
    seconds: float = 60
    share: float = 0
    huge: bool = False


SLOW: Change = {
    "p3.1": (
        ("tl.dot(p.to(v.dtype), v, acc)", "tl.dot(p, v.to(tl.float32), acc)"),
        ("tl.exp2(qk - m_new[:, None])", "tl.exp2(tl.log2(tl.exp2(qk - m_new[:, None])))"),
    )
}
NO_SKIP = (
    Lazy(
        "no tile outside the window skipped",
        "p6",
        {
            "p6.1": (
                ("oldest // BLOCK_N * BLOCK_N", "oldest * 0"),
                ("tl.minimum(tl.cdiv(whole_from, BLOCK_N) * BLOCK_N, diagonal)", "diagonal"),
            )
        },
    ),
    Lazy(
        "no tile outside the window skipped",
        "p9",
        {
            "p9.1": (
                ("tl.maximum(start_m - window + 1, 0) // BLOCK_N * BLOCK_N", "0"),
                ("tl.minimum(tl.cdiv(last_start, BLOCK_N) * BLOCK_N, start_m)", "start_m"),
            ),
            "p9.4": (("tl.minimum(start_n + BLOCK_N - 1 + window, N)", "tl.maximum(N, 0)"),),
        },
    ),
)


def once(code: str) -> Change:
    """A line added to p3's region that does something in the case N=1024 only."""
    return {"p3.1": (("", f"if Nk == 1024:\n    {code}"),)}


ENDLESS = "t = tl.sum(l_i) * 0.0\n    while t < 1.0e30:\n        t = t + 1.0\n    l_i = l_i + t"
FAULTS = (
    Fault(
        "a store far out of bounds",
        once("tl.store(o_ptr + offs_d.to(tl.int64) + (1 << 42), 0.0)"),
        ("passed", "crashed", "passed", "passed"),
    ),
    Fault(
        "a store just past the end",
        once("tl.store(o_ptr + stride_ob + offs_d, 0.0)"),
        ("passed", "error", "passed", "passed"),
    ),
    Fault(
        "an endless loop",
        once(ENDLESS),
        ("passed", "timed out", "passed", "passed"),
        seconds=6,
    ),
    Fault(
        "more memory than there is",
        {},
        ("passed", "out of memory", "passed", "passed"),
        share=0.004,
        huge=True,
    ),
)


def only_where(condition: str, instead: str) -> Callable[[str], str]:
    """A region that does something else where the condition holds, and its work elsewhere."""
    return lambda region: (
        f"if {condition}:\n    {instead}\nelse:\n{textwrap.indent(region, '    ')}"
    )


# Kernels of p3 that pass every case and try to look fast in the timed one. All its outputs are
# verified, so none may get points for speed.
CHEATS: dict[str, Callable[[str], str]] = {
    "no work in the timed shape": only_where("Nk == 16384", "l_i = l_i + 1.0"),
    "no work in half of the timed calls": only_where(
        "(Nk == 16384) & (tl.load(q_ptr) > 0.0)", "l_i = l_i + 1.0"
    ),
    "half of the tiles in the timed shape": only_where(
        "(Nk == 16384) & (start_n >= 8192)", "l_i = l_i + 0.0"
    ),
    "8-bit weights in the timed shape": lambda region: region.replace(
        "acc = tl.dot(p",
        "if Nk == 16384:\n    p = p.to(tl.float8e5).to(tl.float32)\nacc = tl.dot(p",
    ),
}
