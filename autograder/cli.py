"""The command line: one thin function per command; expected errors are printed, not raised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .after_grading import app as after_grading
from .authoring.commands import app as authoring
from .classroom.commands import app as classroom
from .console import Form, Name, OneOf, Root, plain_errors, say
from .errors import CourseError

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(classroom)
app.add_typer(authoring)
app.add_typer(after_grading)

EPILOG = (
    "Exit codes: 0 done; 1 something must be put right first; 2 a wrong option; 3 done, but "
    "something was left and is named. `autograder --install-completion` teaches your shell to "
    "complete commands."
)
PLACEHOLDER = (
    "course.toml: `public_repository` is still {!r}, so the Open-in-Colab badges lead nowhere. "
    "Write the owner and the name of the public repository that will hold notebooks/ (not the one "
    "that holds solutions/), or say --allow-placeholder."
)


@app.callback(epilog=EPILOG)
def main(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an object of JSON for each line, for scripts.")
    ] = False,
) -> None:
    """Build, grade and report the assignments of this course.

    A round: `release`, then the students work, then `collect`, `run` (and `make autograde`, which
    books it), `export`. `autograder COMMAND --help` says what each takes.
    """
    Form.json = as_json


@app.command()
def release(
    assignment: Name = None,
    root: Root = Path(),
    allow_placeholder: Annotated[
        bool, typer.Option(help="Build although the badges lead to a made-up repository.")
    ] = False,
    only: Annotated[
        str, typer.Option(help="The problems to hand out now, as in 'w1 w2'; by default all.")
    ] = "",
) -> None:
    """Build the students' notebooks: solutions/ to release/ and notebooks/, checked for leaks."""
    from .course import Course
    from .generate.release import build_release

    with plain_errors():
        course = Course.load(root)
        if course.course.is_placeholder and not allow_placeholder:
            raise CourseError(PLACEHOLDER.format(course.course.public_repository))
        for one in course.chosen(assignment):
            done = build_release(root, one.name, only=only.split())
            for path in done.notebooks:
                say("built", f"notebooks/{path.name}")
            if not done.gradebook:
                say("note", "the gradebook cannot be written; it was left as it is.")
            if not only:
                for given in done.order:
                    when = "hand it out when that one is over (--only; with make, ONLY=…)"
                    say("order", f"{given}: {when}.")
        if course.course.is_placeholder:
            say("note", PLACEHOLDER.format(course.course.public_repository))


@app.command()
def collect(
    downloads: Annotated[
        list[Path], typer.Argument(metavar="DOWNLOAD...", help="Folders or zip files.")
    ],
    assignment: OneOf = None,
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
        told = [*lines(report, course.root, one.late.due is not None)]
        told += roster_lines(load_roster(course.root), course.root, one.name)
    for word, text in told:
        say(word, text)
    raise typer.Exit(0 if report.complete else 3)


@app.command()
def export(
    sheet: Annotated[Path, typer.Argument(help="Downloaded from the platform.")],
    column: Annotated[
        str, typer.Option(help="The grades' column, where the sheet has several.")
    ] = "",
    to: Annotated[Path | None, typer.Option(help="Default: beside it, `…-filled`.")] = None,
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Fill grades.csv into a sheet of Canvas, Moodle, Brightspace or Blackboard, to be imported."""
    from .classroom.way_back import export_sheet, filled_lines
    from .course import Course

    with plain_errors():
        one = Course.load(root).assignment(assignment)
        filled, target = export_sheet(one.root, one.name, sheet, column, to)
    for word, text in filled_lines(filled, target, one.full_mark):
        say(word, text)
    raise typer.Exit(3 if filled.absent or filled.doubtful else 0)


@app.command()
def feedback_zip(
    form: Annotated[str, typer.Argument(help="moodle, canvas or folders.")],
    to: Annotated[Path, typer.Option(help="The zip file.")] = Path("feedback.zip"),
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Pack the feedback pages so that Moodle or Canvas gives each to its student."""
    from .classroom.feedback_zip import pack
    from .classroom.students import Students
    from .course import Course

    with plain_errors():
        one = Course.load(root).assignment(assignment)
        packed = pack(one.root, one.name, form, to, Students.load(one.root))
    say("taken", f"the pages of {packed.students} students in {to}")
    for student in packed.missing:
        say("left", f"{student}: how {form} calls this submission is not known. Collect it there.")
    raise typer.Exit(3 if packed.missing else 0)


@app.command()
def demo(
    assignment: Annotated[
        str | None, typer.Argument(help="Its name in course.toml, where the course has several.")
    ] = None,
    root: Root = Path(),
    only: Annotated[
        str, typer.Option(help="The problems to grade, as in 'w1 w2'; by default all.")
    ] = "",
) -> None:
    """Build, grade and report a small prepared class; fails if an outcome is not as expected."""
    from .classroom.demo import run_demo
    from .course import Course

    with plain_errors():
        code = run_demo(Course.load(root).assignment(assignment).narrowed(only.split()))
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
