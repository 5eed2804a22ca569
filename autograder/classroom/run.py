"""Grade a whole class: every submission that has no fitting verdict yet, several at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
import torch

from autograder.course import Course
from autograder.generate.cells import BuildError, problem_of
from autograder.grading.book import Book, rebuilt
from autograder.grading.grade import Grader
from autograder.grading.verdict import Verdict, save_verdict


@dataclass(frozen=True)
class Submission:
    """One submitted notebook."""

    student: str
    problem: str
    path: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a submission: a verdict, or a fault of the grader's own (`fault`)."""

    submission: Submission
    verdict: Verdict | None
    fault: str = ""


def submissions(course: Course, students: list[str] | None = None) -> list[Submission]:
    """The submitted notebooks of the course's problems, in order of student and problem."""
    found = []
    for path in sorted((course.root / "submitted").glob(f"*/{course.assignment_name}/*.ipynb")):
        student = path.parent.parent.name
        try:
            problem = problem_of(path.name)
        except BuildError:
            continue  # nbgrader ignores such a file too, and says so
        if problem in course.points and (not students or student in students):
            found.append(Submission(student, problem, path))
    return found


def run_class(course: Course, work: list[Submission], jobs: int) -> Iterator[Outcome]:
    """Grade the submissions in `jobs` processes and yield outcomes as they come.

    Equal code is run once: whoever handed it in too (the notebook as it came, a solution passed
    around) gets the same verdict, as grading it again would give.
    Raises IsolationError before anything is run if this machine is not safe enough. Verdicts are
    written as they are made, so an interrupted run goes on where it stopped.
    """
    Grader(course)
    context = multiprocessing.get_context("spawn")
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with ProcessPoolExecutor(jobs, context, _start, (str(course.root), threads)) as pool:
        futures = {pool.submit(_grade_alike, items): items for items in _alike(pool, work)}
        for future in as_completed(futures):
            yield from _outcomes(futures[future], future)


def _alike(pool: ProcessPoolExecutor, work: list[Submission]) -> list[list[Submission]]:
    """The submissions, those of equal code together."""
    groups = defaultdict(list)
    for item, key in zip(work, pool.map(_key, work), strict=True):
        groups[key or item].append(item)
    return list(groups.values())


def _outcomes(items: list[Submission], future: Future) -> list[Outcome]:
    try:
        return [
            Outcome(item, verdict) for item, verdict in zip(items, future.result(), strict=True)
        ]
    except Exception as error:
        return [Outcome(item, None, f"{type(error).__name__}: {error}") for item in items]


def default_jobs() -> int:
    """How many submissions run at a time: one per core, and on a GPU one per 8 GB of its memory."""
    cores = os.cpu_count() or 1
    if not torch.cuda.is_available():
        return cores
    memory = torch.cuda.get_device_properties(0).total_memory
    return max(1, min(cores, 8, memory // 8_000_000_000))


_book: Book | None = None


def _start(root: str, threads: int) -> None:
    """Prepare a worker process of the pool."""
    global _book
    os.environ["OMP_NUM_THREADS"] = str(threads)
    torch.set_num_threads(threads)
    course = Course.load(Path(root))
    _book = Book(course, Grader(course))


def _key(item: Submission) -> str:
    """What identifies the grading of a submission; "" where it cannot be told beforehand."""
    try:
        submitted = nbformat.read(item.path, as_version=4)
        return _book.key(rebuilt(submitted, _book.course, item.problem), item.problem)
    except Exception:
        return ""  # whatever it is, grading meets it again and reports it


def _grade_alike(items: list[Submission]) -> list[Verdict]:
    """Grade submissions of equal code: the first is run, and the others take its verdict."""
    first, *others = items
    verdicts = [_grade(first)]
    for item in others:
        kept = _book.verdict(item.student, item.problem)
        if kept is None or kept.key != verdicts[0].key:
            _book.lend(first.student, item.student, item.problem)
        verdicts.append(_grade(item))
    return verdicts


def _grade(item: Submission) -> Verdict:
    try:
        submitted = nbformat.read(item.path, as_version=4)
    except Exception as error:
        return _unreadable(item, error)
    nb = rebuilt(submitted, _book.course, item.problem)
    return _book.graded(nb, item.student, item.problem)


def _unreadable(item: Submission, error: Exception) -> Verdict:
    """The verdict of a file that is no notebook."""
    reason = (
        f"{item.path.name} cannot be read as a notebook ({type(error).__name__}). Download it "
        "again as .ipynb and hand it in once more."
    )
    verdict = Verdict(
        problem=item.problem,
        key="",
        status="not gradable",
        reason=reason,
        max_score=_book.course.points[item.problem],
    )
    save_verdict(_book.path(item.student, item.problem), verdict)
    return verdict
