"""What a machine needs to know to grade one work: plain data, which travels as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from autograder import registry
from autograder.course import SandboxSection
from autograder.errors import CourseError
from autograder.grading.keys import grader_version
from autograder.registry import GradedProblem
from autograder.selfcheck.program import Frame
from autograder.selfcheck.regions import work_hash

OTHER = (
    "The grader here is another version than the one the work comes from. Install the same version "
    "of the course on this machine."
)


@dataclass(frozen=True)
class Order:
    """One work to be run: the regions' texts, the given code around them (`cells`), the course's
    solution, which is timed beside it and shows that the machine is fit, a seed for each case, and
    the limits.

    `cpu` and `gpu` are the problem's version there, `grader` the version of the code that wrote the
    order: a machine with other code refuses it. No student is named in it.
    """

    assignment: str
    problem: str
    work: dict[str, str]
    cells: tuple[str, ...]
    solution: dict[str, str]
    seeds: dict[str, int]
    cpu: str
    gpu: str
    grader: str
    sandbox: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.assignment}/{self.problem}"

    @property
    def frame(self) -> Frame:
        return read_frame(self.problem, self.cells)

    @property
    def work_hash(self) -> str:
        return work_hash(self.work)

    @property
    def limits(self) -> SandboxSection:
        return SandboxSection(**self.sandbox)

    def version(self, gpu: bool) -> str:
        return self.gpu if gpu else self.cpu

    def graded_problem(self) -> GradedProblem:
        """The problem's hidden side. Raises CourseError if this machine has other code."""
        if grader_version() != self.grader:
            raise CourseError(OTHER)
        return registry.load(self.name)

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@lru_cache(maxsize=64)
def read_frame(problem: str, cells: tuple[str, ...]) -> Frame:
    """The given code, whose regions are then looked for once and not for every work."""
    return Frame(problem, cells)


def order_from(plain: dict[str, Any]) -> Order:
    """The order that `plain` wrote. Raises TypeError or KeyError for anything else."""
    return Order(**{**plain, "cells": tuple(plain["cells"])})
