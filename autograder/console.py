"""What every command prints, and how: lines for people, or with `--json` an object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from .errors import CourseError

out = Console()
err = Console(stderr=True, soft_wrap=True)
COLOURS = {"taken": "green", "built": "green", "fine": "green", "left": "yellow", "note": "yellow"}
COLOURS |= {"error": "bold red", "wrong": "bold red"}

Root = Annotated[Path, typer.Option(help="The course's folder, the one that holds course.toml.")]

Name = Annotated[
    str | None,
    typer.Argument(metavar="ASSIGNMENT", help="Its name in course.toml. Default: all of them."),
]
OneOf = Annotated[
    str | None,
    typer.Option("--assignment", help="Which one, where the course has several."),
]


class Form:
    """How lines are printed; `autograder --json` sets it."""

    json = False


def plain(text: str) -> str:
    """Text that may be a student's, to be printed as it is: no markup, no control characters."""
    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


def say(word: str, text: str, **more: object) -> None:
    """A line about something: what became of it. `more` is told in JSON alone."""
    if Form.json:
        typer.echo(json.dumps({"what": word, "text": text, **more}, ensure_ascii=False))
        return
    colour = COLOURS.get(word, "bold")
    out.print(f"[{colour}]{word:<5}[/] {plain(text)}", highlight=False, soft_wrap=True)


def progress(text: str) -> None:
    """What is being done now, on stderr, for people alone."""
    if not Form.json:
        err.print(f"[dim]{plain(text)}[/]", highlight=False)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print a CourseError as it reads and leave with exit code 1; bugs keep their traceback."""
    try:
        yield
    except CourseError as error:
        if Form.json:
            say("error", str(error))
        else:
            err.print(f"[bold red]error:[/] {plain(str(error))}", highlight=False)
        raise typer.Exit(1) from None
