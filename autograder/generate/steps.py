"""From a solution notebook to what a student gets: every step, in order, in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode, from_dict

from ..course import Assignment
from ..frames import notebook_frame
from .answers import take_answers
from .cells import BuildError, first_heading, role, where
from .clean import clean_notebook
from .markers import scan_notebook
from .pack import CELL_METADATA, pack_cell
from .pictures import draw_pictures
from .stamp import stamp_notebook
from .stubs import clear_regions


@dataclass(frozen=True)
class Origin:
    """Where a notebook comes from: its name in messages, its assignment, its problem. `points` are
    what the assignment's problems are worth, `booked` what nbgrader counts as their maximum.
    """

    file: str
    assignment: str
    problem: str
    points: Mapping[str, int]
    booked: Mapping[str, int]

    @classmethod
    def of(cls, file: str, assignment: Assignment, problem: str) -> Origin:
        """The origin of a notebook of that assignment."""
        points = {**dict.fromkeys(assignment.dropped, 0), **assignment.points}
        return cls(file, assignment.name, problem, points, assignment.booked_points)


def stamp(nb: NotebookNode, origin: Origin) -> None:
    """Write nbgrader's metadata, derived from the author's markers and check call."""
    stamp_notebook(nb, origin.file, origin.booked)


def clear(nb: NotebookNode, origin: Origin) -> None:
    """Empty the student's regions: numbered steps stay, a stub stands for the code."""
    for index, regions in scan_notebook(nb, origin.problem, origin.file).items():
        cell = nb.cells[index]
        cell.source = clear_regions(cell.source, regions, where(origin.file, index, cell))


def pack(nb: NotebookNode, origin: Origin) -> None:
    """Put the packed student half, answers included, into the self-check cell."""
    answers = take_answers(nb, origin.file)
    for cell in nb.cells:
        if role(cell) == "selfcheck":
            frame, points = notebook_frame(origin.problem, nb.cells), origin.points[origin.problem]
            cell.source = pack_cell(frame, origin.assignment, points, answers)
            cell.metadata.update(from_dict(CELL_METADATA))


def draw(nb: NotebookNode, origin: Origin) -> None:
    """Put the pictures in the places that the author named."""
    draw_pictures(nb, origin.assignment, origin.file)


def clean(nb: NotebookNode, origin: Origin) -> None:
    """Bring the notebook into its one committed form, without outputs and editors' traces."""
    clean_notebook(nb, origin.file)


def ask_for_title(nb: NotebookNode, origin: Origin) -> None:
    """Raise BuildError if there is no title on top."""
    if nb.cells[0].cell_type != "markdown" or first_heading(nb) is None:
        raise BuildError(
            f"{origin.file}: begin with a Markdown cell that holds the title (`# …`): the Colab "
            "badge and the table of problems are made from it."
        )


# Stamping comes first: it reads the author's markers, and the later steps read what it stamped.
Step = Callable[[NotebookNode, Origin], None]
STEPS: tuple[Step, ...] = (stamp, clear, pack, draw, clean, ask_for_title)


def make_student_version(nb: NotebookNode, origin: Origin, steps: Iterable[Step] = STEPS) -> None:
    """Take every step on `nb`, in place; raises BuildError naming the file and what to do."""
    for step in steps:
        step(nb, origin)
