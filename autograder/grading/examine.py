"""Run one work: from an order to a finding. Needs neither nbgrader nor the course's folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch

from autograder.course import SandboxSection
from autograder.errors import CourseError
from autograder.grading.cases import Clock, run_cases
from autograder.grading.compiling import compile_ahead, uncompiled
from autograder.grading.finding import Finding
from autograder.grading.keys import device_class, grader_version, machine
from autograder.grading.order import Order
from autograder.grading.speed import grade_speed
from autograder.grading.verdict import CaseVerdict, DiagnosisRecord
from autograder.grading.watching import explained
from autograder.registry import GradedProblem
from autograder.sandbox.box import Limits
from autograder.sandbox.levels import Level, choose
from autograder.sandbox.runner import Child, Runner
from autograder.selfcheck.device import Mode, current_mode
from autograder.selfcheck.diagnosis import Diagnosis
from autograder.selfcheck.program import Program

UNFIT = (
    "Nothing can be graded here: on this machine the course's own solution of {} fails too. Mend "
    "that, then run the same command again. In the case '{}' it said: {}"
)
NEEDED_BYTES = 64 << 20  # free space without which a failed case says nothing about the student


@dataclass
class Examiner:
    """Runs orders on this machine, in sandboxed templates (`runners`) that it keeps until `close`.

    `hidden` names folders that no student's process may read, beside this package's own. Raises
    IsolationError at once when this machine offers less than `sandbox` asks for.
    """

    sandbox: SandboxSection = field(default_factory=SandboxSection)
    hidden: Sequence[Path] = ()
    chosen: Level | None = None  # by default the best that this machine offers
    runners: dict[str, Runner] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)  # problems whose solution was seen to pass here

    def __post_init__(self) -> None:
        self.level = self.chosen or choose(self.sandbox.isolation)
        self.mode: Mode = current_mode()

    def __enter__(self) -> Examiner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandboxes."""
        while self.runners:
            self.runners.popitem()[1].close()

    def runner(self, use: str = "cases") -> Runner:
        """The sandboxed template for "cases", "compile", on a GPU also "watch", "solution"."""
        if use not in self.runners:
            gpu = self.mode.on_gpu and use not in ("compile", "watch")
            self.runners[use] = Runner(
                self.level,
                gpu=gpu,
                interpret=use != "compile" and not gpu,
                limits=Limits(memory_gib=self.sandbox.memory_gib),
                hidden=self.hidden,
                ours=use == "solution",
            )
        return self.runners[use]

    def find(self, order: Order) -> Finding:
        """Run every case of the problem on the work. The grammar has passed it before.

        Raises CourseError if this machine has other code than the order's.
        """
        problem = order.graded_problem()
        program = order.frame.program(order.work)
        limits = order.limits
        clock = Clock(limits.case_seconds, limits.notebook_seconds)
        if self.mode.on_gpu and problem.speed is not None:
            self.runner("solution").begin()  # beside the other
        with self.runner().child(program) as child:
            cases, right = self._cases(problem, program, order, child, clock)
            speed = self._speed(problem, child, order, right)
        torch.cuda.empty_cache() if self.mode.on_gpu else None
        return Finding(
            assignment=order.assignment,
            problem=order.problem,
            work=order.work_hash,
            version=order.version(self.mode.on_gpu),
            device=device_class(),
            cases=cases,
            speed=speed,
            diagnosis=self._explained(problem, program, cases, limits.case_seconds),
            machine=machine(),
            isolation=self.level.name,
            grader=grader_version(),
            made=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def _cases(
        self, problem: GradedProblem, program: Program, order: Order, child: Child, clock: Clock
    ) -> tuple[list[CaseVerdict], bool]:
        """The cases; on a CPU, right answers then meet the compiler. The second value says whether
        all are right.
        """
        seeds, mode = order.seeds, self.mode
        if mode.on_gpu and problem.public.uses_triton:
            compile_ahead(problem, child, mode, clock.case)
        cases = list(run_cases(problem, child, mode, seeds, clock))
        passed = any(case.status == "passed" for case in cases)
        if not passed:
            child.end()  # what it holds of the GPU would be the solution's lack
            self._refuse_unfit_machine(problem, order)
        table = next((case for case in cases if case.status == "not allowed"), None)
        if table is not None:  # where it would fit in one tile it could not be seen
            return list(_none(cases, table.detail)), False
        if passed and problem.public.uses_triton and not mode.on_gpu:
            cases = uncompiled(problem, self.runner("compile"), program, cases, mode)
        if any(case.status != "passed" for case in cases):
            _refuse_full_disk()
        return cases, all(case.status == "passed" for case in cases)

    def _refuse_unfit_machine(self, problem: GradedProblem, order: Order) -> None:
        """Where no case of a work passes, the course's solution must pass one: if it does not, the
        machine is at fault: no C compiler, say, or a GPU that others have filled. Raises
        CourseError.
        """
        if order.name in self.sound:
            return
        solved, limits = order.frame.program(order.solution), order.limits
        clock = Clock(limits.case_seconds, limits.notebook_seconds)
        with self.runner("solution" if self.mode.on_gpu else "cases").child(solved) as child:
            first = next(run_cases(problem, child, self.mode, order.seeds, clock))
        if first.status != "passed":
            raise CourseError(UNFIT.format(order.name, first.name, first.detail or first.status))
        self.sound.add(order.name)

    def _explained(
        self, problem: GradedProblem, program: Program, cases: list[CaseVerdict], seconds: float
    ) -> DiagnosisRecord:
        """Why cases failed. Kernels are watched in Triton's interpreter, also beside a GPU."""
        told = Diagnosis()
        if not all(case.status in ("passed", "not allowed") for case in cases):
            use = "watch" if self.mode.on_gpu else "cases"
            with self.runner(use).child(program) as child:
                told = explained(problem.public, child, cases, Clock(seconds, seconds))
        return DiagnosisRecord.model_validate(asdict(told))

    def _speed(
        self, problem: GradedProblem, child: Child, order: Order, right: bool
    ) -> CaseVerdict | None:
        """The timed case: on a GPU, and only for an implementation whose answers are all right."""
        if problem.speed is None or not (right and self.mode.on_gpu):
            return None
        solved = order.frame.program(order.solution)
        seed = order.seeds["speed"]
        with self.runner("solution").child(solved) as solution:
            return grade_speed(problem.public, problem.speed, child, solution, self.mode, seed)


def _none(cases: list[CaseVerdict], why: str) -> Iterator[CaseVerdict]:
    """No case counts, whatever came out."""
    for case in cases:
        yield CaseVerdict(name=case.name, status="not allowed", detail=why)


def _refuse_full_disk() -> None:
    """A case may have failed because nothing could be written: that is nobody's grade.

    The submission's own files are gone by now, so what fills the disk is not the student's.
    """
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise CourseError(
            f"{folder}: only {free / 1e6:.0f} MB free, too little to grade. Free space there (or "
            "set TMPDIR to another folder), then run the same command again."
        )
