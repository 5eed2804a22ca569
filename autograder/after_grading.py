"""The command line's part after `run`: book, feedback, report, explain, adjust; Gradescope."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import Name, OneOf, Root, plain_errors, say
from .errors import CourseError

if TYPE_CHECKING:
    from .course import Assignment

app = typer.Typer()


Again = Annotated[bool, typer.Option(help="Do it for everybody, also where nothing has changed.")]
AS_BEFORE = "{}: {} of {} students; nothing has changed for the others"


@app.command()
def book(assignment: Name = None, again: Again = False, root: Root = Path()) -> None:
    """Book what `run` graded: nbgrader's autograde, for the students of whom something changed.

    That is a file, a verdict, or a mark in the gradebook; a change of course.toml is everybody's.
    """
    from .classroom.booking import book as book_one

    with plain_errors():
        for one in _handed_in(root, assignment, "submitted"):
            done, students = book_one(one, again)
            say("booked", AS_BEFORE.format(one.name, done, students))


@app.command()
def feedback(
    assignment: Name = None,
    again: Again = False,
    jobs: Annotated[int | None, typer.Option(help="Pages written at a time.")] = None,
    root: Root = Path(),
) -> None:
    """Write a page for every student of whom something changed: nbgrader's generate_feedback."""
    from .classroom.booking import write_feedback

    with plain_errors():
        for one in _handed_in(root, assignment, "autograded"):
            done, students = write_feedback(one, again, jobs)
            say("wrote", AS_BEFORE.format(one.name, done, students))


def _handed_in(root: Path, assignment: str | None, folder: str) -> list[Assignment]:
    """The assignments meant that have something under that folder. Raises CourseError if none."""
    from .course import Course

    course = Course.load(root)
    found = [
        a for a in course.chosen(assignment) if any((course.root / folder).glob(f"*/{a.name}"))
    ]
    if not found:
        before = {"submitted": "make collect", "autograded": "make autograde"}[folder]
        raise CourseError(f"{course.root / folder}: nothing there yet. Run `{before}` first.")
    return found


@app.command()
def report(
    to: Annotated[Path, typer.Option(help="The page.")] = Path("class-report.html"),
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Write a page about the whole class: points, cases, causes, speed, who needs somebody to look.

    It holds names and code, so it is for instructors. It runs nothing and needs no network.
    """
    from .classroom.report.page import write_report
    from .course import Course

    with plain_errors():
        data = write_report(Course.load(root).assignment(assignment), to)
    say("wrote", f"{to}: {len(data.students)} students, {len(data.verdicts)} verdicts")


@app.command()
def explain(
    student: Annotated[str, typer.Argument(help="Whose work.")],
    problem: Annotated[str, typer.Argument(help="Which problem.")],
    case: Annotated[
        str, typer.Argument(help="The case, or words of its name. Default: the first that failed.")
    ] = "",
    notebook: Annotated[
        Path | None, typer.Option(help="Also write a notebook that replays the case by itself.")
    ] = None,
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Show why a case failed: inputs, expected and given rows, the hints, the student's code.

    The case is run again, in the sandbox, with the inputs it was graded with.
    """
    from .appeals.case import explained
    from .course import Course

    with plain_errors():
        one = Course.load(root).assignment(assignment)
        for word, text in explained(one, student, problem, case, notebook):
            say(word, text)


@app.command()
def adjust(
    file: Annotated[Path, typer.Argument(help="CSV: student, problem, points, extra, comment.")],
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Write marks by hand into the gradebook, for many at once. They survive grading again.

    `points` takes the place of the grader's, `extra` is added to whatever the mark is, `comment`
    stands on the page. `*` as student is everybody. If a line is wrong, nothing is written.
    """
    from .appeals.adjust import adjust as write
    from .course import Course

    with plain_errors():
        done = write(Course.load(root).assignment(assignment), file)
    for text in done:
        say("mark", text)
    say("next", "make grades feedback writes them out")


@app.command()
def doctor(root: Root = Path()) -> None:
    """Say what works here: versions, GPU, isolation, the course's files, gradebook, disk.

    Exit code 1 if something stops grading.
    """
    from .doctor import findings

    states = []
    for found in findings(root):
        states.append(found.state)
        say(found.state, f"{found.what}: {found.says}")
    raise typer.Exit(1 if "wrong" in states else 0)


@app.command()
def gradescope_zip(
    to: Annotated[Path, typer.Option(help="The zip file.")] = Path("gradescope.zip"),
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """Pack the grader as Gradescope's "Configure Autograder" wants it, to grade there on hand-in.

    It holds the solutions and the hidden cases, as any autograder on Gradescope does.
    """
    from .classroom.gradescope import build_zip
    from .course import Course

    with plain_errors():
        names = build_zip(Course.load(root).assignment(assignment), to)
    say("wrote", f"{to}: {len(names)} files")


@app.command(hidden=True)
def gradescope_run(
    submission: Path,
    to: Path = Path("results.json"),
    assignment: OneOf = None,
    root: Root = Path(),
) -> None:
    """What runs in Gradescope's container: grade a folder and write results.json."""
    from .classroom.gradescope import grade_one
    from .course import Course

    with plain_errors():
        grade_one(Course.load(root).assignment(assignment), submission, to)
