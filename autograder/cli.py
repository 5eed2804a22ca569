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

Name = Annotated[
    str | None,
    typer.Argument(metavar="ASSIGNMENT", help="Its name in course.toml. Default: all of them."),
]

PLACEHOLDER = (
    "course.toml: `public_repository` is still {!r}, so the Open-in-Colab badges lead nowhere. "
    "Write the owner and the name of the public repository that will hold notebooks/ (not the one "
    "that holds solutions/), or say --allow-placeholder."
)


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
    assignment: Name = None,
    root: Root = Path(),
    allow_placeholder: Annotated[
        bool, typer.Option(help="Build although the badges lead to a made-up repository.")
    ] = False,
) -> None:
    """Build the students' notebooks: solutions/ to release/ and notebooks/, checked for leaks."""
    from .course import Course
    from .generate.release import build_release

    with plain_errors():
        course = Course.load(root)
        if course.course.is_placeholder and not allow_placeholder:
            raise CourseError(PLACEHOLDER.format(course.course.public_repository))
        for one in course.chosen(assignment):
            done = build_release(root, one.name)
            for path in done.notebooks:
                out.print(f"[green]built[/] notebooks/{path.name}", highlight=False)
            if not done.gradebook:
                out.print("[yellow]note:[/] the gradebook cannot be written; it was left as it is.")
        if course.course.is_placeholder:
            _say("note", PLACEHOLDER.format(course.course.public_repository))


@app.command()
def collect(
    downloads: Annotated[
        list[Path], typer.Argument(metavar="DOWNLOAD...", help="Folders or zip files.")
    ],
    assignment: Annotated[
        str | None, typer.Option(help="Whose work it is, where the course has several.")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="Of times that name none, like Europe/Berlin. Default: this machine's."),
    ] = None,
    root: Root = Path(),
) -> None:
    """Take in a class's work, as a learning platform hands it out or from a folder per student.

    What cannot be told apart is left and named; exit code 3 says that something was.
    """
    from .classroom.collect import collect as take_in
    from .classroom.collect_report import lines, roster_lines, zone_of
    from .classroom.roster import load_roster
    from .classroom.settle import strays
    from .course import Course

    with plain_errors():
        course = Course.load(root)
        one = course.assignment(assignment)
        report = take_in(one, downloads, zone_of(timezone))
        report.left += strays(course.root, course.sections)
        told = [*lines(report, course.root)]
        told += roster_lines(load_roster(course.root), course.root, one.name)
    for word, text in told:
        _say(word, text)
    raise typer.Exit(0 if report.complete else 3)


@app.command()
def run(
    assignment: Name = None,
    student: Annotated[list[str] | None, typer.Option(help="Only these students.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Submissions graded at a time.")] = None,
    isolation: Annotated[
        str | None,
        typer.Option(help="The weakest isolation accepted, for once; default: course.toml's."),
    ] = None,
    root: Root = Path(),
) -> None:
    """Grade what is under submitted/ and leave a verdict file each; interrupted runs go on."""
    from .classroom.run import default_jobs, run_class, submissions
    from .classroom.settle import settle, strays
    from .course import Course
    from .sandbox.levels import VARIABLE

    if isolation:
        os.environ[VARIABLE] = isolation  # for the processes of the pool too
    with plain_errors():
        course, work = Course.load(root), []
        for one in course.chosen(assignment):
            if not any((course.root / "submitted").glob(f"*/{one.name}")):
                continue  # perhaps not even released yet
            for taken in settle(one, student):
                note = f" ({taken.note})" if taken.note else ""
                _say("taken", f"{taken.target.relative_to(course.root)}{note}")
            work += submissions(one, student)
        for stray in [] if student else strays(course.root, course.sections):
            _say("left", f"{stray.reason} {stray.source}")
        if not work:
            raise CourseError(f"{course.root / 'submitted'}: no notebooks to grade there.")
        done = Counter()
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=out) as bar:
            task = bar.add_task("grading", total=len(work))
            for outcome in run_class(course.root, work, jobs or default_jobs()):
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
def export(
    sheet: Annotated[Path, typer.Argument(help="Downloaded from the platform.")],
    column: Annotated[
        str, typer.Option(help="The grades' column, where the sheet has several.")
    ] = "",
    to: Annotated[Path | None, typer.Option(help="Default: beside it, `…-filled`.")] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Whose grades, where the course has several.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Fill grades.csv into a sheet of Canvas, Moodle, Brightspace or Blackboard, to be imported."""
    from .classroom.way_back import export_sheet, filled_lines
    from .course import Course

    with plain_errors():
        one = Course.load(root).assignment(assignment)
        filled, target = export_sheet(one.root, one.name, sheet, column, to)
    for word, text in filled_lines(filled, target):
        _say(word, text)
    raise typer.Exit(3 if filled.absent or filled.doubtful else 0)


@app.command()
def feedback_zip(
    form: Annotated[str, typer.Argument(help="moodle, canvas or folders.")],
    to: Annotated[Path, typer.Option(help="The zip file.")] = Path("feedback.zip"),
    assignment: Annotated[
        str | None, typer.Option(help="Whose feedback, where the course has several.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Pack the feedback pages so that Moodle or Canvas gives each to its student."""
    from .classroom.feedback_zip import pack
    from .classroom.students import Students
    from .course import Course

    with plain_errors():
        one = Course.load(root).assignment(assignment)
        packed = pack(one.root, one.name, form, to, Students.load(one.root))
    _say("taken", f"the pages of {packed.students} students in {to}")
    for student in packed.missing:
        _say("left", f"{student}: how {form} calls this submission is not known. Collect it there.")
    raise typer.Exit(3 if packed.missing else 0)


@app.command()
def demo(
    assignment: Annotated[
        str | None, typer.Argument(help="Its name in course.toml, where the course has several.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Build, grade and report a small prepared class; fails if an outcome is not as expected."""
    from .classroom.demo import run_demo
    from .course import Course

    with plain_errors():
        code = run_demo(Course.load(root).assignment(assignment))
    raise typer.Exit(code)


COLOURS = {"taken": "green", "left": "yellow"}


def _say(word: str, text: str) -> None:
    """A line about a file or a download: what became of it."""
    colour = COLOURS.get(word, "bold")
    out.print(f"[{colour}]{word:<5}[/] {plain(text)}", highlight=False, soft_wrap=True)


def _outcome_line(outcome) -> str:
    item, verdict = outcome.submission, outcome.verdict
    who = f"{plain(item.student):<20} {item.assignment}/{item.problem:<3} "
    if verdict is None:
        return f"{who}[red]grader fault[/] {plain(outcome.fault)}"
    score = "–" if verdict.score is None else f"{verdict.score:g}"
    count = len(verdict.repairs)
    repaired = f" [dim](repairs: {count}, see feedback)[/]" if count else ""
    return f"{who}{score:>6} of {verdict.max_score:g}  {plain(verdict.sentence)}{repaired}"


if __name__ == "__main__":
    app()
