"""What a student of the demo is: notebooks made by steps, and what grading them must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

from autograder.classroom.demo_edit import Step, overwrite, remove_code, untouched
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.registry import GradedProblem


@dataclass(frozen=True)
class Expected:
    """A verdict's summary and its cases: either those `lost` or the only ones `kept`.

    `chance` names cases that a mistake breaks or spares as the inputs fall. `says` is what the
    diagnosis must tell the student.
    """

    summary: str
    lost: tuple[str, ...] | None = None
    kept: tuple[str, ...] = ()
    chance: tuple[str, ...] = ()
    says: str = ""

    def passing(self, problem: GradedProblem) -> set[str]:
        """The names of the cases that are sure to pass."""
        names = {graded.case.name for graded in problem.cases}
        kept = set(self.kept) if self.lost is None else names - set(self.lost)
        return kept - set(self.chance)

    @property
    def graded(self) -> bool:
        """Whether there is a score: "not graded" is not 0."""
        return self.summary != "not gradable"

    def provisional(self, problem: GradedProblem, gpu: bool) -> bool:
        """Whether speed points stay open: everything is right, and there was no GPU."""
        return problem.speed is not None and self.summary == "passed" and not gpu


@dataclass(frozen=True)
class Work:
    """One notebook: the steps from a perfect one, and what grading must find.

    `on_gpu` stands where tile sizes, dtype or lengths make a GPU's outcome different.
    """

    expected: Expected
    steps: tuple[Step, ...] = ()
    on_gpu: Expected | None = None

    def expect(self, gpu: bool) -> Expected:
        """What grading must find on this kind of machine."""
        return self.on_gpu or self.expected if gpu else self.expected


@dataclass(frozen=True)
class Student:
    """A student of the demo: a name, a sentence, and a notebook for each problem handed in."""

    name: str
    story: str
    work: Mapping[str, Work] = field(hash=False)


def wrong(says: str, **cases: tuple[str, ...]) -> Expected:
    """Wrong answers in some cases, and words that the feedback must have for it."""
    return Expected("wrong answer", says=says, **cases)


def stray(expected: Expected, says: str, summary: str = "error") -> Expected:
    """The same cases without a GPU, where a load beside a tensor is seen at once: an error."""
    return replace(expected, summary=summary, says=says)


def all_right(*steps: Step) -> Work:
    """Every case passes, after these steps too; points for speed stay open without a GPU."""
    return Work(Expected("passed", lost=()), steps)


AS_IT_CAME = Work(Expected("not implemented"), (untouched,))
NO_CODE = Work(Expected("not gradable"), (remove_code,))
GUTTED = (overwrite("selfcheck", "# nothing to check"), overwrite("check", "200"))


def demo_class(assignment: Assignment) -> tuple[Student, ...]:
    """The students of the assignment's own demo, the package `demo` beside its hidden modules, with
    what each handed in of its problems; without those who handed in nothing of them.
    """
    package = f"autograder.problems.{assignment.name}.demo"
    try:
        everybody = import_module(package).CLASS
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise CourseError(
            f"The assignment {assignment.name} has no demo, and needs none. For one, write "
            "CLASS in demo/__init__.py, in the folder of its problems' hidden side."
        ) from None
    narrowed = (
        replace(one, work={p: work for p, work in one.work.items() if p in assignment.points})
        for one in everybody
    )
    return tuple(student for student in narrowed if student.work)
