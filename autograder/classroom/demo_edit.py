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

from autograder.course import Course
from autograder.errors import CourseError
from autograder.frames import solution_work, the_file
from autograder.grading.page import filled, released_notebook


@dataclass
class Draft:
    """A notebook in the making: a perfect submission at first. `file` is the solution it is of."""

    course: Course
    problem: str
    file: Path
    nb: NotebookNode

    @classmethod
    def of(cls, course: Course, problem: str) -> Draft:
        """What a perfect student hands in."""
        file = the_file(course.solutions_dir, problem)
        solved = filled(released_notebook(course, problem), problem, solution_work(course, problem))
        return cls(course, problem, file, solved)

    def cell(self, role: str) -> NotebookNode:
        """The cell that plays a role: "selfcheck", "solution" or "check"."""
        return self.nb.cells[self.position(role)]

    @property
    def work(self) -> list[NotebookNode]:
        """The cells that a student writes in."""
        return [c for c in self.nb.cells if c.metadata.get("nbgrader", {}).get("solution")]

    def position(self, role: str) -> int:
        """Where that cell stands."""
        wanted = f"{self.problem}-{role}"
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in self.nb.cells]
        return ids.index(wanted)


Step = Callable[[Draft], None]


def swap(old: str, new: str, times: int = 1) -> Step:
    """Put `new` in place of `old` in the solution cells, where it must occur so many times."""

    def step(draft: Draft) -> None:
        if (count := sum(cell.source.count(old) for cell in draft.work)) != times:
            raise CourseError(
                f"{draft.file}: the demo class expects this text {times} times in the solution, "
                f"found {count} times:\n{old}\nBring autograder/classroom/demo_class.py up to date."
            )
        for cell in draft.work:
            cell.source = cell.source.replace(old, new)

    return step


def untouched(draft: Draft) -> None:
    """The notebook as it is handed out."""
    draft.nb = released_notebook(draft.course, draft.problem)


def overwrite(role: str, source: str) -> Step:
    """Replace a whole cell, locked or not."""

    def step(draft: Draft) -> None:
        draft.cell(role).source = source

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


def remove(role: str) -> Step:
    """Delete a cell, locked or not."""

    def step(draft: Draft) -> None:
        del draft.nb.cells[draft.position(role)]

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
    public = nbformat.read(the_file(draft.course.notebooks_dir, draft.problem), as_version=4)
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


def build(course: Course, problem: str, steps: tuple[Step, ...]) -> NotebookNode:
    """A perfect submission of the problem after these steps."""
    draft = Draft.of(course, problem)
    for step in steps:
        step(draft)
    return draft.nb


def write_notebook(nb: NotebookNode, path: Path) -> None:
    """Write the notebook as it is: nbformat's writer would repair what the demo needs broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb, indent=1) + "\n", encoding="utf-8")
