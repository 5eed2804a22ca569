"""Grade a whole class: every submission that has no fitting verdict yet, several at a time."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import torch

from autograder.classroom.collect import released_names
from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.generate.cells import problem_of
from autograder.grading.book import Book, take
from autograder.grading.grade import Grader
from autograder.grading.verdict import Verdict
from autograder.sandbox.inside.share import SHARE
from autograder.sandbox.runner import SandboxError

KILLED = (
    "the process that graded this was killed; perhaps the machine has too little memory. "
    "Look at it alone: autograder run --student … --jobs 1"
)
SHARED = "not run: the work is the same as another student's"


@dataclass(frozen=True)
class Submission:
    """One submitted notebook."""

    assignment: str
    student: str
    problem: str
    path: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a submission: a verdict, or a fault of the grader's own (`fault`).

    `happened` is KEPT for a verdict of an earlier run, else it says why this one was made.
    """

    submission: Submission
    verdict: Verdict | None
    fault: str = ""
    happened: str = ""


def submissions(assignment: Assignment, students: list[str] | None = None) -> list[Submission]:
    """The submitted notebooks of an assignment's problems, in order of student and problem.

    Only files with a released notebook's name count, as for nbgrader; `settle` gives it to others.
    """
    found = []
    for folder in sorted((assignment.root / "submitted").glob(f"*/{assignment.name}")):
        student = folder.parent.name
        for name in released_names(assignment):
            path = folder / f"{name}.ipynb"
            if os.path.lexists(path) and (not students or student in students):
                found.append(Submission(assignment.name, student, problem_of(path.name), path))
    return found


def run_class(root: Path, work: list[Submission], jobs: int) -> Iterator[Outcome]:
    """Grade submissions of the course at `root` in `jobs` processes; yield outcomes as they come.

    Equal work is run once: whoever handed it in too (the notebook as it came, a solution passed
    around) gets the same verdict, as grading it again would give.
    Raises IsolationError before anything is run if this machine is not safe enough. Verdicts are
    written as they are made, so an interrupted run goes on where it stopped.
    """
    Grader(Course.load(root).assignments[0])
    yield from _rounds(root, list(work), jobs)


def _rounds(root: Path, left: list[Submission], jobs: int) -> Iterator[Outcome]:
    """Grade in a pool of processes, and in a new one for what is left when one of them is killed.

    Who killed it is found by grading one at a time what may have been running then.
    """
    while left:
        done = set()
        for outcome in _pool(root, left, jobs):
            done.add(outcome.submission)
            yield outcome
        left = [item for item in left if item not in done]
        if left and jobs == 1:
            yield Outcome(left.pop(0), None, KILLED)
        elif left:
            running = 2 * jobs + 1  # as many as a pool takes in advance
            yield from _rounds(root, left[:running], 1)
            left = left[running:]


def _pool(root: Path, work: list[Submission], jobs: int) -> Iterator[Outcome]:
    """The outcomes of one pool; it ends early when one of its processes is killed."""
    context = multiprocessing.get_context("spawn")
    threads = max(1, (os.cpu_count() or 1) // jobs)
    settings = (str(root), threads, 1 / jobs)
    with ProcessPoolExecutor(jobs, context, _start, settings) as pool:
        try:
            groups = _alike(pool, work) if jobs > 1 else [[item] for item in work]
            futures = {pool.submit(_grade_alike, items): items for items in groups}
            for future in as_completed(futures):
                yield from _outcomes(futures[future], future)
        except BrokenProcessPool:
            return


def _alike(pool: ProcessPoolExecutor, work: list[Submission]) -> list[list[Submission]]:
    """The submissions, those of equal code together."""
    groups = defaultdict(list)
    for item, key in zip(work, pool.map(_key, work), strict=True):
        groups[key or item].append(item)
    return list(groups.values())


def _outcomes(items: list[Submission], future: Future) -> list[Outcome]:
    """What became of submissions of equal code. Raises BrokenProcessPool."""
    try:
        made = zip(items, future.result(), strict=True)
        return [Outcome(item, verdict, happened=happened) for item, (verdict, happened) in made]
    except BrokenProcessPool:
        raise
    except CourseError as error:
        return [Outcome(item, None, str(error)) for item in items]
    except Exception as error:
        return [Outcome(item, None, f"{type(error).__name__}: {error}") for item in items]


def default_jobs() -> int:
    """How many submissions run at a time: one per core, and on a GPU one per 8 GB of its memory."""
    cores = os.cpu_count() or 1
    if not torch.cuda.is_available():
        return cores
    memory = torch.cuda.get_device_properties(0).total_memory
    return max(1, min(cores, 8, memory // 8_000_000_000))


_books: dict[str, Book] = {}  # by the assignment's name


def _start(root: str, threads: int, share: float) -> None:
    """Prepare a worker process of the pool."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ[SHARE] = str(share)
    torch.set_num_threads(threads)
    assignments = Course.load(Path(root)).assignments
    first = Grader(assignments[0])
    for assignment in assignments:  # all in the same sandboxes
        grader = Grader(assignment, first.level, first.runners)
        _books[assignment.name] = Book(assignment, grader)
    multiprocessing.util.Finalize(None, first.close, exitpriority=10)


def _end_with_parent() -> None:
    """A killed grader must not leave processes behind that go on grading."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _key(item: Submission) -> str:
    """What identifies the grading of a submission; "" where it cannot be told beforehand."""
    try:
        book = _books[item.assignment]
        return book.key(take(book.assignment, item.path, item.problem), item.problem)
    except Exception:
        return ""  # whatever it is, grading meets it again and reports it


def _grade_alike(items: list[Submission]) -> list[tuple[Verdict, str]]:
    """Grade submissions of equal code: the first is run, and the others take its verdict."""
    first, *others = items
    book, done = _books[first.assignment], [_grade(first)]  # equal keys: one assignment
    for item in others:
        kept = book.verdict(item.student, item.problem)
        if kept is not None and kept.key == done[0][0].key:
            done.append(_grade(item))
        else:
            book.lend(first.student, item.student, item.problem)
            done.append((_grade(item)[0], SHARED))
    return done


def _grade(item: Submission) -> tuple[Verdict, str]:
    return grade_submission(_books[item.assignment], item)


def grade_submission(book: Book, item: Submission) -> tuple[Verdict, str]:
    """The verdict of one submitted file, whatever it holds, and how it came about; the book keeps
    it.
    """
    taken = take(book.assignment, item.path, item.problem)
    try:
        return book.graded(taken, item.student, item.problem)
    except SandboxError:  # a sandbox that did not start in time on a busy machine: once more
        return book.graded(taken, item.student, item.problem)
