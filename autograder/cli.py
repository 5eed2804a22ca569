"""The command line: one thin function per command; expected errors are printed, not raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from .errors import CourseError

app = typer.Typer(no_args_is_help=True, add_completion=False)
out = Console()
err = Console(stderr=True, soft_wrap=True)

Root = Annotated[Path, typer.Option(help="The course's folder, the one that holds course.toml.")]


@app.callback()
def main() -> None:
    """Build, grade and report the assignments of this course."""


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print a CourseError as it reads and leave with exit code 1; bugs keep their traceback."""
    try:
        yield
    except CourseError as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from None


@app.command()
def release(
    assignment: Annotated[
        str | None, typer.Argument(help="Default: the one in course.toml.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Build the students' notebooks: solutions/ to release/ and notebooks/, checked for leaks."""
    from .generate.release import build_release

    with plain_errors():
        done = build_release(root, assignment)
        for path in done.notebooks:
            out.print(f"[green]built[/] notebooks/{path.name}", highlight=False)
        if not done.gradebook:
            out.print("[yellow]note:[/] the gradebook cannot be written; it was left as it is.")


if __name__ == "__main__":
    app()
