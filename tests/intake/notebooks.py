"""Notebooks and frames of this course for the tests of the intake."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from autograder.course import Course
from autograder.frames import released_frame, solution_work, the_file
from autograder.intake.extract import Extracted, extract
from autograder.selfcheck.program import Frame
from autograder.selfcheck.regions import read_markers

ASSIGNMENT = Course.load(Path(__file__).resolve().parents[2]).assignment("flash_attention")


def frame(problem: str) -> Frame:
    """The given code of a problem's released notebook."""
    return released_frame(ASSIGNMENT, problem)


def work(problem: str) -> dict[str, str]:
    """The regions of the solution."""
    return solution_work(ASSIGNMENT, problem)


def unfilled(problem: str) -> dict[str, str]:
    """The regions as they are handed out."""
    return {id: region.stub for id, region in frame(problem).regions.items()}


@cache
def _read(folder: Path, problem: str) -> dict:
    return json.loads(the_file(folder, problem).read_text(encoding="utf-8"))


def released(problem: str) -> dict:
    """The notebook that is handed out."""
    return copy.deepcopy(_read(ASSIGNMENT.release_dir, problem))


def solved(problem: str) -> dict:
    """The notebook that is handed out, with the solution in its regions, each cell one string."""
    nb = released(problem)
    sources = {c["id"]: c["source"] for c in _read(ASSIGNMENT.solutions_dir, problem)["cells"]}
    for cell in nb["cells"]:
        source = "".join(cell["source"])
        marked = cell["cell_type"] == "code" and read_markers(source).spans
        cell["source"] = "".join(sources[cell["id"]]) if marked else source
    return nb


def written(nb: dict) -> bytes:
    """The notebook as a file's content, as Jupyter writes it: sources as lists of lines."""
    cells = [{**c, "source": "".join(c["source"]).splitlines(keepends=True)} for c in nb["cells"]]
    nb = {**nb, "cells": cells}
    return json.dumps(nb, indent=1).encode()


def found_in(data: bytes, problem: str) -> Extracted:
    """The work in a file of this content, as grading reads it."""
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return extract(Path(file.name), frame(problem))


def cells_of(nb: dict) -> list[dict]:
    """The cells that hold regions."""
    return [c for c in nb["cells"] if c["cell_type"] == "code" and read_markers(c["source"]).spans]
