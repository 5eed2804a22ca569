"""Read the solution notebooks of an assignment, strictly."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import nbformat

from .cells import BuildError, problem_of, where

# Jupyter makes these at every save, and nbgrader does not copy them.
_JUPYTERS_OWN = ".ipynb_checkpoints"


@dataclass(frozen=True)
class Source:
    """One solution notebook: where it is, its name in messages, its assignment and problem, its
    content.
    """

    path: Path
    file: str
    assignment: str
    problem: str
    nb: nbformat.NotebookNode

    @property
    def name(self) -> str:
        """What names its problem in a course of several assignments: "warmup/w1"."""
        return f"{self.assignment}/{self.problem}"


def read_sources(folder: Path) -> list[Source]:
    """The notebooks of `solutions/<assignment>/`; raises BuildError naming everything odd."""
    sources, faults = gather(folder)
    if faults:
        raise BuildError("\n".join(faults))
    return sources


def gather(folder: Path, only: Collection[str] = ()) -> tuple[list[Source], list[str]]:
    """The notebooks of `solutions/<assignment>/` that can be read, and all that is odd there; with
    `only`, as far as it is of these problems.
    """
    if not folder.is_dir():
        return [], [f"{folder}: no such folder. Put the assignment's solution notebooks there."]
    sources: list[Source] = []
    faults: list[str] = []
    for path in sorted(folder.iterdir()):
        file = f"solutions/{folder.name}/{path.name}"
        if path.name == _JUPYTERS_OWN or (only and path.name.partition("_")[0] not in only):
            continue
        if path.suffix != ".ipynb" or not path.is_file():
            faults.append(
                f"{file}: only notebooks may be here, since nbgrader hands everything beside them "
                "to the students. Move it out of solutions/."
            )
            continue
        try:
            sources.append(Source(path, file, folder.name, problem_of(file), _read(path, file)))
        except BuildError as error:
            faults.append(str(error))
    if not sources and not faults and not only:
        faults = [f"solutions/{folder.name}/: holds no notebook. Add w1_title.ipynb, say."]
    return sources, faults + _twins(sources)


def _read(path: Path, file: str) -> nbformat.NotebookNode:
    """The notebook; ids are looked for in the raw file, since nbformat invents missing ones."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = json.loads(text)
        version = (raw["nbformat"], raw["nbformat_minor"])
        for index, cell in enumerate(raw["cells"]):
            if version < (4, 5) or not cell.get("id"):
                raise BuildError(
                    f"{where(file, index, cell)}: the cell has no stable id. Save the notebook in "
                    "Jupyter as nbformat 4.5 (it gives every cell an id)."
                )
        ids = [cell["id"] for cell in raw["cells"]]
        for cell_id in ids:
            if ids.count(cell_id) > 1:
                raise BuildError(
                    f'{file}: {ids.count(cell_id)} cells have id "{cell_id}". Change all but one.'
                )
        return nbformat.reads(text, as_version=4)
    except (ValueError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise BuildError(f"{file}: not a readable notebook ({error}). Save it again.") from None


def _twins(sources: list[Source]) -> list[str]:
    """What there is to say of two notebooks of one problem."""
    by_problem: dict[str, str] = {}
    first = ((source, by_problem.setdefault(source.problem, source.file)) for source in sources)
    return [
        f"{source.file}: {other} is {source.problem} too. Rename one of them."
        for source, other in first
        if other != source.file
    ]
