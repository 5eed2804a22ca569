"""The one place that knows how the self-check names a cause: its words as a mutant's kind."""

from __future__ import annotations

from autograder.selfcheck.check import explain

# The self-check's kind -> kinds of mutants that look the same from outside, or whose exact words
# it says by the line of an error
SAME = {
    "maximum-of-whole-tile": ("maximum-wrong-axis",),
    "causal-flipped": ("mask-transposed",),
    "pads-not-masked": ("mask-tile-positions",),
}


def first_name(known, program, module, mode, rows) -> tuple[str, str, int]:
    """(kind, step, words) of the first cause that the self-check names; ("", "", 0) if none."""
    if all(row.status == "passed" for row in rows):
        return "", "", 0
    found = explain(known.problem, program, rows, mode)
    words = len(" ".join(found.lines()).split())
    if not found.causes:
        return "", "", words
    first = found.causes[0]
    return first.kind, f"{first.region} step {first.step}", words
