"""What is fuzzed: readers of what students send. Each takes bytes; what it raises is our fault."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import torch
from nbformat import NotebookNode

from autograder.course import Course
from autograder.errors import NotGradable
from autograder.grading.book import NOTES, rebuilt
from autograder.grading.child import clean_text
from autograder.grading.outputs import safe_outputs
from autograder.grading.policy import policy_hits
from autograder.grading.rebuild import grade_id, released_notebook
from autograder.grading.show import verdict_html
from autograder.grading.verdict import load_verdict
from autograder.intake.submission import read_bytes
from autograder.registry import load
from autograder.sandbox.exchange import BadAnswer, read_answer, read_small_json
from autograder.selfcheck.policy_scan import policy_of, scan

COURSE = Course.load(Path(__file__).resolve().parents[2])
PROBLEM = "p3"
CELL_BREAK = "\n# %%\n"  # between the cells of an input for the policy
ANSWER = {"O": (torch.float16, (1, 1, 3, 16)), "L": (torch.float32, (1, 1, 3))}


@cache
def _locked() -> dict[str, str]:
    """The released cells that a student must not change: grade id -> source."""
    cells = released_notebook(COURSE, PROBLEM).cells
    return {grade_id(c): c.source for c in cells if grade_id(c) and c.metadata.nbgrader["locked"]}


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-")) / "input"


def rebuild(data: bytes) -> None:
    """Any file: not gradable with a reason, or a valid notebook with our locked cells once each."""
    try:
        handed_in = read_bytes(data)
    except NotGradable as reason:
        assert str(reason)
        return
    nb = rebuilt(handed_in, COURSE, PROBLEM)
    nbformat.validate(nb)
    nbformat.writes(nb).encode("utf-8", "replace")
    found = [grade_id(cell) for cell in nb.cells if grade_id(cell)]
    assert len(found) == len(set(found))
    sources = {grade_id(cell): cell.source for cell in nb.cells}
    assert all(sources.get(name) == source for name, source in _locked().items())
    if "not_gradable" not in nb.metadata[NOTES]:
        policy_hits(nb, load(PROBLEM).public)


def policy(data: bytes) -> None:
    """Any code: a list of hits, each a sentence."""
    cells = data.decode("utf-8", "replace").split(CELL_BREAK)
    sources = [(f"cell {number}", source) for number, source in enumerate(cells)]
    problem = load(PROBLEM).public
    for hit in scan(sources, policy_of(problem), problem.entry):
        assert hit.sentence.isprintable()


def verdict(data: bytes) -> None:
    """Any verdict file: refused, or one whose figures add up and that can be shown."""
    _file().write_bytes(data)
    found = load_verdict(_file(), PROBLEM)
    if found is not None:
        assert found.adds_up and found.summary and found.sentence
        verdict_html(found)


def exchange(data: bytes) -> None:
    """Any answer of a child: refused with a sentence, or exactly what was asked for."""
    _file().write_bytes(data)
    try:
        answer = read_answer(_file(), ANSWER)
        assert {n: (x.dtype, tuple(x.shape)) for n, x in answer.items()} == ANSWER
    except BadAnswer as reason:
        assert str(reason)
    try:
        status = read_small_json(_file())
        assert clean_text(status.get("detail")).isprintable()
    except BadAnswer as reason:
        assert str(reason)


def outputs(data: bytes) -> None:
    """Any outputs of a cell: what is kept makes a valid notebook that can be written."""
    try:
        made = json.loads(data)
    except (ValueError, RecursionError):
        return
    made = nbformat.from_dict(made if isinstance(made, list) else [made])
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [output for output in made if isinstance(output, NotebookNode)]
    cell.outputs = safe_outputs(cell)
    nb = nbformat.v4.new_notebook(cells=[cell])
    nbformat.validate(nb)
    nbformat.writes(nb).encode("utf-8", "replace")


TARGETS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f for f in (rebuild, policy, verdict, exchange, outputs)
}
