"""Grade one notebook: from a rebuilt submission to a verdict."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from nbformat import NotebookNode

from autograder import registry
from autograder.course import Course
from autograder.grading.audit import violation
from autograder.grading.cases import run_cases
from autograder.grading.child import Child, Times
from autograder.grading.keys import code_hash, course_key, draw_seed, machine, verdict_key
from autograder.grading.policy import policy_hits, policy_notes, refused_cases
from autograder.grading.rebuild import runnable_solution
from autograder.grading.speed import grade_speed
from autograder.grading.verdict import FINE, CaseVerdict, Verdict
from autograder.registry import GradedProblem
from autograder.sandbox.levels import Level, choose
from autograder.selfcheck.device import Mode, current_mode


@dataclass
class Grader:
    """Grades notebooks of one course on this machine.

    Raises IsolationError at once when this machine offers less than `course.toml` asks for.
    """

    course: Course
    level: Level | None = None

    def __post_init__(self) -> None:
        self.level = self.level or choose(self.course.policy.isolation)
        self.mode: Mode = current_mode()
        policy = self.course.policy
        self.times = Times(policy.cell_seconds, policy.case_seconds, policy.notebook_seconds)

    def key(self, nb: NotebookNode, problem_id: str) -> str:
        """What identifies this grading; see keys.py."""
        return verdict_key(nb, problem_id, self.course.points[problem_id], self.level.name)

    def child(self, nb: NotebookNode) -> Child:
        """A process for that notebook, with the course's folder hidden from it."""
        return Child(
            nb,
            self.level,
            self.times,
            self.mode.on_gpu,
            hidden=(self.course.root,),
            memory_gib=self.course.policy.memory_gib,
        )

    def grade(self, nb: NotebookNode, problem_id: str) -> Verdict:
        """Run the notebook and every case of the problem, unless its code breaks the policy.

        `nb` gets the outputs of its cells. One that cannot be run still gets a verdict.
        """
        problem = registry.load(problem_id)
        scale = self.course.points[problem_id] / problem.points
        hits = policy_hits(nb, problem.public)
        if hits:
            cases = refused_cases(problem, hits[0].sentence, self.mode, scale)
            notes = policy_notes(hits)
        else:
            cases, notes = self._run(nb, problem, scale)
        open_ = _speed_is_open(cases, problem)
        return Verdict(
            problem=problem_id,
            # Without a key it is graded again: a GPU that was not quiet may be so next time.
            key="" if open_ and self.mode.on_gpu else self.key(nb, problem_id),
            score=round(sum(case.earned for case in cases), 2),
            max_score=self.course.points[problem_id],
            provisional=open_,
            cases=cases,
            notes=notes,
            machine=machine(),
            isolation=self.level.name,
        )

    def _run(
        self, nb: NotebookNode, problem: GradedProblem, scale: float
    ) -> tuple[list[CaseVerdict], list[str]]:
        """Run the notebook and the cases; their verdicts, and what happened meanwhile."""
        seeds = self._seeds(nb, problem)
        with self.child(nb) as child:
            cases = run_cases(problem, child, self.mode, seeds, scale)
            why = violation(problem, cases, child, self.mode, seeds["memory"])
            if why:
                cases = refused_cases(problem, why, self.mode, scale)
            elif problem.speed is not None:
                cases.append(self._speed(problem, child, cases, seeds, scale))
            notes = child.notes + _entry_errors(child.errors, cases)
        torch.cuda.empty_cache() if self.mode.on_gpu else None
        return cases, [f"Policy violation: {why}.", *notes] if why else notes

    def _seeds(self, nb: NotebookNode, problem: GradedProblem) -> dict[str, int]:
        """A seed for each case, also for those of "speed" and "memory"."""
        key, code = course_key(self.course.root), code_hash(nb)
        names = [graded.case.name for graded in problem.cases] + ["speed", "memory"]
        return {name: draw_seed(key, code, problem.id, name) for name in names}

    def _speed(
        self,
        problem: GradedProblem,
        child: Child,
        cases: list[CaseVerdict],
        seeds: dict[str, int],
        scale: float,
    ) -> CaseVerdict:
        """The timed case: on a GPU, and only for an implementation whose answers are all right."""
        speed = problem.speed
        verdict = CaseVerdict(name=speed.name, status="not run", points=speed.points * scale)
        if any(case.status != "passed" for case in cases):
            text = "Speed counts once every other case passes."
            return verdict.model_copy(update={"detail": text})
        if not self.mode.on_gpu:
            text = "Speed is measured on a GPU; this run had none, so these points are still open."
            return verdict.model_copy(update={"detail": text})
        with self.child(runnable_solution(self.course, problem.id)) as solution:
            return grade_speed(
                problem.public, speed, child, solution, self.mode, seeds["speed"], scale
            )


def _speed_is_open(cases: list[CaseVerdict], problem: GradedProblem) -> bool:
    """Whether speed points could still be earned: on a machine with a GPU, or on a quiet one."""
    if problem.speed is None:
        return False
    statuses = {case.name: case.status for case in cases}
    speed = statuses.pop(problem.speed.name, "")
    return speed == "not run" and set(statuses.values()) == {"passed"}


def _entry_errors(errors: dict[int, str], cases: list[CaseVerdict]) -> list[str]:
    """Errors of notebook cells, told only when something went wrong."""
    if all(case.status in FINE for case in cases):
        return []
    return [f"Cell {position + 1} raised {text}" for position, text in sorted(errors.items())]
