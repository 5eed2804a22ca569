"""The one place that knows how the self-check names a cause: its words as a mutant's kind."""

from __future__ import annotations

from autograder.selfcheck.check import explain
from autograder.selfcheck.translations import MEANINGS

ERRORS = {one.kind for one in MEANINGS}

# The self-check's kind -> kinds of mutants that look the same from outside, or that it tells by the
# line of the access and the tensor.
SAME = {
    "maximum-of-whole-tile": ("maximum-wrong-axis",),
    "causal-flipped": ("mask-transposed",),
    "pads-not-masked": (
        "mask-tile-positions",
        "mask-zero",
        "nk-taken-for-nq",  # causal: no query is beyond Nq
        "positions-of-rows",  # p3: with fewer queries than keys, all rows are shown
    ),
    "causal-missing": ("mask-or-for-and", "mask-by-last-query"),  # the loops end at that query
    "sink-tile-not-masked": ("sink-tile-positions",),
    "k-not-masked": ("mask-tile-positions",),
    "batch-missing-in-base": ("batch-missing",),
    "acc-not-added": ("sinks-not-added",),  # of the sinks' tiles: which of the sums lacks them
    "l-not-added": ("sinks-not-added",),
    "sinks-not-added": ("recent-and-sink",),  # sinks before `first` are never recent
    "pads-not-zero": ("pads-read-as-inf",),
    "keys-read-as-zero": ("diagonal-read-as-zero", "v-read-as-zero", "pads-bound-wrong"),
    # what `first` and `inside` hold is seen; these two say so where no arithmetic gives it
    "first-wrong": ("first-off-by-one", "first-rounds-up", "first-by-last-query"),
    "inside-wrong": ("inside-rounds-down", "inside-by-first-query"),
    "stray-access": (
        "k-not-masked",
        "v-not-masked",
        "mask-tile-positions",
        "stride-of-another",
        "nk-taken-for-nq",
        "w-not-masked",
        "columns-not-masked",
        "rows-not-masked",
        "store-not-masked",
        "column-bound-wrong",
        "stride-assumed-1",
        "stride-assumed-cols",
        "strides-swapped",
    ),
}


def same(named: str, kind: str, step_too: bool = False) -> bool:
    """Whether the self-check's name says what a mutant's kind says. What an error means is true of
    whatever raised it: it is the right name at the step at fault (`step_too`).
    """
    return named == kind or kind in SAME.get(named, ()) or (step_too and named in ERRORS)


def first_name(known, program, module, mode, rows) -> tuple[str, str, int]:
    """(kind, step, words) of the first cause that the self-check names; ("", "", 0) if none."""
    if all(row.status == "passed" for row in rows):
        return "", "", 0
    found = explain(known.problem, program, rows, mode)
    words = len(" ".join(found.lines()).split())
    if not found.causes:
        return "", "", words
    first = found.causes[0]  # its kind is "" where it is a fact without a cause
    return first.kind, f"{first.region} step {first.step}", words
