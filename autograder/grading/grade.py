"""Grade one work: from the texts of its regions to a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import torch

from autograder import registry
from autograder.course import Assignment
from autograder.frames import released_frame, solution_work
from autograder.grading.cases import Clock, holds_table, run_cases, with_points
from autograder.grading.compiling import uncompiled
from autograder.grading.keys import course_key, draw_seed, machine, verdict_key
from autograder.grading.speed import grade_speed
from autograder.grading.verdict import CaseVerdict, DiagnosisRecord, Verdict
from autograder.grading.watching import explained
from autograder.intake.extract import Extracted
from autograder.registry import GradedProblem
from autograder.sandbox.box import Limits
from autograder.sandbox.levels import Level, choose
from autograder.sandbox.runner import Runner
from autograder.selfcheck.device import Mode, current_mode
from autograder.selfcheck.diagnosis import Diagnosis
from autograder.selfcheck.regions import Frame, Program, is_unfilled, work_hash

SHOWN = 10  # refusals told in the notes; a region may hold hundreds


def notes(extracted: Extracted) -> list[str]:
    """What the student is told of the file itself, whatever its work is worth."""
    return [*(one.sentence for one in extracted.refusals[:SHOWN]), *extracted.remarks]


@dataclass
class Grader:
    """Grades work of one assignment on this machine.

    It keeps its sandboxed templates (`runners`) until `close`; graders of the course's other
    assignments may share them.

    Raises IsolationError at once when this machine offers less than `course.toml` asks for.
    """

    assignment: Assignment
    level: Level | None = None
    runners: dict[str, Runner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.level = self.level or choose(self.assignment.course.sandbox.isolation)
        self.mode: Mode = current_mode()

    def __enter__(self) -> Grader:
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
                limits=Limits(memory_gib=self.assignment.course.sandbox.memory_gib),
                hidden=(self.assignment.root,),
                ours=use == "solution",
            )
        return self.runners[use]

    def key(self, extracted: Extracted, problem_id: str) -> str:
        """What identifies this grading; see keys.py."""
        name, points = self.assignment.qualified(problem_id), self.assignment.points[problem_id]
        return verdict_key(work_hash(extracted.work), name, points, self.level.name)

    def grade(self, extracted: Extracted, problem_id: str) -> Verdict:
        """Run every case of the problem on the work, unless its regions hold what may not run."""
        full = self.assignment.points[problem_id]
        problem = registry.load(self.assignment.qualified(problem_id), full)
        frame = released_frame(self.assignment, problem_id)
        diagnosis = Diagnosis()
        missing = [region for region, text in extracted.work.items() if is_unfilled(text)]
        if extracted.refusals:
            first = extracted.refusals[0].sentence
            cases = list(self._none(problem, "not allowed", first))
        elif missing:
            text = f"not implemented yet: region {', '.join(missing)}"
            cases = list(self._none(problem, "not implemented", text))
        else:
            cases = self._run(problem, frame, extracted.work)
            diagnosis = self._explained(problem, frame.program(extracted.work), cases)
        open_ = _speed_is_open(cases, problem)
        return Verdict(
            assignment=self.assignment.name,
            problem=problem_id,
            # Without a key it is graded again: a GPU that was not quiet may be so next time.
            key="" if open_ and self.mode.on_gpu else self.key(extracted, problem_id),
            score=round(sum(case.earned for case in cases), 2),
            max_score=full,
            provisional=open_,
            cases=cases,
            notes=notes(extracted),
            repairs=list(extracted.repairs),
            machine=machine(),
            isolation=self.level.name,
            diagnosis=DiagnosisRecord.model_validate(asdict(diagnosis)),
            hint_stage=self.assignment.course.course.hint_stage,
        )

    def _explained(
        self, problem: GradedProblem, program: Program, cases: list[CaseVerdict]
    ) -> Diagnosis:
        """Why cases failed. Kernels are watched in Triton's interpreter, also beside a GPU."""
        seconds = self.assignment.course.sandbox.case_seconds
        use = "watch" if self.mode.on_gpu else "cases"
        with self.runner(use).child(program) as child:
            return explained(problem.public, child, cases, Clock(seconds, seconds))

    def _none(self, problem: GradedProblem, status: str, why: str) -> Iterator[CaseVerdict]:
        """The same status for every case: nothing was run."""
        for graded in problem.cases:
            name = graded.on(self.mode.on_gpu).name
            yield with_points(CaseVerdict(name=name, status=status, points=0, detail=why), graded)
        if problem.speed is not None:
            speed = problem.speed
            yield CaseVerdict(name=speed.name, status="not run", points=speed.points)

    def _run(self, problem: GradedProblem, frame: Frame, work: dict[str, str]) -> list[CaseVerdict]:
        """Run the cases, then what only a right answer gets: the watch, the compiler, the clock."""
        limits, seeds = self.assignment.course.sandbox, self._seeds(work, problem)
        clock = Clock(limits.case_seconds, limits.notebook_seconds)
        with self.runner().child(frame.program(work)) as child:
            cases = list(run_cases(problem, child, self.mode, seeds, clock))
            right = any(case.status == "passed" for case in cases)
            why = holds_table(problem, child, self.mode, seeds["memory"], clock) if right else ""
            if why:
                return list(self._none(problem, "not allowed", why))
            if right and problem.public.uses_triton and not self.mode.on_gpu:
                compiler = self.runner("compile")
                cases = uncompiled(problem, compiler, frame.program(work), cases, self.mode)
            if problem.speed is not None:
                cases.append(self._speed(problem, child, cases, seeds["speed"]))
        torch.cuda.empty_cache() if self.mode.on_gpu else None
        return cases

    def _seeds(self, work: dict[str, str], problem: GradedProblem) -> dict[str, int]:
        """A seed for each case, also for those of "speed" and "memory"."""
        key, code = course_key(self.assignment.root), work_hash(work)
        names = [graded.case.name for graded in problem.cases] + ["speed", "memory"]
        return {name: draw_seed(key, code, problem.id, name) for name in names}

    def _speed(
        self, problem: GradedProblem, child, cases: list[CaseVerdict], seed: int
    ) -> CaseVerdict:
        """The timed case: on a GPU, and only for an implementation whose answers are all right."""
        speed = problem.speed
        verdict = CaseVerdict(name=speed.name, status="not run", points=speed.points)
        if any(case.status != "passed" for case in cases):
            text = "Speed counts once every other case passes."
            return verdict.model_copy(update={"detail": text})
        if not self.mode.on_gpu:
            text = "Speed is measured on a GPU; this run had none, so these points are still open."
            return verdict.model_copy(update={"detail": text})
        frame = released_frame(self.assignment, problem.id)
        solved = frame.program(solution_work(self.assignment, problem.id))
        with self.runner("solution").child(solved) as solution:
            return grade_speed(problem.public, speed, child, solution, self.mode, seed)


def _speed_is_open(cases: list[CaseVerdict], problem: GradedProblem) -> bool:
    """Whether speed points could still be earned: on a machine with a GPU, or on a quiet one."""
    if problem.speed is None:
        return False
    statuses = {case.name: case.status for case in cases}
    speed = statuses.pop(problem.speed.name, "")
    return speed == "not run" and set(statuses.values()) == {"passed"}
