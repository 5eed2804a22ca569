"""Which verdicts stand as they are: told by files alone, without the seconds that torch takes.

`verdicts/.standing.json` keeps a seal per verdict: a hash over all that it follows from. It is no
more than a memory: where it is gone or damaged, the verdicts are made again out of what was found.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import FILE, PROBLEMS, Course
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.grading.finding import FOLDER
from autograder.grading.verdict import TOO_SMALL, Verdict, load_verdict, verdict_path

if TYPE_CHECKING:
    from autograder.classroom.run import Submission

LEDGER = ".standing.json"
PACKAGE = Path(__file__).resolve().parents[1]
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
    gpu: bool
    code: str = field(init=False)
    found: dict[tuple[str, str, str], list[Path]] = field(init=False)
    seals: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.code, self.found = _code(self.course.root), _found(self.course.root)
        try:
            told = json.loads(self.ledger.read_bytes())
        except (OSError, ValueError):
            told = {}
        self.seals = told if isinstance(told, dict) else {}

    @property
    def ledger(self) -> Path:
        return self.course.root / "verdicts" / LEDGER

    def verdict(self, item: Submission) -> Verdict | None:
        """The verdict on disk, if nothing has changed of what it follows from."""
        sealed = self.seals.get(_name(item))
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
            self.seals[_name(item)] = seal

    def save(self) -> None:
        """Write the seals; where that cannot be done, the next run takes longer and that is all."""
        try:
            write_whole(self.ledger, json.dumps(self.seals, indent=0, sort_keys=True).encode())
        except CourseError:
            with suppress(OSError):
                self.ledger.unlink()

    def _path(self, item: Submission) -> Path:
        folder = self.course.root / "verdicts"
        return verdict_path(folder, item.assignment, item.student, item.problem)

    def _seal(self, item: Submission, verdict: Verdict) -> str | None:
        """A hash over the code, the file, the verdict, and what was found of the work; None where
        the verdict is of other bytes than the file's.
        """
        handed, work = verdict.handed_in, verdict.work[:20]
        if handed is None or handed.file != _hash(item.path):
            return None
        known = self.found.get((item.assignment, item.problem, work), []) if work else []
        places = {*known, *(self.course.root / FOLDER / name for name in verdict.findings)}
        parts = [self.code, handed.file, _hash(self._path(item))]
        parts += [f"{path.name} {_hash(path)}" for path in sorted(places)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _code(root: Path) -> str:
    """A hash over course.toml, the released notebooks, the course's problems, and this package."""
    files = [root / FILE, *sorted((root / "release").glob("*/*.ipynb"))]
    files += [*sorted((root / PROBLEMS).rglob("*.py")), *sorted(PACKAGE.rglob("*.py"))]
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path}\0{_hash(path)}".encode())
    return digest.hexdigest()


def _found(root: Path) -> dict[tuple[str, str, str], list[Path]]:
    """The findings' files by assignment, problem and the beginning of the work's hash."""
    places: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in sorted((root / FOLDER).glob("*/*/*.json")):
        *_, assignment, problem, name = path.parts
        places[assignment, problem, name.partition("-")[0]].append(path)
    return places


def _name(item: Submission) -> str:
    return f"{item.assignment}/{item.student}/{item.problem}"


def _hash(path: Path) -> str:
    """A hash over a file's bytes; "" where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
