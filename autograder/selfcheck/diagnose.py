"""From a wrong number to a reason: where the wrong rows are, and which mistake gives them."""

from __future__ import annotations

from collections import Counter

import torch

from .compare import Comparison
from .problem import Case, Params, Problem, Tensors

TILES = (16, 32, 64, 128, 256)
SAMPLES = 4  # wrong rows that must all agree with a suspect before it is named


def describe_place(found: Comparison, axes: tuple[str, ...]) -> str:
    """ "batch 0, head 3, query row 129"."""
    return ", ".join(f"{axis} {i}" for axis, i in zip(axes, found.index, strict=False))


def describe_pattern(bad: torch.Tensor, axes: tuple[str, ...]) -> str:
    """Say which rows are wrong when there is a pattern to it, else how many, or "".

    `bad` marks wrong rows and has one dimension per axis.
    """
    if bool(bad.all()):
        return "Every row is wrong."
    facts = [
        fact
        for dim, axis in enumerate(axes[: bad.dim()])
        if (fact := _along(bad, dim, axis)) is not None
    ]
    return " ".join(facts)


def _along(bad: torch.Tensor, dim: int, axis: str) -> str | None:
    """What the wrong rows have in common along one dimension."""
    others = [d for d in range(bad.dim()) if d != dim]
    hit = bad.any(dim=others) if others else bad
    count, n = int(hit.sum()), hit.numel()
    if n == 1 or count == n or count == 0:
        return None
    where = torch.nonzero(hit).flatten().tolist()
    first, last = where[0], where[-1]
    if count == last - first + 1:
        if first == last:
            return f"Wrong only at {axis} {first}."
        if last == n - 1:
            tile = next((t for t in reversed(TILES) if first % t == 0 and first), None)
            edge = f" ({first} is a multiple of {tile}: a tile's edge?)" if tile else ""
            return f"Wrong from {axis} {first} on{edge}."
        return f"Wrong: {axis} {first} to {last}."
    return None


def name_suspect(
    problem: Problem,
    inputs: Tensors,
    params: Params,
    out: torch.Tensor,
    ref: torch.Tensor,
    bad: torch.Tensor,
) -> str:
    """The typical mistake that reproduces the student's wrong rows, as a sentence, or "".

    A few wrong rows are recomputed with each mistake put in on purpose; one is named only when it
    explains all of them, and of several that do, the one listed first. A mistake that would make
    no difference there is never named.
    """
    if problem.suspects is None or problem.witnesses is not None:
        return ""
    finite = torch.isfinite(out).all(-1) if out.dim() > bad.dim() else torch.isfinite(out)
    wrong = torch.nonzero(bad & finite)  # a row of NaN has lost what its mistake was
    if len(wrong) == 0:
        return ""
    picks = wrong[torch.linspace(0, len(wrong) - 1, min(SAMPLES, len(wrong))).long()]
    votes: Counter[str] = Counter()
    for pick in picks:
        index = tuple(int(i) for i in pick)
        row = out[index].double()
        matches = {
            sentence: 1
            for sentence, guess in problem.suspects(inputs, params, index)
            if _close(row, guess.double()) and not _close(ref[index], guess.double())
        }
        votes.update(matches)
    for sentence, count in votes.most_common(1):
        if count == len(picks):
            return sentence
    return ""


def _close(row: torch.Tensor, guess: torch.Tensor) -> bool:
    if row.shape != guess.shape or not (
        bool(torch.isfinite(row).all()) and bool(torch.isfinite(guess).all())
    ):
        return False
    return bool((row - guess).norm() <= 0.02 * guess.norm() + 1e-12)


def explain(
    problem: Problem,
    inputs: Tensors,
    case: Case,
    out: torch.Tensor,
    ref: torch.Tensor,
    found: Comparison,
) -> str:
    """Two or three sentences for a student whose `out` is wrong: what, where, and likely why.

    The case's own hint is given when no typical mistake is recognised.
    """
    params, hint = case.params, "" if problem.witnesses else case.hint
    if not bool(torch.isfinite(out).any()):
        return (
            "The whole output is NaN or inf. Either nothing was written to it, or a value read "
            f"from outside the tensors (or an overflow) got into every row. {hint}"
        ).strip()
    lines = [describe_pattern(found.bad, problem.axes)]
    if found.reason:
        lines.append(
            "There is NaN or inf in it: something was read beyond a tensor's end, or a whole row "
            "was hidden, or a value overflowed."
        )
    suspect = name_suspect(problem, inputs, params, out, ref, found.bad)
    lines.append(suspect or hint)
    return " ".join(line for line in lines if line)
