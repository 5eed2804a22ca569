"""Which notebook a file is for, and what it is worth as that one: its regions tell."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.classroom.attempts import FILLED, OTHER, UNFILLED, UNREADABLE
from autograder.classroom.naming import released_name
from autograder.errors import NotGradable
from autograder.generate.cells import problem_of

# One of these stands in every notebook; platforms put JSON of their own beside it.
OF_A_NOTEBOOK = (b'"cells"', b'"worksheets"', b'"nbformat"', b"STUDENT IMPLEMENTATION")


def may_be_notebook(data: bytes, file: str) -> bool:
    """Whether a file may be a notebook: of JSON alone that can be told at a glance."""
    return not file.lower().endswith(".json") or any(word in data for word in OF_A_NOTEBOOK)


def places_of(data: bytes, file: str, names: list[str]) -> list[tuple[str, int, str]]:
    """The notebooks that a file is for, what it is worth there, and what is odd: by its name, and
    by its content where that says other.
    """
    named, regions = released_name(file, names), _regions(data)
    contained = _contained(regions, names)
    places = []
    if named:
        # Also when it is of another problem: grading says so to the student.
        mistaken = contained not in (None, named)
        places.append((named, OTHER if mistaken else _worth(regions), ""))
    if contained and contained != named:
        note = f"recognised by its content, under the name {file}"
        places.append((contained, _worth(regions), note))
    return places


def worth_of(data: bytes, notebook: str) -> int:
    """What a file is worth as this notebook."""
    regions = _regions(data)
    problem = problem_of(f"{notebook}.ipynb")
    other = regions and all(region.partition(".")[0] != problem for region in regions)
    return OTHER if other else _worth(regions)


def _regions(data: bytes) -> dict[str, bool] | None:
    """The regions marked in a file, and whether each is filled in; None if it cannot be read."""
    from autograder.intake.extract import peek  # late: it takes torch's seconds to import

    try:
        return peek(data).regions
    except NotGradable:
        return None


def _worth(regions: dict[str, bool] | None) -> int:
    if regions is None:
        return UNREADABLE
    return FILLED if any(regions.values()) else UNFILLED


def _contained(regions: dict[str, bool] | None, names: Iterable[str]) -> str | None:
    """The notebook whose regions, and no others, are marked in a file."""
    problems = {region.partition(".")[0] for region in regions or ()}
    found = [name for name in names if problem_of(f"{name}.ipynb") in problems]
    return found[0] if len(problems) == len(found) == 1 else None
