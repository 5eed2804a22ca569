"""The command line: one thin function per command; expected errors are printed, not raised."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress

from .errors import CourseError

app = typer.Typer(no_args_is_help=True, add_completion=False)
out = Console()
err = Console(stderr=True, soft_wrap=True)

Root = Annotated[Path, typer.Option(help="The course's folder, the one that holds course.toml.")]


@app.callback()
def main() -> None:
    """Build, grade and report the assignments of this course."""


def plain(text: str) -> str:
    """Text that may be a student's, to be printed as it is: no markup, no control characters."""
    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print a CourseError as it reads and leave with exit code 1; bugs keep their traceback."""
    try:
        yield
    except CourseError as error:
        err.print(f"[bold red]error:[/] {plain(str(error))}", highlight=False)
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


@app.command()
def collect(
    folder: Annotated[Path, typer.Argument(help="Where the downloaded work is.")],
    root: Root = Path(),
) -> None:
    """Take in downloaded notebooks, from a folder per student or a platform's flat export."""
    from .classroom.collect import collect as take_in
    from .course import Course

    with plain_errors():
        course = Course.load(root)
        found = take_in(course, folder)
    for taken in found:
        _print_taken(course, taken)
    count = sum(taken.target is not None for taken in found)
    out.print(f"{count} of {len(found)} files taken in.", highlight=False)


@app.command()
def run(
    student: Annotated[list[str] | None, typer.Option(help="Only these students.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Submissions graded at a time.")] = None,
    isolation: Annotated[
        str | None,
        typer.Option(help="The weakest isolation accepted, for once; default: course.toml's."),
    ] = None,
    root: Root = Path(),
) -> None:
    """Grade what is under submitted/ and leave a verdict file each; interrupted runs go on."""
    from .classroom.collect import settle
    from .classroom.run import default_jobs, run_class, submissions
    from .course import Course
    from .sandbox.levels import VARIABLE

    if isolation:
        os.environ[VARIABLE] = isolation  # for the processes of the pool too
    with plain_errors():
        course = Course.load(root)
        for taken in settle(course, student):
            _print_taken(course, taken)
        work = submissions(course, student)
        if not work:
            raise CourseError(f"{course.root / 'submitted'}: no notebooks to grade there.")
        done = Counter()
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=out) as bar:
            task = bar.add_task("grading", total=len(work))
            for outcome in run_class(course, work, jobs or default_jobs()):
                bar.advance(task)
                bar.console.print(_outcome_line(outcome), highlight=False, soft_wrap=True)
                done["grader fault" if outcome.fault else outcome.happened] += 1
        for what, count in sorted(done.items()):
            out.print(f"{count:>5} {plain(what)}", highlight=False)
        if faults := done["grader fault"]:
            raise CourseError(
                f"{faults} submissions met a fault of the grader and have no new verdict. Run the "
                "same command again: only what is missing is graded."
            )


@app.command()
def demo(root: Root = Path()) -> None:
    """Build, grade and report a small prepared class; fails if an outcome is not as expected."""
    from .classroom.demo import run_demo

    with plain_errors():
        code = run_demo(root.resolve())
    raise typer.Exit(code)


def _print_taken(course, taken) -> None:
    """One file of a download: where it went, or why it was left."""
    if taken.target is None:
        text = f"[yellow]left[/]  {plain(taken.reason)}: {plain(str(taken.source))}"
    else:
        text = f"[green]taken[/] {plain(str(taken.target.relative_to(course.root)))}"
        text += f" ({plain(taken.note)})" if taken.note else ""
    out.print(text, highlight=False, soft_wrap=True)


def _outcome_line(outcome) -> str:
    item, verdict = outcome.submission, outcome.verdict
    who = f"{plain(item.student):<20} {item.problem:<3} "
    if verdict is None:
        return f"{who}[red]grader fault[/] {plain(outcome.fault)}"
    score = "–" if verdict.score is None else f"{verdict.score:g}"
    count = len(verdict.repairs)
    repaired = f" [dim](repairs: {count}, see feedback)[/]" if count else ""
    return f"{who}{score:>6} of {verdict.max_score:g}  {plain(verdict.sentence)}{repaired}"


if __name__ == "__main__":
    app()
