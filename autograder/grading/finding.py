"""What running one work showed: a file without points and without a student, made to travel.

A finding stands in `findings/<assignment>/<problem>/<work>-<version>-<device>.json`. Its name says
all that it depends on, so the folders of several machines merge by copying.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from autograder.files import write_whole
from autograder.grading.verdict import CaseVerdict, DiagnosisRecord

CPU = "cpu"
FOLDER = "findings"


class Finding(BaseModel):
    """The outcome of every case of a problem for one work, with the evidence.

    `work` is the hash of the regions, `version` what the problem was (keys.problem_version),
    `device` "cpu" or the card. Cases carry no points; `speed` is the timed case, where the problem
    has one: "not run" where the time is not known, else with its ratio to the solution's.
    `machine`, `isolation`, `grader` and `made` (UTC) say where it comes from.
    """

    form: Literal[1] = 1
    assignment: str
    problem: str
    work: str
    version: str
    device: str
    cases: list[CaseVerdict]
    speed: CaseVerdict | None = None
    diagnosis: DiagnosisRecord = DiagnosisRecord()
    machine: str = ""
    isolation: str = ""
    grader: str = ""
    made: str = ""

    @property
    def on_gpu(self) -> bool:
        return self.device != CPU

    @property
    def all_passed(self) -> bool:
        return all(case.status == "passed" for case in self.cases)

    @property
    def timed(self) -> bool:
        """Whether the speed is known."""
        return self.speed is not None and self.speed.status != "not run"

    @property
    def place(self) -> Path:
        """The file, below `findings/`."""
        name = f"{self.work[:20]}-{self.version}-{self.device}.json"
        return Path(self.assignment) / self.problem / name


def better_first(findings: Iterable[Finding]) -> list[Finding]:
    """The best evidence first: a GPU's before a CPU's, then one that knows the time, then the
    older one, so that what a student was told stands.
    """

    def rank(one: Finding) -> tuple:
        return not one.on_gpu, one.all_passed and not one.timed, one.made, one.device

    return sorted(findings, key=rank)


def save_finding(folder: Path, finding: Finding, replace: bool = False) -> bool:
    """Keep a finding below `folder`. False, and nothing done, where that device's finding is there
    and this one knows no more than it; `replace` keeps the new one all the same.
    """
    path = folder / finding.place
    there = load_finding(path)
    if there is not None and not replace and (there.timed or not finding.timed):
        return False
    text = finding.model_dump_json(indent=1, exclude_defaults=True)
    write_whole(path, (text + "\n").encode("utf-8"))
    return True


def load_finding(path: Path) -> Finding | None:
    """The finding in a file; None where there is none, or what is there is damaged or another's."""
    try:
        return read_finding(path.read_bytes(), path.name)
    except OSError:
        return None


def read_finding(data: bytes, name: str) -> Finding | None:
    """The finding in a file's content, if it is whole and the file's name is its own."""
    try:
        finding = Finding.model_validate_json(data)
    except (ValidationError, ValueError):
        return None
    plain = all(part.isidentifier() for part in (finding.assignment, finding.problem))
    return finding if plain and finding.cases and finding.place.name == name else None
