"""Which verdicts stand as they are: told by files alone, without the seconds that torch takes.

`verdicts/.standing.json` keeps a seal per verdict: a hash over all that it follows from.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.classroom.seals import Seals, code_hash, hash_of, submitted_hash
from autograder.course import Course
from autograder.grading.finding import FOLDER
from autograder.grading.verdict import TOO_SMALL, Verdict, load_verdict, verdict_path

if TYPE_CHECKING:
    from autograder.classroom.run import Submission

DRIVERS = ("libcuda.so.1", "nvcuda.dll")


def gpu_driver() -> bool:
    """Whether a GPU's driver is installed: without one PyTorch finds none and need not be asked."""
    for name in DRIVERS:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return Path("/dev/kfd").exists()  # AMD's


def open_for_a_gpu(verdict: Verdict) -> bool:
    """Whether a GPU might tell more than the verdict knows; if in doubt, it might."""
    return verdict.provisional or any(case.status in TOO_SMALL for case in verdict.cases)


@dataclass
class Standing:
    """The seals of a course's verdicts, as the files were when this was made.

    `gpu`: a GPU may be at hand, so a verdict that one could add to is looked at in full.
    """

    course: Course
    gpu: bool = False
    code: str = field(init=False)
    found: dict[tuple[str, str, str], list[Path]] = field(init=False)
    seals: Seals = field(init=False)

    def __post_init__(self) -> None:
        root = self.course.root
        self.code, self.found = code_hash(root), _found(root)
        self.seals = Seals.load(root, "standing")

    def verdict(self, item: Submission) -> Verdict | None:
        """The verdict on disk, if nothing has changed of what it follows from."""
        sealed = self.seals.known.get(_name(item))
        if sealed is None:
            return None
        verdict = load_verdict(self._path(item), f"{item.assignment}/{item.problem}")
        if verdict is None or (self.gpu and open_for_a_gpu(verdict)):
            return None
        return verdict if self._seal(item, verdict) == sealed else None

    def keep(self, item: Submission, verdict: Verdict) -> None:
        """Seal a verdict that has just been made, unless its file has been replaced meanwhile."""
        seal = self._seal(item, verdict)
        if seal is not None:
            self.seals.known[_name(item)] = seal

    def save(self) -> None:
        """Write the seals down."""
        self.seals.save()

    def _path(self, item: Submission) -> Path:
        folder = self.course.root / "verdicts"
        return verdict_path(folder, item.assignment, item.student, item.problem)

    def _seal(self, item: Submission, verdict: Verdict) -> str | None:
        """A hash over the code, the file, the verdict, and what was found of the work; None where
        the verdict is of other bytes than the file's.
        """
        handed, work = verdict.handed_in, verdict.work[:20]
        if handed is None or handed.file != submitted_hash(item.path):
            return None
        known = self.found.get((item.assignment, item.problem, work), []) if work else []
        places = {*known, *(self.course.root / FOLDER / name for name in verdict.findings)}
        return hash_of(self.code, handed.file, files=[self._path(item), *sorted(places)])


def _found(root: Path) -> dict[tuple[str, str, str], list[Path]]:
    """The findings' files by assignment, problem and the beginning of the work's hash."""
    places: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in sorted((root / FOLDER).glob("*/*/*.json")):
        *_, assignment, problem, name = path.parts
        places[assignment, problem, name.partition("-")[0]].append(path)
    return places


def _name(item: Submission) -> str:
    return f"{item.assignment}/{item.student}/{item.problem}"
