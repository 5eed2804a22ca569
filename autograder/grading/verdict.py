"""What the grader found: one record per problem and one per case, kept as JSON files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from autograder.files import write_whole

CaseStatus = Literal[
    "passed",
    "wrong answer",
    "not implemented",
    "error",
    "timed out",
    "out of memory",
    "crashed",
    "too slow",
    "does not compile",
    "not allowed",
    "not gradable",
    "not run",
]

Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]

TOGETHER = "all cases together"  # the line of the points for getting every case right
FINE = ("passed", "not run", "too slow")  # statuses that say nothing against the answers
TOO_SMALL = ("timed out", "out of memory")  # statuses that may be the machine's fault


class PictureRecord(BaseModel):
    """Tables as a picture, as `selfcheck.picture.Picture` has it."""

    sentence: str
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    tick: float = 0


class CaseVerdict(BaseModel):
    """The outcome of one case. `worst` and `allowed` are relative row errors; `points` is full;
    `ratio` is a timed case's time over the solution's, `ratio_range` where half of its calls lie.
    """

    name: str
    status: CaseStatus
    points: Points = 0.0
    earned: Points = 0.0
    public: bool = False
    worst: float | None = None
    allowed: float | None = None
    where: str = ""
    detail: str = ""
    ratio: float | None = None
    ratio_range: tuple[float, float] | None = None
    picture: PictureRecord | None = None


class HandedIn(BaseModel):
    """The file that was handed in, by the hash of its bytes, and what was read out of it by the
    reader of that version: the text of each region, and what the grammar has against it.
    """

    file: str
    reader: str
    work: dict[str, str] = {}
    refusals: list[dict[str, str | int]] = []
    repairs: list[str] = []
    remarks: list[str] = []
    reason: str = ""


class CauseRecord(BaseModel):
    """A mistake that was found, as `selfcheck.diagnosis.Cause` has it."""

    kind: str
    region: str
    step: int
    line: int
    sentence: str
    stages: tuple[str, ...] = ()


class DiagnosisRecord(BaseModel):
    """Why cases failed, as `selfcheck.diagnosis.Diagnosis` has it, which takes torch to import."""

    causes: tuple[CauseRecord, ...] = ()
    facts: tuple[str, ...] = ()
    picture: PictureRecord | None = None


class Verdict(BaseModel):
    """The outcome of one problem for one submission.

    `score` is None when nothing could be graded: that is not 0. `provisional` says that points are
    still open because a case could not run here (timing without a GPU). `work` is the hash of the
    regions, `findings` names the files under findings/ that the cases and the speed come from.
    `diagnosis` says why cases failed; students see its hints up to `hint_stage`. The points are
    those of course.toml when the verdict was written: a run writes it anew when they change.
    """

    assignment: str
    problem: str
    work: str = ""
    findings: list[str] = []
    status: Literal["graded", "not gradable"] = "graded"
    reason: str = ""
    score: Points | None = None
    max_score: Points
    provisional: bool = False
    cases: list[CaseVerdict] = []
    notes: list[str] = []
    repairs: list[str] = []
    machine: str = ""
    isolation: str = ""
    diagnosis: DiagnosisRecord = DiagnosisRecord()
    hint_stage: int = 1
    handed_in: HandedIn | None = None

    @property
    def adds_up(self) -> bool:
        """Whether the score is what the cases earned: a damaged file must not become a grade."""
        if self.score is None or self.status == "not gradable":
            return self.score is None and self.status == "not gradable"
        return abs(self.score - sum(case.earned for case in self.cases)) < 0.01

    @property
    def summary(self) -> str:
        """A word or two for tables: "passed", or what went wrong."""
        if self.status != "graded":
            return self.status
        wrong = [case.status for case in self.cases if case.status not in FINE]
        if wrong:
            return wrong[0] if len(set(wrong)) == 1 else "several problems"
        return "passed"

    @property
    def sentence(self) -> str:
        """The reason in one line, for the CSV and the class table."""
        if self.reason:
            return self.reason
        wrong = [case for case in self.cases if case.status not in FINE]
        single = [case for case in self.cases if case.name != TOGETHER]
        done = sum(case.status == "passed" for case in single)
        text = f"{done} of {len(single)} cases passed"
        if wrong:
            text += f"; the first that did not: {wrong[0].name} ({wrong[0].status})"
        if self.provisional:
            text += "; provisional: speed is graded on a GPU"
        return text


def verdict_path(folder: Path, assignment: str, student: str, problem: str) -> Path:
    """Where the verdict of a student's problem is kept."""
    return folder / assignment / student / f"{problem}.json"


def save_verdict(path: Path, verdict: Verdict) -> None:
    """Write the verdict so that a reader sees the old file or the new one, never half of one."""
    write_whole(path, (verdict.model_dump_json(indent=1) + "\n").encode("utf-8"))


def load_verdict(path: Path, name: str = "") -> Verdict | None:
    """The verdict in that file, of that problem ("warmup/w1") if one is named; None where there is
    none or the file is damaged (grade again).
    """
    try:
        verdict = Verdict.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError):
        return None
    own = f"{verdict.assignment}/{verdict.problem}"
    return verdict if verdict.adds_up and name in ("", own) else None
