"""The command line's part for authors: new-assignment, new-problem, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from ..console import Name, Root, plain_errors, progress, say

app = typer.Typer()
New = Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Lower-case letters, digits, `_`.")]
Id = Annotated[str, typer.Argument(metavar="PROBLEM", help="Its id, like w1.")]
Title = Annotated[str, typer.Option(prompt="Its title", help="What students read on top.")]
Kind = Annotated[
    str,
    typer.Option(
        prompt="What do students write, torch or triton",
        help="torch: a part of a PyTorch function. triton: the body of a Triton kernel.",
    ),
]
Points = Annotated[int, typer.Option(min=1, help="What it is worth in all.")]


@app.command()
def new_assignment(
    assignment: New,
    problem: Id,
    title: Title,
    kind: Kind,
    points: Points = 100,
    root: Root = Path(),
) -> None:
    """Begin an assignment with its first problem, which passes as it is: change it bit by bit."""
    from .new import new_assignment as write

    with plain_errors():
        draft = _draft(root, assignment, problem, title, kind, points)
        _wrote(write(draft), draft)


@app.command()
def new_problem(
    assignment: New,
    problem: Id,
    title: Title,
    kind: Kind,
    points: Points = 100,
    root: Root = Path(),
) -> None:
    """Add a problem to an assignment: a notebook, its public and its hidden module, its points."""
    from .new import new_problem as write

    with plain_errors():
        draft = _draft(root, assignment, problem, title, kind, points)
        _wrote(write(draft), draft)


@app.command()
def check(
    assignment: Name = None,
    problems: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROBLEM", help="Only these, like w1. Default: all of them."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Also grade the solutions, as they were released last.")
    ] = False,
    root: Root = Path(),
) -> None:
    """Say everything that is wrong with the assignments at once, or with some problems of one, each
    with file and line.

    Looks at course.toml, notebooks, both modules of each problem, and at what the hand-out would
    give away. Exit code 1 if anything is wrong.
    """
    from .check import faults
    from .trial import lost

    with plain_errors():
        found = faults(root, assignment, problems or (), progress)
        found += lost(root, assignment, problems or (), progress) if run and not found else []
    for fault in found:
        say("wrong", fault)
    if not found:
        say("fine", "the solutions get full marks" if run else "nothing is wrong that can be seen")
    raise typer.Exit(1 if found else 0)


def _draft(root: Path, assignment: str, problem: str, title: str, kind: str, points: int):
    from ..errors import CourseError
    from .new import Draft, Kind

    if kind not in get_args(Kind):
        raise CourseError(f"{kind!r} is no kind of problem: torch or triton.")
    return Draft(root.resolve(), assignment, problem, title, cast(Kind, kind), points)


def _wrote(files: list[Path], draft) -> None:
    for path in files:
        inside = path.is_relative_to(draft.root)
        say("wrote", str(path.relative_to(draft.root) if inside else path))
    for step in draft.next_steps():
        say("next", step)
