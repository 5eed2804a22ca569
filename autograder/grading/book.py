"""One assignment's findings and verdicts on disk: what is there, what has to be run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder import registry
from autograder.course import Assignment
from autograder.errors import NotGradable
from autograder.frames import released_frame
from autograder.grading.finding import (
    FOLDER,
    Finding,
    better_first,
    load_finding,
    save_finding,
)
from autograder.grading.grade import Grader, make_order, versions
from autograder.grading.keys import CPU
from autograder.grading.order import Order
from autograder.grading.score import Taken, Unusable, scored, standing_by_itself
from autograder.grading.verdict import (
    TOO_SMALL,
    HandedIn,
    Verdict,
    load_verdict,
    save_verdict,
    verdict_path,
)
from autograder.intake.extract import extract
from autograder.selfcheck.regions import work_hash


def take(assignment: Assignment, path: Path, problem_id: str) -> Taken:
    """The work in a submitted file, whatever the file holds."""
    try:
        return extract(path, released_frame(assignment, problem_id))
    except NotGradable as reason:
        return Unusable(str(reason))


@dataclass
class Book:
    """The findings and the verdicts of one assignment.

    `grader` runs what is missing, here; without one, a grader is made at the first need.
    """

    assignment: Assignment
    grader: Grader | None = None
    damaged: list[Path] = field(default_factory=list)  # files under findings/ that are none

    def close(self) -> None:
        """End the grader's sandboxes, if there are any."""
        if self.grader is not None:
            self.grader.close()

    @property
    def findings(self) -> Path:
        return self.assignment.root / FOLDER

    def path(self, student: str, problem_id: str) -> Path:
        """The verdict file of a student's problem."""
        folder = self.assignment.root / "verdicts"
        return verdict_path(folder, self.assignment.name, student, problem_id)

    def verdict(self, student: str, problem_id: str) -> Verdict | None:
        """The verdict on disk, if there is one of that problem."""
        return load_verdict(self.path(student, problem_id), self.assignment.qualified(problem_id))

    def graded(self, taken: Taken, student: str, problem_id: str) -> Verdict:
        """The verdict for a student's work, with whatever has to be run for it run here.

        Raises CourseError when the disk is full.
        """
        found = self.found(taken, problem_id)
        if not found and not standing_by_itself(taken):
            self.grader = self.grader or Grader(self.assignment)
            self.keep(self.grader.find(taken.work, problem_id))
            found = self.found(taken, problem_id)
        return self.booked(taken, student, problem_id, found)

    def booked(
        self,
        taken: Taken,
        student: str,
        problem_id: str,
        found: list[Finding],
        handed: HandedIn | None = None,
    ) -> Verdict:
        """The verdict for a student's work by what was found; it is written where it is new."""
        kept = self.verdict(student, problem_id)
        verdict = scored(self.assignment, problem_id, taken, found)
        if handed is None and kept is not None and kept.work == verdict.work:
            handed = kept.handed_in
        verdict = verdict.model_copy(update={"handed_in": handed})
        if verdict != kept:
            save_verdict(self.path(student, problem_id), verdict)
        return verdict

    def found(self, taken: Taken, problem_id: str) -> list[Finding]:
        """What was found of a work, of the problem as it is now."""
        if standing_by_itself(taken):
            return []
        places = self._places.get((problem_id, work_hash(taken.work)[:20]), [])
        return list(self._fitting(places, problem_id, work_hash(taken.work)))

    def has_any(self, work: str, problem_id: str) -> bool:
        """Whether something was found of that work once, perhaps of the problem as it was."""
        return (problem_id, work[:20]) in self._places

    def lacks(self, found: list[Finding], problem_id: str, device: str) -> bool:
        """Whether a machine of that class could tell more than is known: anything, where nothing
        is; a GPU also the speed of right work, and what a CPU had no time or memory for.
        """
        if not found:
            return True
        best = better_first(found)[0]
        if device == CPU:
            return False
        name = self.assignment.qualified(problem_id)
        timed = self.assignment.speed and registry.load(name).speed is not None
        if best.all_passed:
            return timed and not any(one.timed for one in found)
        return not best.on_gpu and any(case.status in TOO_SMALL for case in best.cases)

    def keep(self, finding: Finding, replace: bool = False) -> None:
        """Write a finding down."""
        save_finding(self.findings, finding, replace)
        path = self.findings / finding.place
        places = self._places.setdefault((finding.problem, finding.work[:20]), [])
        if path not in places:
            places.append(path)

    def order(self, work: dict[str, str], problem_id: str) -> Order:
        """What a machine needs to know to grade that work."""
        return make_order(self.assignment, problem_id, work)

    def versions(self, problem_id: str) -> tuple[str, str]:
        """The problem's version on a CPU and on a GPU."""
        frame = released_frame(self.assignment, problem_id).source
        return versions(self.assignment.qualified(problem_id), frame)

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[Path]]:
        """The findings' files by problem and work."""
        places: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for path in sorted((self.findings / self.assignment.name).glob("*/*.json")):
            places[path.parent.name, path.name.partition("-")[0]].append(path)
        return places

    def _fitting(self, places: list[Path], problem_id: str, work: str) -> Iterator[Finding]:
        """The findings in those files that are whole, of that work and of the problem as it is."""
        cpu, gpu = self.versions(problem_id)
        for path in places:
            finding = load_finding(path)
            if finding is None or (finding.problem, finding.work) != (problem_id, work):
                self.damaged.append(path)
            elif finding.version == (gpu if finding.on_gpu else cpu):
                yield finding
