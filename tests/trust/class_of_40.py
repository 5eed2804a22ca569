"""Forty submissions as files: right, in other styles, wrong, stray, dead, cheats, damaged."""

from __future__ import annotations

import json

import nbformat
from cheats.regions import REGION_CHEATS
from right_variants import RIGHT
from solved import notebook, solved

CHEATS = {f"{cheat.problem}: {cheat.name}": cheat.work for cheat in REGION_CHEATS}

# problem, (what the solution says, what stands there instead)
WRONG = {
    "no mask": ("p1", ("if needs_mask:", "if needs_mask and False:")),
    "old maximum kept": ("p1", ("m_i = m_new", "m_i = m_i")),
    "l not rescaled": ("p1", ("l_i = l_i * alpha", "l_i = l_i * 1")),
    "a sum in the wrong axis": ("p1", ("p.sum(dim=-1, keepdim=True)", "p.sum(dim=-2)[..., :1]")),
    "half a sum": ("p2", ("acc += tl.sum", "acc = tl.sum")),
    "a sum of 16 bits": ("p2", ("x = x.to(tl.float32)", "x = x.to(tl.float16)")),
    "strides forgotten": ("p2", (" * stride_xc", "")),
    "a name that is none": ("p2", ("acc = tl.zeros", "total = tl.zeros")),
    "no edge": ("p3", ("if not EVEN_N:", "if EVEN_N:")),
    "acc not rescaled": ("p3", ("acc = acc * alpha[:, None]", "acc = acc * 1.0")),
    "base e": ("p3", ("p = tl.exp2(qk", "p = tl.exp(qk")),
    "does not compile": ("p3", ("alpha[:, None]", "alpha[:, None][0]")),
}
STRAY = {
    "stores past the end": ("p2", ("element_ty), mask=row_exists)", "element_ty))")),
    "stores before the output": ("p2", ("tl.store(out_ptr + ", "tl.store(out_ptr - 64 + ")),
    "loads past the columns": ("p2", (" & column_exists[None, :]", "")),
    "stores a gigabyte away": ("p2", ("tl.store(out_ptr + ", "tl.store(out_ptr + (1 << 28) + ")),
}
RUN = (  # nothing whose time is near a limit: that would be up to what else the machine does
    "p2: endless loop",
    "p2: prints without end",
    "p1: endless loop",
    "p1: a terabyte",
    "p2: store at address 0",
    "p2: stale memory as the answer",
    "p2: another region's stub",
    "p3: eval",
    "p1: softmax",
)


def _text(nb: nbformat.NotebookNode) -> str:
    return nbformat.writes(nb)


def _without_markers(text: str) -> str:
    return text.replace("STUDENT IMPLEMENTATION", "MY WORK")


def _damaged() -> dict[str, tuple[str, str]]:
    whole = _text(notebook("p2"))
    return {
        "cut short": ("p2", whole[: len(whole) // 2]),
        "no notebook": ("p2", "Dear teacher,\nmy notebook is attached.\n"),
        "without markers": ("p2", _without_markers(whole)),
        "merge conflict": ("p2", whole.replace('"cells"', '<<<<<<< mine\n "cells"', 1)),
        "another problem": ("p1", whole),
        "cells thrown away": ("p1", json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5})),
    }


def class_of_40() -> dict[str, tuple[str, str]]:
    """The submissions: name -> (problem, content of the file)."""
    found = {f"solved {p}": (p, _text(notebook(p))) for p in ("p1", "p2", "p3")}
    found |= {f"unfilled {p}": (p, _text(notebook(p, {}))) for p in ("p1", "p3")}
    for name in [name for name in RIGHT if name[:2] in ("p1", "p2")][1::2]:
        found[name] = (name[:2], _text(notebook(name[:2], {**solved(name[:2]), **RIGHT[name]})))
    for name, (problem, change) in {**WRONG, **STRAY}.items():
        found[name] = (problem, _text(notebook(problem, solved(problem, change))))
    for name in RUN:
        found[name] = (name[:2], _text(notebook(name[:2], {**solved(name[:2]), **CHEATS[name]})))
    return found | _damaged()
