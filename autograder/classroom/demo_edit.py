"""Steps that turn a correct submission into one of the demo's: small edits, each one checked.

A step takes a Draft and changes it. The bugs are substitutions in the course's own solution, so
that the class follows the solutions as they change, or says clearly where it cannot.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.classroom.demo_cheat import CHEAT
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.frames import solution_work, the_file
from autograder.generate.cells import role
from autograder.grading.page import filled, released_notebook


@dataclass
class Draft:
    """A notebook in the making: a perfect submission at first. `file` is the solution it is of."""

    assignment: Assignment
    problem: str
    file: Path
    nb: NotebookNode

    @classmethod
    def of(cls, assignment: Assignment, problem: str) -> Draft:
        """What a perfect student hands in."""
        file = the_file(assignment.solutions_dir, problem)
        work = solution_work(assignment, problem)
        solved = filled(released_notebook(assignment, problem), problem, work)
        return cls(assignment, problem, file, solved)

    def cell(self, wanted: str) -> NotebookNode:
        """The cell that plays a role: "selfcheck", "solution" or "check"."""
        return self.nb.cells[self.position(wanted)]

    @property
    def work(self) -> list[NotebookNode]:
        """The cells that a student writes in."""
        return [cell for cell in self.nb.cells if role(cell).startswith("solution")]

    def position(self, wanted: str) -> int:
        """Where the cell of that role stands."""
        return [role(cell) for cell in self.nb.cells].index(wanted)


Step = Callable[[Draft], None]


def swap(old: str, new: str, times: int = 1) -> Step:
    """Put `new` in place of `old` in the solution cells, where it must occur so many times."""

    def step(draft: Draft) -> None:
        if (count := sum(cell.source.count(old) for cell in draft.work)) != times:
            raise CourseError(
                f"{draft.file}: the demo class expects this text {times} times in the solution, "
                f"found {count} times:\n{old}\nBring the demo of its problem up to date."
            )
        for cell in draft.work:
            cell.source = cell.source.replace(old, new)

    return step


def untouched(draft: Draft) -> None:
    """The notebook as it is handed out."""
    draft.nb = released_notebook(draft.assignment, draft.problem)


def overwrite(wanted: str, source: str) -> Step:
    """Replace a whole cell, locked or not."""

    def step(draft: Draft) -> None:
        draft.cell(wanted).source = source

    return step


def add_before_check(source: str) -> Step:
    """Put a cell of the student's own before the check."""

    def step(draft: Draft) -> None:
        cell = nbformat.v4.new_code_cell(source, id="my-own-cell")
        draft.nb.cells.insert(draft.position("check"), cell)

    return step


def remove_code(draft: Draft) -> None:
    """Delete every code cell."""
    draft.nb.cells = [cell for cell in draft.nb.cells if cell.cell_type != "code"]


def remove(wanted: str) -> Step:
    """Delete a cell, locked or not."""

    def step(draft: Draft) -> None:
        del draft.nb.cells[draft.position(wanted)]

    return step


def forget_metadata(draft: Draft) -> None:
    """Lose what nbgrader knows of the cells, as an editor or a conversion may."""
    for cell in draft.nb.cells:
        cell.metadata = nbformat.from_dict({})


def save_as_colab(draft: Draft) -> None:
    """The public hand-out, filled in and saved the way Colab does.

    nbformat 4.0, cell ids in the metadata only, Colab's own keys, outputs; no nbgrader metadata.
    """
    work = {cell.id: cell.source for cell in draft.work}
    public = nbformat.read(draft.assignment.course.notebooks_dir / draft.file.name, as_version=4)
    for number, cell in enumerate(public.cells):
        cell.source = work.get(cell.pop("id", ""), cell.source)
        cell.metadata = nbformat.from_dict({"id": f"kR{number:02d}wXq7LmZ"})
        if cell.cell_type == "code":
            _as_colab_ran_it(cell, number)
    public.nbformat_minor = 0
    public.metadata = nbformat.from_dict(
        {
            "accelerator": "GPU",
            "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        }
    )
    draft.nb = public


def _as_colab_ran_it(cell: NotebookNode, number: int) -> None:
    user = {"displayName": "Kim", "userId": "01234567890123456789"}
    cell.metadata.update(
        nbformat.from_dict(
            {
                "colab": {"base_uri": "https://localhost:8080/", "height": 35},
                "executionInfo": {
                    "status": "ok",
                    "timestamp": 1763700000000 + number,
                    "user_tz": -60,
                    "elapsed": 1200,
                    "user": user,
                },
                "outputId": f"7d3f0a52-0000-4000-8000-{number:012d}",
            }
        )
    )
    cell.execution_count = number
    text = "All cases passed.\n"
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=[text])]


# What stands outside the regions is neither run nor judged: the attack comes to nothing.
INERT = (add_before_check(CHEAT),)


def build(assignment: Assignment, problem: str, steps: tuple[Step, ...]) -> NotebookNode:
    """A perfect submission of the problem after these steps."""
    draft = Draft.of(assignment, problem)
    for step in steps:
        step(draft)
    return draft.nb


def write_notebook(nb: NotebookNode, path: Path) -> None:
    """Write the notebook as it is: nbformat's writer would repair what the demo needs broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb, indent=1) + "\n", encoding="utf-8")
