"""Run what nobody has run yet, and write the verdicts that follow from it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import cache

from autograder.classroom.run import KEPT, SHARED, Outcome, Submission, Workers
from autograder.classroom.seals import submitted_hash
from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.frames import released_frame
from autograder.grading.book import Book, take
from autograder.grading.finding import Finding
from autograder.grading.keys import PACKAGE
from autograder.grading.order import Order
from autograder.grading.score import Taken, handed_in, standing_by_itself, taken_back
from autograder.grading.verdict import HandedIn, Verdict
from autograder.selfcheck.regions import work_hash

BY_ITSELF = "nothing to run"
ELSEWHERE = "found before"
READERS = ("intake/*.py", "selfcheck/grammar*.py", "selfcheck/regions.py", "selfcheck/program.py")


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
    file = submitted_hash(item.path)  # "" for a folder or a link: the reader says what it is
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
