"""Grade a whole class: run what nobody has run yet, and write everybody's verdict."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from autograder.classroom.collect import released_names
from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.frames import released_frame
from autograder.generate.cells import problem_of
from autograder.grading.book import Book, take
from autograder.grading.finding import Finding
from autograder.grading.keys import CPU, PACKAGE, device_class
from autograder.grading.order import Order
from autograder.grading.score import Taken, handed_in, standing_by_itself, taken_back
from autograder.grading.verdict import HandedIn, Verdict
from autograder.sandbox.levels import choose
from autograder.selfcheck.regions import work_hash

KEPT = "kept"
BY_ITSELF = "nothing to run"
ELSEWHERE = "found before"
SHARED = "not run: the work is the same as another student's"
READERS = ("intake/*.py", "selfcheck/grammar*.py", "selfcheck/regions.py", "selfcheck/program.py")


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

    `happened` is KEPT for a verdict of an earlier run, else it says how this one came about.
    """

    submission: Submission
    verdict: Verdict | None
    fault: str = ""
    happened: str = ""


def submissions(
    assignment: Assignment, students: list[str] | None = None, problems: list[str] | None = None
) -> list[Submission]:
    """The submitted notebooks of an assignment's problems, in order of student and problem.

    Only files with a released notebook's name count, as for nbgrader; `settle` gives it to others.
    """
    found = []
    for folder in sorted((assignment.root / "submitted").glob(f"*/{assignment.name}")):
        student = folder.parent.name
        for name in released_names(assignment):
            path, problem = folder / f"{name}.ipynb", problem_of(f"{name}.ipynb")
            wanted = (not students or student in students) and (not problems or problem in problems)
            if wanted and os.path.lexists(path):
                found.append(Submission(assignment.name, student, problem, path))
    return found


class Workers(Protocol):
    """Whatever carries orders out: pool.Pool. `dashboard` is where one may watch."""

    @property
    def dashboard(self) -> str: ...
    def seats(self, gpu: bool = False) -> int: ...
    def add(self, order: Order, gpu: bool = False) -> None: ...
    def ready(self) -> Iterator[tuple[Order, dict]]: ...
    def rest(self) -> Iterator[tuple[Order, dict]]: ...


def run_class(
    root: Path,
    work: list[Submission],
    jobs: int = 1,
    again: bool = False,
    workers: Workers | None = None,
    started: Callable[[str], None] = lambda dashboard: None,
) -> Iterator[Outcome]:
    """Grade submissions of the course at `root`; yield outcomes as they come.

    Without `workers`, `jobs` processes are started here once there is something to run. Equal work
    is run once, and what was found of it before is not run at all, unless `again`.
    Raises IsolationError before anything is run if this machine is to run it and is not safe
    enough. Findings are written as they come, so an interrupted run goes on where it stopped.
    `started` is told where the workers may be watched.
    """
    course = Course.load(root)
    if workers is not None:
        device = "some GPU" if workers.seats(gpu=True) else CPU
        started(workers.dashboard)
        yield from Run(course, device, again).outcomes(work, lambda: nullcontext(workers))
        return

    @contextmanager
    def opened() -> Iterator[Workers]:
        choose(course.sandbox.isolation)
        from autograder.classroom.cluster import here  # late: Dask takes a second to import

        with here(course, jobs) as pool:
            started(pool.dashboard)
            yield pool

    yield from Run(course, device_class(), again).outcomes(work, opened)


@dataclass
class Waiting:
    """A submission whose work is being run."""

    item: Submission
    taken: Taken
    handed: HandedIn
    happened: str = "graded"


@dataclass
class Run:
    """One run over a class: what is kept, what is out, and who waits for it."""

    course: Course
    device: str
    again: bool = False
    books: dict[str, Book] = field(init=False)
    waiting: dict[tuple[str, str, str], list[Waiting]] = field(
        default_factory=lambda: defaultdict(list)
    )
    made: set[tuple[str, str, str]] = field(default_factory=set)  # run in this run already
    workers: Workers | None = None

    def __post_init__(self) -> None:
        self.books = {one.name: Book(one) for one in self.course.assignments}

    def outcomes(
        self, work: list[Submission], opened: Callable[[], AbstractContextManager[Workers]]
    ) -> Iterator[Outcome]:
        """What becomes of each submission; workers are opened when there is something to run."""
        with ExitStack() as stack:
            for item in work:
                one = self._looked_at(item)
                if isinstance(one, Outcome):
                    yield one
                    continue
                if self.workers is None:
                    self.workers = stack.enter_context(opened())
                self._order(one)
                for order, said in self.workers.ready():
                    yield from self._booked(order, said)
            while self.waiting and self.workers is not None:
                for order, said in self.workers.rest():
                    yield from self._booked(order, said)

    def _looked_at(self, item: Submission) -> Outcome | Waiting:
        """The outcome of a submission for which nothing needs to be run, else what waits."""
        book = self.books[item.assignment]
        try:
            kept = book.verdict(item.student, item.problem)
            damaged = kept is None and book.path(item.student, item.problem).exists()
            taken, handed = read(book.assignment, item, kept)
            found = book.found(taken, item.problem)
            key = self._key(item, taken)
            known = standing_by_itself(taken) or not book.lacks(found, item.problem, self.device)
            if not known or (self.again and found and key not in self.made):
                happened = self._why(item, taken, kept, found)
                return Waiting(item, taken, handed, happened)
            verdict = book.booked(taken, item.student, item.problem, found, handed)
        except Exception as error:
            return Outcome(item, None, _fault(error))
        if verdict == kept:
            return Outcome(item, verdict, happened=KEPT)
        happened = BY_ITSELF if standing_by_itself(taken) else ELSEWHERE
        if key in self.made:
            happened = SHARED
        elif damaged:
            happened = "written again: the verdict file was damaged"
        elif kept is not None and kept.work == verdict.work and kept.findings == verdict.findings:
            happened = "written again: points or rules have changed"
        return Outcome(item, verdict, happened=happened)

    def _why(
        self, item: Submission, taken: Taken, kept: Verdict | None, found: list[Finding]
    ) -> str:
        """Why something has to be run."""
        work = work_hash(taken.work)
        if found:
            return "graded again, as asked" if self.again else "graded again: a GPU tells more"
        if kept is None or kept.status == "not gradable":
            return "graded"
        if kept.work != work:
            return "graded again: other work was handed in"
        known = self.books[item.assignment].has_any(work, item.problem)
        return f"graded again: {'the problem has changed' if known else 'what was found is gone'}"

    def _key(self, item: Submission, taken: Taken) -> tuple[str, str, str]:
        return item.assignment, item.problem, work_hash(taken.work)

    def _order(self, one: Waiting) -> None:
        """Send the work out, unless somebody else's equal work is out."""
        assert self.workers is not None
        key = self._key(one.item, one.taken)
        self.waiting[key].append(one)
        if len(self.waiting[key]) > 1:
            return
        book = self.books[one.item.assignment]
        found = [] if self.again else book.found(one.taken, one.item.problem)
        gpus = self.workers.seats(gpu=True) > 0
        self.workers.add(book.order(one.taken.work, one.item.problem), gpu=bool(found) and gpus)

    def _booked(self, order: Order, said: dict) -> Iterator[Outcome]:
        """Write down what came back, and everybody's verdict who waited for it."""
        key = (order.assignment, order.problem, order.work_hash)
        book = self.books[order.assignment]
        try:
            if "fault" in said:
                raise CourseError(said["fault"])
            finding = Finding.model_validate(said["finding"])
            book.keep(finding, replace=self.again)
            if self._goes_on(book, order, finding):
                return
        except Exception as error:
            waited = self.waiting.pop(key)
            yield from (Outcome(one.item, None, _fault(error)) for one in waited)
            return
        self.made.add(key)
        for number, one in enumerate(self.waiting.pop(key)):
            try:
                found = book.found(one.taken, one.item.problem)
                student, problem = one.item.student, one.item.problem
                verdict = book.booked(one.taken, student, problem, found, one.handed)
            except Exception as error:  # one verdict that cannot be written stops nobody else's
                yield Outcome(one.item, None, _fault(error))
                continue
            yield Outcome(one.item, verdict, happened=SHARED if number else one.happened)

    def _goes_on(self, book: Book, order: Order, finding: Finding) -> bool:
        """Send right work that a CPU worker graded on to a worker with a GPU, if there is one."""
        if finding.on_gpu or self.workers is None or not self.workers.seats(gpu=True):
            return False
        if not book.lacks([finding], order.problem, "a GPU"):
            return False
        self.workers.add(order, gpu=True)
        return True


def read(assignment: Assignment, item: Submission, kept: Verdict | None) -> tuple[Taken, HandedIn]:
    """The work in a submitted file; it is not read again if its bytes are those of last time."""
    reader = reader_version() + text_hash(released_frame(assignment, item.problem).source)
    try:
        file = hashlib.sha256(item.path.read_bytes()).hexdigest()
    except OSError:
        file = ""  # a folder, a link to nowhere: the reader says what it is
    known = kept.handed_in if kept is not None else None
    if file and known is not None and (known.file, known.reader) == (file, reader):
        return taken_back(known), known
    taken = take(assignment, item.path, item.problem)
    return taken, handed_in(taken, file, reader)


@cache
def reader_version() -> str:
    """What identifies the code that reads files: a file is read again when it changes."""
    paths = sorted(path for pattern in READERS for path in PACKAGE.glob(pattern))
    return text_hash("\0".join(path.read_text("utf-8") for path in paths))


@cache
def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _fault(error: Exception) -> str:
    return str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {error}"
