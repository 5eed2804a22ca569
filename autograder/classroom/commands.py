"""The command line's part for a class: run, and verdicts export, import, pack."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from ..console import Form, Name, Root, out, plain, plain_errors, say
from ..errors import CourseError

if TYPE_CHECKING:
    from ..course import Course
    from .run import Outcome, Submission

app = typer.Typer()
verdicts = typer.Typer(no_args_is_help=True)
app.add_typer(verdicts, name="verdicts", help="Carry what was found between machines.")

Students = Annotated[list[str] | None, typer.Option("--student", help="Only these students.")]
Problems = Annotated[list[str] | None, typer.Option("--problem", help="Only these, like w3.")]
FAULTS = (
    "{} submissions met a fault of the grader and have no new verdict. Run the same command again: "
    "only what is missing is graded."
)


@app.command()
def run(
    assignment: Name = None,
    student: Students = None,
    problem: Problems = None,
    again: Annotated[bool, typer.Option(help="Run also what is known already.")] = False,
    jobs: Annotated[int | None, typer.Option(help="Submissions graded at a time.")] = None,
    scheduler: Annotated[
        str, typer.Option(help="Grade on the workers of this Dask scheduler, tcp://host:8786.")
    ] = "",
    isolation: Annotated[
        str | None,
        typer.Option(help="The weakest isolation accepted, for once; default: course.toml's."),
    ] = None,
    root: Root = Path(),
) -> None:
    """Grade what is under submitted/ and leave a verdict file each; interrupted runs go on."""
    from ..course import Course
    from ..sandbox.levels import VARIABLE

    if isolation:
        os.environ[VARIABLE] = isolation  # for the processes that are started too
    with plain_errors():
        course = Course.load(root)
        work = _handed_in(course, assignment, student, problem)
        if scheduler:
            from .cluster import elsewhere

            with elsewhere(course, scheduler) as workers:
                for where, why in workers.unfit.items():
                    say("left", f"worker {where}: {why}")
                for where, what in workers.unlike.items():
                    say("note", f"worker {where} has other versions than this machine: {what}")
                done = _graded(course, work, again=again, workers=workers)
        else:
            done = _graded(course, work, again=again, jobs=jobs)
        for what, count in sorted(done.items()):
            say(str(count), what)
        if faults := done["grader fault"]:
            raise CourseError(FAULTS.format(faults))


def _handed_in(
    course: Course, assignment: str | None, student: list[str] | None, problem: list[str] | None
) -> list[Submission]:
    """The submissions meant, each put in its place. Raises CourseError if there is none."""
    from .run import submissions
    from .settle import settle, strays

    work = []
    for one in course.chosen(assignment):
        if not any((course.root / "submitted").glob(f"*/{one.name}")):
            continue  # perhaps not even released yet
        for taken in settle(one, student):
            note = f" ({taken.note})" if taken.note else ""
            say("taken", f"{taken.target.relative_to(course.root)}{note}")
        work += submissions(one, student, problem)
    for stray in [] if student else strays(course.root, course.sections):
        say("left", f"{stray.reason} {stray.source}")
    if not work:
        raise CourseError(f"{course.root / 'submitted'}: no notebooks to grade there.")
    return work


def _graded(course: Course, work: list[Submission], **how: Any) -> Counter:
    """Grade with progress, a line for each notebook but those kept; how many of each outcome."""
    from .run import KEPT, run_class

    done: Counter = Counter()
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, disable=Form.json) as bar:
        task = bar.add_task("grading", total=len(work))
        for outcome in run_class(course.root, work, started=_said_where, **how):
            bar.advance(task)
            if outcome.happened != KEPT:
                _tell(outcome)
            done["grader fault" if outcome.fault else outcome.happened] += 1
    return done


def _said_where(dashboard: str) -> None:
    say("note", f"Watch the workers at {dashboard}")


def _tell(outcome: Outcome) -> None:
    """A line about a notebook that was graded."""
    if not Form.json:
        out.print(_outcome_line(outcome), highlight=False, soft_wrap=True)
        return
    item, verdict = outcome.submission, outcome.verdict
    of = {"student": item.student, "assignment": item.assignment, "problem": item.problem}
    if verdict is None:
        say("fault", outcome.fault, **of)
    else:
        say("graded", verdict.sentence, **of, score=verdict.score, max=verdict.max_score)


def _outcome_line(outcome: Outcome) -> str:
    item, verdict = outcome.submission, outcome.verdict
    who = f"{plain(item.student):<20} {item.assignment}/{item.problem:<3} "
    if verdict is None:
        return f"{who}[red]grader fault[/] {plain(outcome.fault)}"
    score = "–" if verdict.score is None else f"{verdict.score:g}"
    count = len(verdict.repairs)
    repaired = f" [dim](repairs: {count}, see feedback)[/]" if count else ""
    return f"{who}{score:>6} of {verdict.max_score:g}  {plain(verdict.sentence)}{repaired}"


@verdicts.command("export")
def export_(
    to: Annotated[Path, typer.Argument(help="The zip file.")] = Path("findings.zip"),
    root: Root = Path(),
) -> None:
    """Pack what was found on this machine, to be imported on another. It names no student."""
    from ..course import Course
    from .travel import export_findings

    with plain_errors():
        count = export_findings(Course.load(root), to)
    say("built", f"{to}: {count} findings. There: autograder verdicts import {to.name}")


@verdicts.command("import")
def import_(
    sources: Annotated[list[Path], typer.Argument(help="Zip files or folders.")],
    root: Root = Path(),
) -> None:
    """Take in what another machine found. The better of two stays: a GPU's before a CPU's."""
    from ..course import Course
    from .travel import import_findings

    with plain_errors():
        told = import_findings(Course.load(root), sources)
    for name, reason in told.refused:
        say("left", f"{name}: {reason}")
    say("taken", f"{told.counts['new']} new findings, {told.counts['known']} known before")
    if told.counts["new"]:
        say("note", "`make autograde` books them; nothing that is known is run again.")
    raise typer.Exit(3 if told.refused else 0)


@verdicts.command()
def pack(
    to: Annotated[Path, typer.Argument(help="The zip file.")] = Path("work.zip"),
    assignment: Annotated[str | None, typer.Option(help="Default: all of them.")] = None,
    student: Students = None,
    problem: Problems = None,
    root: Root = Path(),
) -> None:
    """Pack the work about which a GPU could tell more, with the grader, to be graded elsewhere.

    The hidden cases are in it: keep it to yourself. No student is named.
    """
    from ..course import Course
    from .travel import pack_work

    with plain_errors():
        course = Course.load(root)
        count = pack_work(course, _handed_in(course, assignment, student, problem), to)
        if not count:
            raise CourseError("A GPU could tell no more about any of this work than is known.")
    say("built", f"{to}: {count} works. colab/grade_in_colab.ipynb grades it on a Colab GPU.")
    say("note", "It holds the hidden cases and the solutions: never share it.")
