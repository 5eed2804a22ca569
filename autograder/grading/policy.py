"""Hold a rebuilt notebook against its problem's policy before any of it is run."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.grading.verdict import CaseVerdict
from autograder.registry import GradedProblem
from autograder.selfcheck.device import Mode
from autograder.selfcheck.policy_scan import policy_of, scan
from autograder.selfcheck.policy_walk import Hit
from autograder.selfcheck.problem import Problem

SHOWN = 10  # hits told in the notes; a notebook may hold thousands


def policy_hits(nb: NotebookNode, problem: Problem) -> list[Hit]:
    """Where the student's cells break the policy. The locked cells are ours."""
    sources = [
        (f"cell {position + 1}", cell.source)
        for position, cell in enumerate(nb.cells)
        if cell.cell_type == "code" and not _is_locked(cell)
    ]
    return scan(sources, policy_of(problem), problem.entry)


def _is_locked(cell: NotebookNode) -> bool:
    """Whether rebuilding put our own text there. Cells of the student's own have no metadata."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def refused_cases(problem: GradedProblem, why: str, mode: Mode, scale: float) -> list[CaseVerdict]:
    """A verdict for every case of a notebook that breaks the policy."""
    shared = {"status": "policy violation", "detail": why}
    cases = [
        CaseVerdict(
            name=graded.on(mode.on_gpu).name,
            points=graded.points * scale,
            public=graded.public,
            **shared,
        )
        for graded in problem.cases
    ]
    if problem.speed is not None:
        points = problem.speed.points * scale
        cases.append(CaseVerdict(name=problem.speed.name, points=points, **shared))
    return cases


def policy_notes(hits: list[Hit]) -> list[str]:
    """What was found, for student and instructor."""
    if not hits:
        return []
    notes = [f"Policy violation: {hit.sentence}." for hit in hits[:SHOWN]]
    if len(hits) > SHOWN:
        notes.append(f"Policy violation: {len(hits) - SHOWN} more places.")
    return ["The notebook was not run.", *notes]
