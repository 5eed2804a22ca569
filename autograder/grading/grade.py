"""Grade work of a course here: make the order, run it, price what was found."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache

from autograder import registry
from autograder.course import Assignment
from autograder.frames import released_frame, solution_work
from autograder.grading.examine import Examiner
from autograder.grading.finding import Finding
from autograder.grading.keys import course_key, draw_seed, grader_version, problem_version
from autograder.grading.order import Order
from autograder.grading.score import Taken, scored, standing_by_itself
from autograder.grading.verdict import Verdict
from autograder.sandbox.levels import VARIABLE, Level
from autograder.selfcheck.regions import work_hash


@dataclass
class Grader:
    """Grades work of one assignment on this machine, in sandboxes that it keeps until `close`.

    Raises IsolationError at once when this machine offers less than `course.toml` asks for.
    """

    assignment: Assignment
    level: Level | None = None
    examiner: Examiner = field(init=False)

    def __post_init__(self) -> None:
        sandbox = self.assignment.course.sandbox
        self.examiner = Examiner(sandbox, (self.assignment.root,), self.level)
        self.level = self.examiner.level

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandboxes."""
        self.examiner.close()

    def find(self, work: dict[str, str], problem_id: str) -> Finding:
        """What running the work shows."""
        return self.examiner.find(make_order(self.assignment, problem_id, work))

    def grade(self, taken: Taken, problem_id: str) -> Verdict:
        """The verdict for a work; nothing is read or written on the way."""
        alone = standing_by_itself(taken)
        found = [] if alone else [self.find(taken.work, problem_id)]
        return scored(self.assignment, problem_id, taken, found)


def make_order(assignment: Assignment, problem_id: str, work: dict[str, str]) -> Order:
    """What a machine needs to know to grade that work."""
    name = assignment.qualified(problem_id)
    problem, frame = registry.load(name), released_frame(assignment, problem_id)
    key, code = course_key(assignment.root), work_hash(work)
    cases = [graded.case.name for graded in problem.cases]
    cpu, gpu = versions(name, frame.source)
    return Order(
        assignment=assignment.name,
        problem=problem_id,
        work=dict(work),
        cells=tuple(frame.cells),
        solution=solution_work(assignment, problem_id),
        seeds={case: draw_seed(key, code, name, case) for case in (*cases, "speed")},
        cpu=cpu,
        gpu=gpu,
        grader=grader_version(),
        sandbox=assignment.course.sandbox.model_dump() | isolation_told(),
    )


def isolation_told() -> dict[str, str]:
    """The isolation that was asked for once, by the command line, in place of course.toml's."""
    told = os.environ.get(VARIABLE)
    return {"isolation": told} if told else {}


@lru_cache(maxsize=256)
def versions(name: str, frame: str) -> tuple[str, str]:
    """A problem's version on a CPU and on a GPU, with that given code."""
    problem = registry.load(name)
    return problem_version(problem, frame, False), problem_version(problem, frame, True)
